"""Axolotl: chat templates for supervised and preference training, Bradley-Terry and KTO."""

from exports.columns import MESSAGES, Column, Struct
from exports.formats.chat import TALK, only
from exports.formats.meaning import Judged, Pair
from exports.formats.saying import judged, pairs
from exports.formats.shape import Files, Format, Row, Shape
from exports.records import Message

MESSAGE = Struct((Column("role", "string"), Column("content", "string")))
TYPES = {
    "sft": "chat_template",
    "preferences": "chat_template.default",
    "rankings": "chat_template.default",
    "critiques": "chat_template.default",
    "reward": "bradley_terry.chat_template",
    "unpaired": "chatml.argilla_chat",
}
TRAINERS = {
    "preferences": "rl: dpo\n",
    "rankings": "rl: dpo\n",
    "critiques": "rl: dpo\n",
    "reward": "reward_model: true\n",
    "unpaired": "rl: kto\n",
}


def _answer(text: str) -> Message:
    # Axolotl looks for the answer in what the template made of it, and many templates trim.
    return {"role": "assistant", "content": text.strip()}


def _pair(pair: Pair) -> Row:
    return {
        "messages": pair.prompt,
        "chosen": _answer(pair.chosen),
        "rejected": _answer(pair.rejected),
    }


def _read_pair(row: Row) -> Pair:
    return Pair(row["messages"], only([row["chosen"]]), only([row["rejected"]]))


def _judged(said: Judged) -> Row:
    answer: Message = {"role": "assistant", "content": said.answer}
    return {"completion": [*said.prompt, answer], "label": said.is_desirable}


def _read_judged(row: Row) -> Judged:
    return Judged(row["completion"][:-1], only(row["completion"][-1:]), row["label"])


def _reward(pair: Pair) -> Row:
    system, prompt = "", pair.prompt
    if prompt[0]["role"] == "system":
        system, prompt = prompt[0]["content"], prompt[1:]
    [asked] = prompt
    return {
        "system": system,
        "input": asked["content"],
        "chosen": pair.chosen,
        "rejected": pair.rejected,
    }


def _read_reward(row: Row) -> Pair:
    prompt: list[Message] = [{"role": "user", "content": row["input"]}]
    if row["system"]:
        prompt.insert(0, {"role": "system", "content": row["system"]})
    return Pair(prompt, row["chosen"], row["rejected"])


def _extras(kind: str, files: Files) -> dict[str, bytes]:
    """The part of a configuration that names these files; the model's part is the user's."""
    lines = []
    for split, names in files.items():
        key = "datasets" if split == "train" else "test_datasets"
        if split == "test" and "validation" in files:
            continue
        lines.append(f"{key}:\n")
        for name in names:
            lines.append(f"  - path: {name}\n    ds_type: {_ds_type(name)}\n")
            lines.append(f"    split: train\n    type: {TYPES[kind]}\n")
    text = f"{TRAINERS.get(kind, '')}{''.join(lines)}"
    return {"axolotl.yml": text.encode()}


def _ds_type(name: str) -> str:
    return "parquet" if name.endswith(".parquet") else "json"


PAIR = Shape(
    say=pairs,
    render=_pair,
    read=_read_pair,
    columns=(
        Column("messages", MESSAGES, "the conversation so far, ending with the user"),
        Column("chosen", MESSAGE, "the better answer"),
        Column("rejected", MESSAGE, "the worse answer"),
    ),
)
REWARD = Shape(
    say=pairs,
    render=_reward,
    read=_read_reward,
    columns=(
        Column("system", "string", "the system message, or an empty text"),
        Column("input", "string", "what the user asked"),
        Column("chosen", "string", "the better answer"),
        Column("rejected", "string", "the worse answer"),
    ),
    has_turns=False,
)
JUDGED = Shape(
    say=judged,
    render=_judged,
    read=_read_judged,
    columns=(
        Column("completion", MESSAGES, "the whole conversation, the judged answer last"),
        Column("label", "bool", "whether the answer is wanted"),
    ),
)

AXOLOTL = Format(
    name="axolotl",
    title="Axolotl",
    about="Rows for Axolotl's chat templates; `axolotl.yml` has the lines for a configuration.",
    shapes={
        "sft": TALK,
        "preferences": PAIR,
        "reward": REWARD,
        "rankings": PAIR,
        "unpaired": JUDGED,
        "critiques": PAIR,
    },
    notes={
        "preferences": "rl: dpo, type: chat_template.default; white space around answers is cut",
        "reward": "reward_model: true; prompts of one message, without the margin",
        "unpaired": "rl: kto; for ChatML models, llama3.argilla_chat for Llama 3",
    },
    make_extras=_extras,
)
