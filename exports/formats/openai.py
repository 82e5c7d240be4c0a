"""OpenAI's fine-tuning files, which Together and Fireworks read too. Unknown keys are refused."""

from exports.columns import MESSAGES, Column, Struct
from exports.formats.chat import TALK, answer, only
from exports.formats.meaning import Pair
from exports.formats.saying import pairs
from exports.formats.shape import Format, Row, Shape


def _pair(pair: Pair) -> Row:
    return {
        "input": {"messages": pair.prompt},
        "preferred_output": [answer(pair.chosen)],
        "non_preferred_output": [answer(pair.rejected)],
    }


def _read_pair(row: Row) -> Pair:
    outputs = (only(row["preferred_output"]), only(row["non_preferred_output"]))
    return Pair(row["input"]["messages"], *outputs)


PAIR = Shape(
    say=pairs,
    render=_pair,
    read=_read_pair,
    columns=(
        Column("input", Struct((Column("messages", MESSAGES),)), "the conversation so far"),
        Column("preferred_output", MESSAGES, "the better answer"),
        Column("non_preferred_output", MESSAGES, "the worse answer"),
    ),
)

OPENAI = Format(
    name="openai",
    title="OpenAI, Together, Fireworks",
    about="Files to upload for fine-tuning; at least ten rows.",
    shapes={"sft": TALK, "preferences": PAIR, "rankings": PAIR, "critiques": PAIR},
    file_types=("jsonl",),
    fewest_rows=10,
    notes={"sft": "supervised fine-tuning", "preferences": "direct preference optimisation"},
)
