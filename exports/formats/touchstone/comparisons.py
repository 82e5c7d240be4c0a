"""Several answers a row: comparisons and rankings."""

from exports.columns import MESSAGES, TEXTS, Column, ListOf
from exports.formats.conversations import check_answer, check_prompt, is_unicode
from exports.formats.meaning import Dropped
from exports.formats.reasons import NOT_UNICODE
from exports.formats.saying import check_held_back, check_pair
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
from exports.records import Preference, Ranked

UNKNOWN = "unknown"


def _comparisons(record: Preference, mapping: Mappings) -> list[Preference]:
    """Ties, pairs that are both bad and empty answers included: the import knows them all."""
    check_held_back(record)
    check_pair(record)
    if not (is_unicode(record.first.text) and is_unicode(record.second.text)):
        raise Dropped(NOT_UNICODE)
    return [record]


def _comparison(record: Preference) -> Row:
    return {
        "pair_id": record.id,
        "messages": record.prompt,
        "response_a": record.first.text,
        "response_b": record.second.text,
        "model_a": record.first.model or None,
        "model_b": record.second.model or None,
        "annotator": record.annotator or UNKNOWN,
        "preference": record.strength,
        "winner": "both_bad" if record.strength is None else None,
        "justification": record.justification,
        "created_at": record.created_at,
        "tags": list(record.tags),
    }


def _check_comparison(row: Row) -> list[str]:
    if (row["preference"] is None) == (row["winner"] is None):
        return ["not exactly one of preference and winner is given"]
    return []


def _rankings(record: Ranked, mapping: Mappings) -> list[Ranked]:
    check_held_back(record)
    check_prompt(record.prompt)
    for candidate in record.answers:
        check_answer(candidate.text)
    return [record]


def _ranking(record: Ranked) -> Row:
    return {
        "id": record.id,
        "prompt": record.prompt,
        "answers": [answer_of(each) for each in record.answers],
        "tiers": record.tiers,
        "all_bad": record.all_bad,
        "justification": record.justification,
        **about_of(record),
    }


def _check_ranking(row: Row) -> list[str]:
    placed = sorted(place for tier in row["tiers"] for place in tier)
    if placed != list(range(len(row["answers"]))):
        return ["tiers do not hold each answer once"]
    return []


COMPARISONS = Shape(
    say=_comparisons,
    render=_comparison,
    read=None,
    check=_check_comparison,
    columns=(
        Column("pair_id", "string", "the judgement"),
        Column("messages", MESSAGES, "the conversation so far, ending with the user"),
        Column("response_a", "string"),
        Column("response_b", "string"),
        Column("model_a", "string", "null: not a model's"),
        Column("model_b", "string", "null: not a model's"),
        Column("annotator", "string", "a pseudonym"),
        Column("preference", "int64", "-3 (A much better) to 3; 0: a tie; null: both bad"),
        Column("winner", "string", "both_bad, or null"),
        Column("justification", "string"),
        Column("created_at", "string"),
        Column("tags", TEXTS, "of the prompt"),
    ),
    optional=frozenset({"model_a", "model_b", "preference", "winner"}),
)
RANKINGS = Shape(
    say=_rankings,
    render=_ranking,
    read=None,
    check=_check_ranking,
    columns=(
        ID,
        PROMPT,
        Column("answers", ListOf(ANSWER)),
        Column("tiers", ListOf(ListOf("int64")), "places in answers, the best tier first"),
        Column("all_bad", "bool"),
        Column("justification", "string"),
        *ABOUT,
    ),
    optional=VERSION,
)
