"""Trainers' rows from neutral records. Pure; each format is a few small functions.

`FORMATS` holds them by name. What a format cannot say is dropped with a reason, never silently and
never bent.
"""

from exports.formats.chat import EXPLICIT, TALK
from exports.formats.meaning import Dropped
from exports.formats.reasons import (
    BAD_PROMPT,
    BOTH_BAD,
    DIVERGED,
    NO_ANSWER,
    NO_TEXT,
    SAME_TEXT,
    TIE,
)
from exports.formats.registry import FORMATS, Possible, formats_of, possible
from exports.formats.shape import Files, Format, Maker, Row, Shape
from exports.recipe import Mappings
from exports.records import Demonstration, Preference

__all__ = [
    "BAD_PROMPT",
    "BOTH_BAD",
    "DIVERGED",
    "FORMATS",
    "NO_ANSWER",
    "NO_TEXT",
    "SAME_TEXT",
    "TIE",
    "Dropped",
    "Files",
    "Format",
    "Maker",
    "Possible",
    "Row",
    "Shape",
    "formats_of",
    "possible",
    "preference_row",
    "sft_row",
]


def sft_row(record: Demonstration) -> Row:
    """`{"messages": [...]}`, ending with the ideal answer."""
    [row] = TALK.make(record, Mappings())
    return row


def preference_row(record: Preference) -> Row:
    """`{"prompt": [...], "chosen": [answer], "rejected": [answer]}`."""
    [row] = EXPLICIT.make(record, Mappings())
    return row
