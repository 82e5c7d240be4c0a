"""Whole conversations in one text: Anthropic's HH, DeepSpeed-Chat, and TRL's `text`."""

import re
from collections.abc import Callable

from exports.columns import Column
from exports.formats.meaning import Pair, Talk, Unreadable
from exports.formats.reasons import TURN_MARKS
from exports.formats.saying import pairs, talks
from exports.formats.shape import Format, Row, Shape
from exports.records import Message

HUMAN, ASSISTANT = "\n\nHuman: ", "\n\nAssistant: "
HH_MARK = re.compile(r"\n\n(Human|Assistant): ")
HH_FORBIDDEN = re.compile(r"\n\n(?:Human|Assistant):")
DEEPSPEED_MARK = re.compile(r"(Human|Assistant): ")
DEEPSPEED_FORBIDDEN = re.compile(r"(?:Human|Assistant):")
ROLES = {"Human": "user", "Assistant": "assistant"}


def _free_of(mark: re.Pattern[str]) -> Callable[[list[Message]], str]:
    """A text with a format's own marks in it would be read as more turns than were said."""

    def reason(messages: list[Message]) -> str:
        is_marked = any(mark.search(message["content"]) for message in messages)
        return TURN_MARKS if is_marked else ""

    return reason


def _hh_text(messages: list[Message]) -> str:
    return "".join(
        f"{HUMAN if message['role'] == 'user' else ASSISTANT}{message['content']}"
        for message in messages
    )


def _from_marks(text: str, mark: re.Pattern[str], between: str) -> list[Message]:
    head, *parts = mark.split(text)
    if head or not parts:
        raise Unreadable("the text does not begin with a turn")
    named = list(zip(parts[::2], parts[1::2], strict=True))
    ends = [between] * (len(named) - 1) + [""]
    return [
        {"role": ROLES[who], "content": said.removesuffix(end)}  # type: ignore[typeddict-item]
        for (who, said), end in zip(named, ends, strict=True)
    ]


def _hh(pair: Pair) -> Row:
    head = _hh_text(pair.prompt) + ASSISTANT
    return {"chosen": head + pair.chosen, "rejected": head + pair.rejected}


def _read_hh(row: Row) -> Pair:
    chosen = _from_marks(row["chosen"], HH_MARK, "")
    rejected = _from_marks(row["rejected"], HH_MARK, "")
    if chosen[:-1] != rejected[:-1]:
        raise Unreadable("chosen and rejected differ before the last turn of the assistant")
    if chosen[-1]["role"] != "assistant" or rejected[-1]["role"] != "assistant":
        raise Unreadable("a text does not end with the assistant")
    return Pair(chosen[:-1], chosen[-1]["content"], rejected[-1]["content"])


def _text(said: Talk) -> Row:
    return {"text": _hh_text(said.messages).removeprefix("\n\n")}


def _read_text(row: Row) -> Talk:
    return Talk(_from_marks("\n\n" + row["text"], HH_MARK, ""))


def _deepspeed(pair: Pair) -> Row:
    turns = " ".join(
        f"{'Human' if message['role'] == 'user' else 'Assistant'}: {message['content']}"
        for message in pair.prompt
    )
    prompt = f"{turns} Assistant:"
    return {"prompt": prompt, "chosen": f" {pair.chosen}", "rejected": f" {pair.rejected}"}


def _read_deepspeed(row: Row) -> Pair:
    if not row["prompt"].endswith(" Assistant:"):
        raise Unreadable("the prompt does not end with ' Assistant:'")
    if not (row["chosen"].startswith(" ") and row["rejected"].startswith(" ")):
        raise Unreadable("an answer does not begin with the space that follows 'Assistant:'")
    turns = row["prompt"].removesuffix(" Assistant:")
    messages = _from_marks(turns, DEEPSPEED_MARK, " ")
    return Pair(messages, row["chosen"][1:], row["rejected"][1:])


HH_PAIR = Shape(
    say=pairs,
    render=_hh,
    read=_read_hh,
    columns=(
        Column("chosen", "string", "the whole conversation with the better answer"),
        Column("rejected", "string", "the whole conversation with the worse answer"),
    ),
    has_system=False,
    forbidden=_free_of(HH_FORBIDDEN),
)
HH_TEXT = Shape(
    say=talks,
    render=_text,
    read=_read_text,
    columns=(Column("text", "string", "the whole conversation"),),
    has_system=False,
    forbidden=_free_of(HH_FORBIDDEN),
)
DEEPSPEED_PAIR = Shape(
    say=pairs,
    render=_deepspeed,
    read=_read_deepspeed,
    columns=(
        Column("prompt", "string", "the conversation, ending with ' Assistant:'"),
        Column("chosen", "string", "the better answer, after a space"),
        Column("rejected", "string", "the worse answer, after a space"),
    ),
    has_system=False,
    forbidden=_free_of(DEEPSPEED_FORBIDDEN),
)

HH = Format(
    name="hh",
    title="Anthropic HH, text",
    about="One text a conversation, its turns marked Human and Assistant; no system message.",
    shapes={
        "sft": HH_TEXT,
        "preferences": HH_PAIR,
        "reward": HH_PAIR,
        "rankings": HH_PAIR,
        "critiques": HH_PAIR,
    },
    notes={
        "sft": "one column `text`, as TRL's SFTTrainer and Axolotl's completion read it",
        "reward": "without the margin, which the format has no word for",
    },
)
DEEPSPEED = Format(
    name="deepspeed-chat",
    title="DeepSpeed-Chat",
    about="Texts with DeepSpeed-Chat's prefixes; no system message.",
    shapes=dict.fromkeys(("preferences", "reward", "rankings", "critiques"), DEEPSPEED_PAIR),
    file_types=("jsonl", "parquet"),
    notes={"reward": "without the margin, which the format has no word for"},
)
