"""Where each row comes from: line by line beside the rows, in files of the same names and type."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, get_args

from exports.columns import TEXTS, Column, ListOf, Scalar, Struct, Type
from exports.records import Candidate, Record

IN_THE_ROW = frozenset(
    {
        "prompt",
        "answer",
        "answers",
        "first",
        "second",
        "turns",
        "critique",
        "revision",
        "conversation_a",
        "conversation_b",
        "judgement",
    }
)
"""What of a record is text, or is told of its answers."""
SCALARS: dict[str, Scalar] = {
    **dict.fromkeys(
        ("strength", "n_turns", "degree", "guideline_version", "autonomy_level"), "int64"
    ),
    **dict.fromkeys(
        ("seconds", "human_share", "model_share", "confidence", "weight", "margin"), "float64"
    ),
    **dict.fromkeys(("confirmed", "is_desirable", "all_bad"), "bool"),
    **dict.fromkeys(("spans", "drafts", "tiers", "ratings"), "json"),
}
LISTS = frozenset({"tags", "flags", "clauses", "reasons"})
ANSWERS = ListOf(
    Struct((Column("origin", "string"), Column("model", "string"), Column("parameters", "json")))
)
CHANGED = Column("changed", TEXTS, "What was changed in the texts, and why.")
ONE_ANSWER = ("answer", "revision")
TWO_ANSWERS = ("first", "second")

Answers = tuple[Candidate, ...] | list[Candidate]
Teller = Callable[[Any, tuple[str, ...]], dict[str, Any]]


def columns_of(record: type[Any]) -> tuple[Column, ...]:
    told = [Column(name, _type_of(name)) for name in _told(record)]
    return (*told, Column("answers", ANSWERS), CHANGED)


def provenance_of(record: Record, changed: tuple[str, ...] = ()) -> dict[str, Any]:
    """Everything about the record but the texts, which are in the row."""
    return TOLD[type(record)](record, changed)


def answers_of(record: Record) -> Answers:
    return ANSWERED[type(record)](record)


def _told(record: type[Any]) -> tuple[str, ...]:
    return tuple(name for name in record.__struct_fields__ if name not in IN_THE_ROW)


def _type_of(name: str) -> Type:
    return TEXTS if name in LISTS else SCALARS.get(name, "string")


def _reader(record: type[Any]) -> Teller:
    """Each field written out: names and values put together take twice as long, in every row. The
    names are those of our own records; nothing from outside is in the text."""
    told = [f"{name!r}: held.{name}" for name in _told(record)]
    if "first" in record.__struct_fields__:
        answers = ", ".join(f"told(held.{name})" for name in TWO_ANSWERS)
        told.append(f"'answers': [{answers}]")
    else:
        told.append("'answers': [told(each) for each in answers(held)]")
    text = f"lambda held, changed: {{{', '.join(told)}, 'changed': changed}}"
    read: Teller = eval(text, {"answers": ANSWERED[record], "told": _answer})  # noqa: S307
    return read


def _answer(answer: Candidate) -> dict[str, Any]:
    return {"origin": answer.origin, "model": answer.model, "parameters": answer.parameters}


def _answers(record: type[Any]) -> Callable[[Any], Answers]:
    has: tuple[str, ...] = record.__struct_fields__
    if "answers" in has:
        return attrgetter("answers")
    if "first" in has:
        return attrgetter(*TWO_ANSWERS)
    names = [name for name in ONE_ANSWER if name in has]
    return lambda held: tuple(
        answer for name in names if (answer := getattr(held, name)) is not None
    )


ANSWERED: dict[Any, Callable[[Any], Answers]] = {
    record: _answers(record) for record in get_args(Record)
}
TOLD: dict[Any, Teller] = {record: _reader(record) for record in get_args(Record)}
