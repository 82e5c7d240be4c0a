"""Battles with their votes in the columns of LMSYS's arena conversations."""

from datetime import datetime

from exports.columns import MESSAGES, Column
from exports.formats.conversations import is_blank, is_unicode
from exports.formats.meaning import Dropped
from exports.formats.reasons import BAD_CONVERSATION, NO_TEXT, NOT_UNICODE
from exports.formats.saying import check_held_back
from exports.formats.shape import Format, Row, Shape
from exports.recipe import Mappings
from exports.records import Conversation, Message

WINNERS = {
    "model_a": "model_a",
    "model_b": "model_b",
    "tie": "tie",
    "both_bad": "tie (bothbad)",
}


def battles(record: Conversation, mapping: Mappings) -> list[Conversation]:
    check_held_back(record)
    if not record.conversation_a or not record.conversation_b:
        raise Dropped(NO_TEXT)
    for conversation in (record.conversation_a, record.conversation_b):
        if is_bad(conversation):
            raise Dropped(BAD_CONVERSATION)
        if not all(is_unicode(message["content"]) for message in conversation):
            raise Dropped(NOT_UNICODE)
    return [record]


def is_bad(messages: list[Message]) -> bool:
    """Whether it is not user and assistant in turn. A model may have had nothing to say."""
    roles: list[str] = [message["role"] for message in messages]
    if roles[:1] == ["system"]:
        roles = roles[1:]
    asked = [message["content"] for message in messages if message["role"] == "user"]
    is_in_turn = roles == ["user", "assistant"] * (len(roles) // 2)
    return not asked or not is_in_turn or any(is_blank(text) for text in asked)


def _battle(record: Conversation) -> Row:
    return {
        "question_id": record.id,
        "model_a": record.model_a,
        "model_b": record.model_b,
        "winner": WINNERS[record.winner],
        "judge": record.voter,
        "conversation_a": record.conversation_a,
        "conversation_b": record.conversation_b,
        "turn": record.n_turns,
        "anony": True,
        "language": record.language,
        "tstamp": datetime.fromisoformat(record.created_at).timestamp(),
    }


def _check(row: Row) -> list[str]:
    found = []
    if row["winner"] not in WINNERS.values():
        found.append(f"winner is not one of {', '.join(WINNERS.values())}")
    sides = [side for side in ("conversation_a", "conversation_b") if is_bad(row[side])]
    return found + [f"{side} is not of user and assistant in turn" for side in sides]


BATTLE = Shape(
    say=battles,
    render=_battle,
    read=None,
    check=_check,
    columns=(
        Column("question_id", "string", "the vote"),
        Column("model_a", "string"),
        Column("model_b", "string"),
        Column("winner", "string", "model_a, model_b, tie or tie (bothbad)"),
        Column("judge", "string", "the voter's pseudonym"),
        Column("conversation_a", MESSAGES),
        Column("conversation_b", MESSAGES),
        Column("turn", "int64", "turns of the conversation"),
        Column("anony", "bool", "whether the models' names were hidden until the vote"),
        Column("language", "string"),
        Column("tstamp", "float64", "when, in seconds since 1970"),
    ),
)

LMSYS = Format(
    name="lmsys",
    title="Arena conversations (LMSYS)",
    about="Battles whole, in the columns of LMSYS's published sets; ties and both bad included.",
    shapes={"conversations": BATTLE},
)
