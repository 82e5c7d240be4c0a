"""Everything, in our own words: what Touchstone imports again, and judgements as they are kept.

Preferences are rows of the import of judgements, prompts rows of the import of prompts.
"""

import json
from typing import Any

from exports.columns import MESSAGES, TEXTS, Column, ListOf, Struct
from exports.formats.arena import battles
from exports.formats.conversations import check_answer, check_prompt, is_unicode
from exports.formats.meaning import Dropped
from exports.formats.reasons import NO_CRITIQUE, NO_RATING, NOT_UNICODE
from exports.formats.saying import (
    check_held_back,
    check_pair,
    judged,
    questions,
    talks,
)
from exports.formats.shape import Format, Row, Shape
from exports.recipe import Mappings
from exports.records import (
    Asked,
    Candidate,
    Conversation,
    Critique,
    Demonstration,
    Preference,
    Ranked,
    Rated,
    Raw,
    Unpaired,
)

ANSWER = Struct((Column("text", "string"), Column("origin", "string"), Column("model", "string")))
ID = Column("id", "string", "of the judgement")
PROMPT = Column("prompt", MESSAGES, "the conversation so far, ending with the user")
ABOUT = (
    Column("annotator", "string", "a pseudonym"),
    Column("created_at", "string"),
    Column("guideline_version", "int64"),
    Column("external_id", "string", "of the prompt"),
    Column("tags", TEXTS, "of the prompt"),
)
VERSION = frozenset({"guideline_version"})
UNKNOWN = "unknown"


def _about(record: Any) -> Row:
    return {
        "annotator": record.annotator,
        "created_at": record.created_at,
        "guideline_version": record.guideline_version,
        "external_id": record.external_id,
        "tags": list(record.tags),
    }


def _answer(candidate: Candidate) -> Row:
    return {"text": candidate.text, "origin": candidate.origin, "model": candidate.model}


def _demonstrations(record: Demonstration, mapping: Mappings) -> list[Demonstration]:
    talks(record, mapping)
    return [record]


def _demonstration(record: Demonstration) -> Row:
    return {
        "id": record.id,
        "prompt": record.prompt,
        "answer": _answer(record.answer),
        "turns": list(record.turns),
        "human_share": record.human_share,
        "model_share": record.model_share,
        **_about(record),
    }


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
        "answers": [_answer(each) for each in record.answers],
        "tiers": record.tiers,
        "all_bad": record.all_bad,
        "justification": record.justification,
        **_about(record),
    }


def _check_ranking(row: Row) -> list[str]:
    placed = sorted(place for tier in row["tiers"] for place in tier)
    if placed != list(range(len(row["answers"]))):
        return ["tiers do not hold each answer once"]
    return []


def _unpaired(record: Unpaired, mapping: Mappings) -> list[Unpaired]:
    judged(record, mapping)
    return [record]


def _judged(record: Unpaired) -> Row:
    return {
        "id": record.id,
        "prompt": record.prompt,
        "answer": _answer(record.answer),
        "is_desirable": record.is_desirable,
        **_about(record),
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
        "answer": _answer(record.answer),
        "ratings": [
            {"criterion": name, "rating": value} for name, value in sorted(record.ratings.items())
        ],
        "flags": list(record.flags),
        **_about(record),
    }


def _critiques(record: Critique, mapping: Mappings) -> list[Critique]:
    check_held_back(record)
    check_prompt(record.prompt)
    check_answer(record.answer.text)
    if not record.critique.strip() and not record.clauses:
        raise Dropped(NO_CRITIQUE)
    return [record]


def _critique(record: Critique) -> Row:
    return {
        "id": record.id,
        "source": record.source,
        "prompt": record.prompt,
        "answer": _answer(record.answer),
        "critique": record.critique,
        "clauses": list(record.clauses),
        "revision": record.revision.text if record.revision else None,
        "outcome": record.outcome,
        **_about(record),
    }


def _question(said: Asked) -> Row:
    return {
        "messages": said.prompt,
        "external_id": said.external_id or said.id,
        "tags": list(said.tags),
        "language": said.language,
    }


def _questions(record: Asked, mapping: Mappings) -> list[Asked]:
    questions(record, mapping)
    return [record]


def _conversation(record: Conversation) -> Row:
    return {
        "id": record.id,
        "model_a": record.model_a,
        "model_b": record.model_b,
        "conversation_a": record.conversation_a,
        "conversation_b": record.conversation_b,
        "winner": record.winner,
        "n_turns": record.n_turns,
        "voter": record.voter,
        "created_at": record.created_at,
        "weight": record.weight,
        "language": record.language,
        "reasons": list(record.reasons),
        "degree": record.degree,
    }


def _raws(record: Raw, mapping: Mappings) -> list[Raw]:
    check_held_back(record)
    return [record]


def _raw(record: Raw) -> Row:
    text = json.dumps(record.judgement, ensure_ascii=True, separators=(",", ":"))
    return {
        "id": record.id,
        "kind": record.kind,
        "created_at": record.created_at,
        "judgement": text,
    }


def _check_raw(row: Row) -> list[str]:
    try:
        json.loads(row["judgement"])
    except ValueError:
        return ["judgement is not JSON"]
    return []


SHAPES = {
    "sft": Shape(
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
    ),
    "preferences": Shape(
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
    ),
    "rankings": Shape(
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
    ),
    "unpaired": Shape(
        say=_unpaired,
        render=_judged,
        read=None,
        columns=(ID, PROMPT, Column("answer", ANSWER), Column("is_desirable", "bool"), *ABOUT),
        optional=VERSION,
    ),
    "ratings": Shape(
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
    ),
    "critiques": Shape(
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
    ),
    "prompts": Shape(
        say=_questions,
        render=_question,
        read=None,
        columns=(
            Column("messages", MESSAGES, "a conversation that ends with the user"),
            Column("external_id", "string"),
            Column("tags", TEXTS),
            Column("language", "string"),
        ),
    ),
    "conversations": Shape(
        say=battles,
        render=_conversation,
        read=None,
        columns=(
            ID,
            Column("model_a", "string"),
            Column("model_b", "string"),
            Column("conversation_a", MESSAGES),
            Column("conversation_b", MESSAGES),
            Column("winner", "string", "model_a, model_b, tie or both_bad"),
            Column("n_turns", "int64"),
            Column("voter", "string", "a pseudonym"),
            Column("created_at", "string"),
            Column("weight", "float64", "what the vote weighs on boards"),
            Column("language", "string"),
            Column("reasons", TEXTS, "that the voter gave"),
            Column("degree", "int64", "how much better, where it was asked"),
        ),
        optional=frozenset({"degree"}),
    ),
    "raw": Shape(
        say=_raws,
        render=_raw,
        read=None,
        check=_check_raw,
        columns=(
            ID,
            Column("kind", "string"),
            Column("created_at", "string"),
            Column("judgement", "string", "everything that is known of it, as JSON"),
        ),
    ),
}

SHAPES["reward"] = SHAPES["preferences"]

TOUCHSTONE = Format(
    name="touchstone",
    title="Touchstone, with everything",
    about="Our own columns: nothing is bent, ties and both bad included.",
    shapes=SHAPES,
    notes={
        "preferences": "can be imported again as judgements made elsewhere",
        "prompts": "can be imported again as prompts",
        "raw": "superseded judgements too; the judgement is JSON in a text",
    },
)
