"""What is kept whole: prompts, battles, judgements with everything."""

import json

from exports.columns import MESSAGES, TEXTS, Column
from exports.formats.arena import battles
from exports.formats.saying import check_held_back, questions
from exports.formats.shape import Row, Shape
from exports.formats.touchstone.columns import ID
from exports.recipe import Mappings
from exports.records import Asked, Conversation, Raw


def _questions(record: Asked, mapping: Mappings) -> list[Asked]:
    questions(record, mapping)
    return [record]


def _question(said: Asked) -> Row:
    return {
        "messages": said.prompt,
        "external_id": said.external_id or said.id,
        "tags": list(said.tags),
        "language": said.language,
    }


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


PROMPTS = Shape(
    say=_questions,
    render=_question,
    read=None,
    columns=(
        Column("messages", MESSAGES, "a conversation that ends with the user"),
        Column("external_id", "string"),
        Column("tags", TEXTS),
        Column("language", "string"),
    ),
)
BATTLES = Shape(
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
)
RAW = Shape(
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
)
