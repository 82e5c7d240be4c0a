"""LLaMA-Factory's ShareGPT rows, with the `dataset_info.json` by which it finds them."""

import json
from typing import Any

from exports.columns import Column, ListOf, Struct
from exports.formats.meaning import Judged, Pair, Talk, Unreadable
from exports.formats.saying import judged, pairs, talks
from exports.formats.shape import Files, Format, Row, Shape
from exports.records import Message

FROM = {"user": "human", "assistant": "gpt"}
ROLES = {"human": "user", "gpt": "assistant"}
TURN = Struct((Column("from", "string"), Column("value", "string")))
CONVERSATIONS = Column("conversations", ListOf(TURN), "the turns, without the system message")
SYSTEM = Column("system", "string", "the system message, or an empty text")


def _turns(messages: list[Message]) -> Row:
    system = ""
    if messages[0]["role"] == "system":
        system, messages = messages[0]["content"], messages[1:]
    turns = [{"from": FROM[each["role"]], "value": each["content"]} for each in messages]
    return {"conversations": turns, "system": system}


def _messages(row: Row) -> list[Message]:
    messages = [_message(turn) for turn in row["conversations"]]
    if row["system"]:
        return [{"role": "system", "content": row["system"]}, *messages]
    return messages


def _message(turn: dict[str, str]) -> Message:
    if turn["from"] not in ROLES:
        raise Unreadable("a turn is not from human or gpt")
    return {"role": ROLES[turn["from"]], "content": turn["value"]}  # type: ignore[typeddict-item]


def _gpt(text: str) -> dict[str, str]:
    return {"from": "gpt", "value": text}


def _value(turn: dict[str, str]) -> str:
    if turn["from"] != "gpt":
        raise Unreadable("an answer is not from gpt")
    return turn["value"]


def _talk(said: Talk) -> Row:
    return _turns(said.messages)


def _read_talk(row: Row) -> Talk:
    return Talk(_messages(row))


def _pair(pair: Pair) -> Row:
    return {
        **_turns(pair.prompt),
        "chosen": _gpt(pair.chosen),
        "rejected": _gpt(pair.rejected),
    }


def _read_pair(row: Row) -> Pair:
    return Pair(_messages(row), _value(row["chosen"]), _value(row["rejected"]))


def _judged(said: Judged) -> Row:
    row = _turns(said.prompt)
    row["conversations"].append(_gpt(said.answer))
    return {**row, "kto_tag": said.is_desirable}


def _read_judged(row: Row) -> Judged:
    if not row["conversations"]:
        raise Unreadable("the conversation is empty")
    *turns, last = row["conversations"]
    prompt = _messages({"conversations": turns, "system": row["system"]})
    return Judged(prompt, _value(last), row["kto_tag"])


def _extras(kind: str, files: Files) -> dict[str, bytes]:
    """One data set of LLaMA-Factory's for each file: `touchstone_train`, `touchstone_train_2`."""
    info: dict[str, Any] = {}
    for split, names in files.items():
        for number, name in enumerate(names, start=1):
            key = f"touchstone_{split}" + (f"_{number}" if number > 1 else "")
            info[key] = {"file_name": name, **_about(kind)}
    text = json.dumps(info, indent=2, ensure_ascii=False)
    return {"dataset_info.json": f"{text}\n".encode()}


def _about(kind: str) -> dict[str, Any]:
    columns = {"messages": "conversations", "system": "system"}
    about: dict[str, Any] = {"formatting": "sharegpt"}
    if kind == "unpaired":
        columns["kto_tag"] = "kto_tag"
    elif kind != "sft":
        about["ranking"] = True
        columns |= {"chosen": "chosen", "rejected": "rejected"}
    return {**about, "columns": columns}


PAIR = Shape(
    say=pairs,
    render=_pair,
    read=_read_pair,
    columns=(
        CONVERSATIONS,
        SYSTEM,
        Column("chosen", TURN, "the better answer"),
        Column("rejected", TURN, "the worse answer"),
    ),
)
TALK = Shape(say=talks, render=_talk, read=_read_talk, columns=(CONVERSATIONS, SYSTEM))
JUDGED = Shape(
    say=judged,
    render=_judged,
    read=_read_judged,
    columns=(CONVERSATIONS, SYSTEM, Column("kto_tag", "bool", "whether the answer is wanted")),
)

LLAMA_FACTORY = Format(
    name="llama-factory",
    title="LLaMA-Factory",
    about="ShareGPT rows; give this folder as `dataset_dir` and touchstone_train as `dataset`.",
    shapes={
        "sft": TALK,
        "preferences": PAIR,
        "reward": PAIR,
        "rankings": PAIR,
        "unpaired": JUDGED,
        "critiques": PAIR,
    },
    file_types=("jsonl", "parquet"),
    notes={
        "sft": "stage: sft",
        "preferences": "stage: dpo",
        "reward": "stage: rm; without the margin, which the format has no word for",
        "unpaired": "stage: kto",
    },
    make_extras=_extras,
)
