"""Our own validator: what is wrong with a row, and with a file as a whole.

It works on rows as they are read from a file, not on how they were made: the types that the columns
tell, then what the row says, read back from the format's own spelling.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from exports.columns import Column, ListOf, Struct, Type
from exports.formats.conversations import is_blank, is_same, is_unicode
from exports.formats.meaning import Judged, Pair, Said, Talk, Unreadable
from exports.formats.registry import FORMATS
from exports.formats.shape import Row, Shape
from exports.records import Message

Check = Callable[[Any, str], Iterator[str]]
Fits = Callable[[Any], bool]

STRONGEST = 3.0
SHOWN = 5
SMALLEST, LARGEST = -(2**63), 2**63 - 1


def problems(format_name: str, kind: str, row: Any) -> list[str]:
    """What is wrong with one row; empty where its consumer can take it."""
    shape, fits = _shape(format_name, kind)
    # Nearly every row fits, and asking that costs a fifth of saying what does not.
    if not fits(row):
        return list(_types(shape)(row, ""))
    found = [] if shape.check is None else list(shape.check(row))
    if shape.read is None:
        return found + list(_kept(row, shape))
    try:
        said = shape.read(row)
    except Unreadable as error:
        return [*found, str(error)]
    found += _said(said, shape)
    return found


@dataclass
class Whole:
    """What is wrong with the training rows as a whole. Shown every row, it remembers little."""

    format_name: str
    kind: str
    rows: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    group: str = ""
    closed: set[int] = field(default_factory=set)
    torn: int = 0

    def see(self, row: Row) -> None:
        self.rows += 1
        label = row.get("label", row.get("kto_tag"))
        if isinstance(label, bool):
            self.labels[str(label).lower()] += 1
        group = row.get("group")
        if isinstance(group, str) and group and group != self.group:
            self.torn += hash(group) in self.closed
            self.closed.add(hash(self.group))
            self.group = group

    def problems(self) -> list[str]:
        found = unusable(self.format_name, self.kind, rows=self.rows, labels=self.labels)
        if self.torn:
            found.append(f"{self.torn:,} groups do not stand together")
        return found


def unusable(format_name: str, kind: str, *, rows: int, labels: Collection[str]) -> list[str]:
    """Why nobody can train on so many rows; `labels` are those that occur, true and false, of
    single answers."""
    form = FORMATS[format_name]
    found = []
    if not rows:
        found.append("there is no row to train on")
    elif rows < form.fewest_rows:
        said = f"{rows:,} row{'' if rows == 1 else 's'} to train on"
        found.append(f"{said}; for {form.title} there have to be {form.fewest_rows} at least")
    if kind == "unpaired" and len(labels) == 1:
        [label] = labels
        found.append(f"every label is {label}; there is nothing to tell apart")
    return found


def _said(said: Said, shape: Shape) -> Iterator[str]:
    if isinstance(said, Talk):
        yield from _conversation(said.messages[:-1], shape)
        last = said.messages[-1:]
        if not last or last[0]["role"] != "assistant":
            yield "the conversation does not end with the assistant"
        elif is_blank(last[0]["content"]):
            yield "the last answer is empty"
        elif not is_unicode(last[0]["content"]):
            yield "the last answer holds a lone surrogate"
        return
    yield from _conversation(said.prompt, shape)
    if isinstance(said, Pair):
        yield from _answer(said.chosen, "chosen")
        yield from _answer(said.rejected, "rejected")
        if is_same(said.chosen, said.rejected):
            yield "chosen and rejected are the same text"
        if not 0 <= said.margin <= STRONGEST:
            yield f"the margin is not from 0 to {STRONGEST:g}"
    elif isinstance(said, Judged):
        yield from _answer(said.answer, "the answer")


def _kept(row: Row, shape: Shape) -> Iterator[str]:
    """Of a row that keeps more than trainers read."""
    if not _is_unicode(row):
        yield "a text holds a lone surrogate"
    for name in ("prompt", "messages"):
        if isinstance(row.get(name), list):
            yield from _conversation(row[name], shape)


def _answer(text: str, name: str) -> Iterator[str]:
    if is_blank(text):
        yield f"{name} is empty"
    elif not is_unicode(text):
        yield f"{name} holds a lone surrogate"


def _conversation(messages: list[Message], shape: Shape) -> Iterator[str]:
    """A prompt: a system message at most first, then user and assistant in turn, the user last."""
    expected = "user"
    for place, message in enumerate(messages):
        role, content = message["role"], message["content"]
        if role == "system" and place == 0 and shape.has_system:
            pass
        elif role != expected:
            yield f"message {place + 1} is of {role[:20]!r} where {expected}'s turn is"
            return
        else:
            expected = "assistant" if expected == "user" else "user"
        if is_blank(content):
            yield f"message {place + 1} is empty"
        elif not is_unicode(content):
            yield f"message {place + 1} holds a lone surrogate"
    if expected == "user":
        yield "the prompt does not end with the user"
    if not shape.has_turns and sum(each["role"] == "user" for each in messages) > 1:
        yield "the prompt is more than one message"
    if shape.forbidden is not None and (reason := shape.forbidden(messages)):
        yield reason


def _is_unicode(value: Any) -> bool:
    if isinstance(value, str):
        return is_unicode(value)
    if isinstance(value, dict):
        return all(_is_unicode(each) for each in value.values())
    if isinstance(value, list):
        return all(_is_unicode(each) for each in value)
    return True


@cache
def _shape(format_name: str, kind: str) -> tuple[Shape, Fits]:
    """By names, as looking a shape up by itself hashes every column of it."""
    shape = FORMATS[format_name].shapes[kind]
    return shape, _fits_struct(shape.columns, shape.optional)


def _fits_struct(columns: tuple[Column, ...], optional: frozenset[str] = frozenset()) -> Fits:
    checks = [(each.name, _fits(each.type), each.name in optional) for each in columns]

    def fits(value: Any) -> bool:
        if type(value) is not dict or len(value) != len(checks):
            return False
        for key, of_key, may_be_null in checks:
            if key not in value:
                return False
            held = value[key]
            if not of_key(held) and not (held is None and may_be_null):
                return False
        return True

    return fits


def _fits(wanted: Type) -> Fits:
    if isinstance(wanted, Struct):
        return _fits_struct(wanted.fields)
    if isinstance(wanted, ListOf):
        of_item = _fits(wanted.item)
        return lambda value: type(value) is list and all(map(of_item, value))
    return IS_SCALAR[wanted]


@cache
def _types(shape: Shape) -> Check:
    return _struct(shape.columns, shape.optional)


def _struct(columns: tuple[Column, ...], optional: frozenset[str] = frozenset()) -> Check:
    checks = {each.name: _of_type(each.type) for each in columns}

    def check(value: Any, name: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{name or 'the row'} is not an object"
            return
        prefix = f"{name}." if name else ""
        for key in sorted(map(str, value.keys() - checks.keys()))[:SHOWN]:
            yield f"{prefix}{key[:60]} is not a key of this format"
        for key, of_key in checks.items():
            if key not in value:
                yield f"{prefix}{key} is missing"
            elif value[key] is not None or key not in optional:
                yield from of_key(value[key], f"{prefix}{key}")

    return check


def _of_type(wanted: Type) -> Check:
    if isinstance(wanted, Struct):
        return _struct(wanted.fields)
    if isinstance(wanted, ListOf):
        return _list(_of_type(wanted.item))
    return SCALARS[wanted]


def _list(of_item: Check) -> Check:
    def check(value: Any, name: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{name} is not a list"
            return
        for place, item in enumerate(value):
            yield from of_item(item, f"{name}[{place}]")

    return check


def _scalar(is_one: Callable[[Any], bool], called: str) -> Check:
    def check(value: Any, name: str) -> Iterator[str]:
        if not is_one(value):
            yield f"{name} is not {called}"

    return check


def _is_number(value: Any) -> bool:
    return type(value) is float and value == value and abs(value) != float("inf")


IS_SCALAR: dict[str, Fits] = {
    "string": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "int64": lambda value: type(value) is int and SMALLEST <= value <= LARGEST,
    "float64": _is_number,
    "json": lambda value: True,
}
CALLED = {
    "string": "a text",
    "bool": "true or false",
    "int64": "a whole number",
    "float64": "a number with a point",
    "json": "JSON",
}
SCALARS = {name: _scalar(fits, CALLED[name]) for name, fits in IS_SCALAR.items()}
