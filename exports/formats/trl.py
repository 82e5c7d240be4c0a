"""TRL: conversational rows, rows of plain text, and pairs of whole conversations."""

from exports.columns import Column
from exports.formats.chat import (
    EXPLICIT,
    EXPLICIT_GROUPED,
    GROUP,
    IMPLICIT,
    IMPLICIT_GROUPED,
    IMPLICIT_MARGIN,
    JUDGED,
    MARGIN,
    QUESTION,
    TALK,
)
from exports.formats.meaning import Judged, Pair, Question, Talk
from exports.formats.saying import judged, pairs, questions, talks
from exports.formats.shape import Format, Row, Shape
from exports.records import Message

TEXT_PROMPT = Column("prompt", "string", "what the user asked")


def _user(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]


def _text_talk(said: Talk) -> Row:
    prompt, answer = said.messages
    return {"prompt": prompt["content"], "completion": answer["content"]}


def _read_text_talk(row: Row) -> Talk:
    return Talk([*_user(row["prompt"]), {"role": "assistant", "content": row["completion"]}])


def _text_pair(pair: Pair) -> Row:
    [prompt] = pair.prompt
    return {"prompt": prompt["content"], "chosen": pair.chosen, "rejected": pair.rejected}


def _text_pair_margin(pair: Pair) -> Row:
    return {**_text_pair(pair), "margin": pair.margin}


def _text_pair_grouped(pair: Pair) -> Row:
    return {**_text_pair(pair), "group": pair.group}


def read_text_pair(row: Row) -> Pair:
    texts = (row["chosen"], row["rejected"])
    return Pair(_user(row["prompt"]), *texts, row.get("margin", 0.0), row.get("group", ""))


def _text_judged(said: Judged) -> Row:
    [prompt] = said.prompt
    return {"prompt": prompt["content"], "completion": said.answer, "label": said.is_desirable}


def _read_text_judged(row: Row) -> Judged:
    return Judged(_user(row["prompt"]), row["completion"], row["label"])


def _text_question(said: Question) -> Row:
    [prompt] = said.prompt
    return {"prompt": prompt["content"]}


def _read_text_question(row: Row) -> Question:
    return Question(_user(row["prompt"]))


PAIR_TEXTS = (
    TEXT_PROMPT,
    Column("chosen", "string", "the better answer"),
    Column("rejected", "string", "the worse answer"),
)
TEXT_PAIR = Shape(
    say=pairs,
    render=_text_pair,
    read=read_text_pair,
    columns=PAIR_TEXTS,
    has_system=False,
    has_turns=False,
)
TEXT_PAIR_MARGIN = Shape(
    say=pairs,
    render=_text_pair_margin,
    read=read_text_pair,
    columns=(*PAIR_TEXTS, MARGIN),
    has_system=False,
    has_turns=False,
)
TEXT_PAIR_GROUPED = Shape(
    say=pairs,
    render=_text_pair_grouped,
    read=read_text_pair,
    columns=(*PAIR_TEXTS, GROUP),
    has_system=False,
    has_turns=False,
)
TEXT_TALK = Shape(
    say=talks,
    render=_text_talk,
    read=_read_text_talk,
    columns=(TEXT_PROMPT, Column("completion", "string", "the ideal answer")),
    has_system=False,
    has_turns=False,
)
TEXT_JUDGED = Shape(
    say=judged,
    render=_text_judged,
    read=_read_text_judged,
    columns=(
        TEXT_PROMPT,
        Column("completion", "string", "the answer"),
        Column("label", "bool", "whether the answer is wanted"),
    ),
    has_system=False,
    has_turns=False,
)
TEXT_QUESTION = Shape(
    say=questions,
    render=_text_question,
    read=_read_text_question,
    columns=(TEXT_PROMPT,),
    has_system=False,
    has_turns=False,
)

TRL = Format(
    name="trl",
    title="TRL, conversational",
    about="Lists of messages. The chat template of the model is put on while training.",
    shapes={
        "sft": TALK,
        "preferences": EXPLICIT,
        "reward": IMPLICIT_MARGIN,
        "rankings": EXPLICIT_GROUPED,
        "unpaired": JUDGED,
        "critiques": EXPLICIT,
        "prompts": QUESTION,
    },
    notes={
        "sft": "SFTTrainer",
        "preferences": "DPOTrainer",
        "reward": "RewardTrainer, which reads the margin",
        "rankings": "RewardTrainer or DPOTrainer; `group` is for trainers that keep a ranking in "
        "one batch",
        "unpaired": "KTOTrainer",
        "critiques": "DPOTrainer: the revision over the answer it revises",
        "prompts": "GRPOTrainer and other online trainers",
    },
)
TRL_IMPLICIT = Format(
    name="trl-implicit",
    title="TRL, pairs of whole conversations",
    about="The prompt stands at the head of both conversations, alike to the character.",
    shapes={
        "preferences": IMPLICIT,
        "reward": IMPLICIT_MARGIN,
        "rankings": IMPLICIT_GROUPED,
        "critiques": IMPLICIT,
    },
    notes={"preferences": "DPOTrainer or RewardTrainer", "reward": "RewardTrainer"},
)
TRL_TEXT = Format(
    name="trl-text",
    title="TRL, plain text",
    about="Texts without roles, for base models: prompts of one message alone.",
    shapes={
        "sft": TEXT_TALK,
        "preferences": TEXT_PAIR,
        "reward": TEXT_PAIR_MARGIN,
        "rankings": TEXT_PAIR_GROUPED,
        "unpaired": TEXT_JUDGED,
        "critiques": TEXT_PAIR,
        "prompts": TEXT_QUESTION,
    },
    notes={"sft": "SFTTrainer, which learns the completion alone", "preferences": "DPOTrainer"},
)
