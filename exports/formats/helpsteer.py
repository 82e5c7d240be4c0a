"""HelpSteer: answers rated by criterion, and comparisons that keep their ties and strength."""

from exports.columns import MESSAGES, Column
from exports.formats.conversations import check_answer, check_prompt, is_same
from exports.formats.meaning import Dropped
from exports.formats.reasons import BOTH_BAD, NOT_HELPSTEER, SAME_TEXT
from exports.formats.saying import check_held_back, check_pair
from exports.formats.shape import Format, Row, Shape
from exports.recipe import Mappings
from exports.records import Preference, Rated

ATTRIBUTES = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")
BEST = 4
STRONGEST = 3


def rated(record: Rated, mapping: Mappings) -> list[Rated]:
    check_held_back(record)
    check_prompt(record.prompt)
    check_answer(record.answer.text)
    if not record.ratings.keys() & set(ATTRIBUTES):
        raise Dropped(NOT_HELPSTEER)
    return [record]


def compared(record: Preference, mapping: Mappings) -> list[Preference]:
    check_held_back(record)
    check_pair(record)
    for candidate in (record.first, record.second):
        check_answer(candidate.text)
    if record.strength is None:
        raise Dropped(BOTH_BAD)
    if is_same(record.first.text, record.second.text):
        raise Dropped(SAME_TEXT)
    return [record]


def _rated(record: Rated) -> Row:
    ratings = {name: record.ratings.get(name) for name in ATTRIBUTES}
    return {"context": record.prompt, "response": record.answer.text, **ratings}


def _compared(record: Preference) -> Row:
    return {
        "context": record.prompt,
        "response1": record.first.text,
        "response2": record.second.text,
        "overall_preference": record.strength,
    }


def _check_rated(row: Row) -> list[str]:
    values = [row[name] for name in ATTRIBUTES if row[name] is not None]
    found = [] if values else ["no attribute is rated"]
    if any(not 0 <= value <= BEST for value in values):
        found.append(f"a rating is not from 0 to {BEST}")
    return found + _common(row, "response")


def _check_compared(row: Row) -> list[str]:
    found = []
    if not -STRONGEST <= row["overall_preference"] <= STRONGEST:
        found.append(f"overall_preference is not from -{STRONGEST} to {STRONGEST}")
    if is_same(row["response1"], row["response2"]):
        found.append("both responses are the same text")
    return found + _common(row, "response1", "response2")


def _common(row: Row, *names: str) -> list[str]:
    try:
        check_prompt(row["context"])
        for name in names:
            check_answer(row[name])
    except Dropped as dropped:
        return [dropped.reason]
    return []


CONTEXT = Column("context", MESSAGES, "the conversation so far, ending with the user")
RATED = Shape(
    say=rated,
    render=_rated,
    read=None,
    check=_check_rated,
    columns=(
        CONTEXT,
        Column("response", "string"),
        *(Column(name, "int64", f"0 to {BEST}; null: not asked") for name in ATTRIBUTES),
    ),
    optional=frozenset(ATTRIBUTES),
)
COMPARED = Shape(
    say=compared,
    render=_compared,
    read=None,
    check=_check_compared,
    columns=(
        CONTEXT,
        Column("response1", "string"),
        Column("response2", "string"),
        Column("overall_preference", "int64", "-3 (response1 much better) to 3; 0: a tie"),
    ),
)

HELPSTEER = Format(
    name="helpsteer",
    title="HelpSteer",
    about="HelpSteer's five attributes, and HelpSteer3's preferences, in which ties have a number.",
    shapes={"ratings": RATED, "preferences": COMPARED},
    notes={"ratings": f"criteria whose keys are {', '.join(ATTRIBUTES)}"},
)
