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


def columns_of(record: type[Any]) -> tuple[Column, ...]:
    told = [Column(name, _type_of(name)) for name in _told(record)]
    return (*told, Column("answers", ANSWERS), CHANGED)


def provenance_of(record: Record, changed: tuple[str, ...] = ()) -> dict[str, Any]:
    """Everything about the record but the texts, which are in the row."""
    told = TOLD[type(record)](record)
    told["answers"] = [_answer(each) for each in answers_of(record)]
    told["changed"] = changed
    return told


def answers_of(record: Record) -> Answers:
    return ANSWERED[type(record)](record)


def _told(record: type[Any]) -> tuple[str, ...]:
    return tuple(name for name in record.__struct_fields__ if name not in IN_THE_ROW)


def _type_of(name: str) -> Type:
    return TEXTS if name in LISTS else SCALARS.get(name, "string")


def _reader(record: type[Any]) -> Callable[[Any], dict[str, Any]]:
    names = _told(record)
    values = attrgetter(*names)
    return lambda held: dict(zip(names, values(held), strict=True))


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
TOLD: dict[Any, Callable[[Any], dict[str, Any]]] = {
    record: _reader(record) for record in get_args(Record)
}
