"""One answer a row: as it was written, wanted or not, marked, criticised."""

from exports.columns import MESSAGES, TEXTS, Column, ListOf, Struct
from exports.formats.conversations import check_answer, check_prompt, is_unicode
from exports.formats.meaning import Dropped
from exports.formats.reasons import NO_CRITIQUE, NO_RATING, NOT_UNICODE
from exports.formats.saying import check_held_back, judged, talks
from exports.formats.shape import Row, Shape
from exports.formats.touchstone.columns import (
    ABOUT,
    ANSWER,
    ID,
    PROMPT,
    VERSION,
    about_of,
    answer_of,
)
from exports.recipe import Mappings
from exports.records import Critique, Demonstration, Rated, Unpaired


def _demonstrations(record: Demonstration, mapping: Mappings) -> list[Demonstration]:
    talks(record, mapping)
    return [record]


def _demonstration(record: Demonstration) -> Row:
    return {
        "id": record.id,
        "prompt": record.prompt,
        "answer": answer_of(record.answer),
        "turns": list(record.turns),
        "human_share": record.human_share,
        "model_share": record.model_share,
        **about_of(record),
    }


def _unpaired(record: Unpaired, mapping: Mappings) -> list[Unpaired]:
    judged(record, mapping)
    return [record]


def _judged(record: Unpaired) -> Row:
    return {
        "id": record.id,
        "prompt": record.prompt,
        "answer": answer_of(record.answer),
        "is_desirable": record.is_desirable,
        **about_of(record),
    }


def _ratings(record: Rated, mapping: Mappings) -> list[Rated]:
    check_held_back(record)
    check_prompt(record.prompt)
    check_answer(record.answer.text)
    if not record.ratings and not record.flags:
        raise Dropped(NO_RATING)
    return [record]


def _rating(record: Rated) -> Row:
    return {
        "id": record.id,
        "prompt": record.prompt,
        "answer": answer_of(record.answer),
        "ratings": [
            {"criterion": name, "rating": value} for name, value in sorted(record.ratings.items())
        ],
        "flags": list(record.flags),
        **about_of(record),
    }


def _critiques(record: Critique, mapping: Mappings) -> list[Critique]:
    check_held_back(record)
    check_prompt(record.prompt)
    check_answer(record.answer.text)
    if not record.critique.strip() and not record.clauses:
        raise Dropped(NO_CRITIQUE)
    revised = [record.revision.text] if record.revision else []
    if not all(map(is_unicode, (record.critique, *record.clauses, *revised))):
        raise Dropped(NOT_UNICODE)
    return [record]


def _critique(record: Critique) -> Row:
    return {
        "id": record.id,
        "source": record.source,
        "prompt": record.prompt,
        "answer": answer_of(record.answer),
        "critique": record.critique,
        "clauses": list(record.clauses),
        "revision": record.revision.text if record.revision else None,
        "outcome": record.outcome,
        **about_of(record),
    }


DEMONSTRATIONS = Shape(
    say=_demonstrations,
    render=_demonstration,
    read=None,
    columns=(
        ID,
        PROMPT,
        Column("answer", ANSWER, "the ideal answer"),
        Column("turns", MESSAGES, "where the conversation went on: all after the prompt"),
        Column("human_share", "float64", "of the characters, those that people wrote"),
        Column("model_share", "float64", "of the characters, those taken from drafts"),
        *ABOUT,
    ),
)
UNPAIRED = Shape(
    say=_unpaired,
    render=_judged,
    read=None,
    columns=(ID, PROMPT, Column("answer", ANSWER), Column("is_desirable", "bool"), *ABOUT),
    optional=VERSION,
)
RATINGS = Shape(
    say=_ratings,
    render=_rating,
    read=None,
    columns=(
        ID,
        PROMPT,
        Column("answer", ANSWER),
        Column(
            "ratings",
            ListOf(Struct((Column("criterion", "string"), Column("rating", "int64")))),
            "0 to 4, a criterion at a time",
        ),
        Column("flags", TEXTS),
        *ABOUT,
    ),
    optional=VERSION,
)
CRITIQUES = Shape(
    say=_critiques,
    render=_critique,
    read=None,
    columns=(
        ID,
        Column("source", "string", "repair, fix or return"),
        PROMPT,
        Column("answer", ANSWER, "what was criticised"),
        Column("critique", "string"),
        Column("clauses", TEXTS, "of the guideline"),
        Column("revision", "string", "the answer made of it; null: none"),
        Column("outcome", "string", "of a repair: accepted, edited, discarded or open"),
        *ABOUT,
    ),
    optional=VERSION | {"revision"},
)
