"""Whether a row is in the language its prompt is filed under. Pure."""

from __future__ import annotations

import re

from arena.boards.language import LANGUAGES, LONGEST, language_of
from exports.hygiene.texts import parts_of
from exports.records import Record

FEWEST = 8
_WORDS = re.compile(r"[^\W\d_]{3,}")


def other_language(record: Record) -> str:
    """The code of another language that the prompt or an answer is in, or "".

    Texts that do not say which language they are in pass, and so does everything where nothing is
    filed or where no text can tell. Of “pt-br” the language alone counts.
    """
    filed = getattr(record, "language", "").lower().replace("_", "-").split("-")[0]
    if filed not in LANGUAGES:
        return ""
    for text in parts_of(record):
        found = language_of(text)
        if found and found != filed and _tells(text):
            return found
    return ""


def _tells(text: str) -> bool:
    """Whether there are words enough to go by: not chords, formulas or a name."""
    beginning = text[:LONGEST]
    if sum(not sign.isascii() and sign.isalpha() for sign in beginning) > len(beginning) // 3:
        return True
    return len(set(_WORDS.findall(beginning.lower()))) >= FEWEST
