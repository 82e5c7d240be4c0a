"""torchtune, OpenRLHF, verl and NeMo-RL."""

from exports.columns import MESSAGES, Column, ListOf, Struct
from exports.formats.chat import (
    IMPLICIT,
    IMPLICIT_GROUPED,
    IMPLICIT_MARGIN,
    TALK,
    answer,
    only,
)
from exports.formats.meaning import Pair, Question, Talk, Unreadable
from exports.formats.saying import pairs, questions, talks
from exports.formats.shape import Format, Row, Shape
from exports.formats.trl import TEXT_PAIR

COMPLETION = Struct((Column("rank", "int64"), Column("completion", MESSAGES)))


def _input_output(said: Talk) -> Row:
    return {"input": said.messages[:-1], "output": said.messages[-1:]}


def _read_input_output(row: Row) -> Talk:
    return Talk([*row["input"], answer(only(row["output"]))])


def _input(said: Question) -> Row:
    return {"input": said.prompt}


def _read_input(row: Row) -> Question:
    return Question(row["input"])


def _verl_question(said: Question) -> Row:
    return {
        "data_source": "touchstone",
        "prompt": said.prompt,
        "ability": "chat",
        "reward_model": {"style": "model", "ground_truth": ""},
        "extra_info": {"id": said.id},
    }


def _read_verl_question(row: Row) -> Question:
    return Question(row["prompt"], row["extra_info"]["id"])


def _ranked(pair: Pair) -> Row:
    said = (pair.chosen, pair.rejected)
    return {
        "context": pair.prompt,
        "completions": [
            {"rank": rank, "completion": [answer(text)]} for rank, text in enumerate(said)
        ],
    }


def _read_ranked(row: Row) -> Pair:
    ranks = [each["rank"] for each in row["completions"]]
    if ranks != [0, 1]:
        raise Unreadable("the completions are not two, of ranks 0 and 1")
    better, worse = (only(each["completion"]) for each in row["completions"])
    return Pair(row["context"], better, worse)


RANKED = Shape(
    say=pairs,
    render=_ranked,
    read=_read_ranked,
    columns=(
        Column("context", MESSAGES, "the conversation so far, ending with the user"),
        Column("completions", ListOf(COMPLETION), "both answers; rank 0 is the better"),
    ),
)
INPUT_OUTPUT = Shape(
    say=talks,
    render=_input_output,
    read=_read_input_output,
    columns=(
        Column("input", MESSAGES, "the conversation so far, ending with the user"),
        Column("output", MESSAGES, "the ideal answer"),
    ),
)
INPUT = Shape(
    say=questions,
    render=_input,
    read=_read_input,
    columns=(Column("input", MESSAGES, "the conversation so far, ending with the user"),),
)
VERL_QUESTION = Shape(
    say=questions,
    render=_verl_question,
    read=_read_verl_question,
    columns=(
        Column("data_source", "string", "which reward function is asked"),
        Column("prompt", MESSAGES, "the conversation so far, ending with the user"),
        Column("ability", "string"),
        Column(
            "reward_model",
            Struct((Column("style", "string"), Column("ground_truth", "string"))),
            "scored by a reward model: there is no one right answer",
        ),
        Column("extra_info", Struct((Column("id", "string"),)), "where the prompt comes from"),
    ),
)

TORCHTUNE = Format(
    name="torchtune",
    title="torchtune",
    about="Messages, and pairs of whole conversations with the same beginning.",
    shapes={
        "sft": TALK,
        "preferences": IMPLICIT,
        "rankings": IMPLICIT,
        "critiques": IMPLICIT,
    },
    notes={
        "sft": 'chat_dataset, conversation_style="openai", conversation_column="messages"',
        "preferences": "preference_dataset",
    },
)
OPENRLHF = Format(
    name="openrlhf",
    title="OpenRLHF",
    about="For --data.apply_chat_template, with the keys that OpenRLHF expects.",
    shapes={
        "sft": INPUT_OUTPUT,
        "preferences": IMPLICIT,
        "reward": IMPLICIT_MARGIN,
        "rankings": IMPLICIT_GROUPED,
        "critiques": IMPLICIT,
        "prompts": INPUT,
    },
    notes={
        "sft": "--data.input_key input --data.output_key output",
        "preferences": "--data.chosen_key chosen --data.rejected_key rejected, no prompt key",
        "reward": "the same; the margin is for OpenRLHF's margin loss",
    },
)
VERL = Format(
    name="verl",
    title="verl",
    about="Parquet, as verl reads nothing else.",
    shapes={
        "sft": TALK,
        "preferences": TEXT_PAIR,
        "reward": TEXT_PAIR,
        "rankings": TEXT_PAIR,
        "critiques": TEXT_PAIR,
        "prompts": VERL_QUESTION,
    },
    file_types=("parquet",),
    notes={
        "sft": "MultiTurnSFTDataset",
        "reward": "RMDataset: texts without roles, prompts of one message, no margin",
        "prompts": "RLHFDataset, scored by a reward model",
    },
)
NEMO_RL = Format(
    name="nemo-rl",
    title="NeMo-RL",
    about="Two completions with their rank; ties, which NeMo-RL raises on, have no row.",
    shapes={
        "sft": TALK,
        "preferences": RANKED,
        "reward": RANKED,
        "rankings": RANKED,
        "critiques": RANKED,
    },
    file_types=("jsonl",),
    notes={"sft": "openai_format", "preferences": "PreferenceDataset, for DPO and reward models"},
)
