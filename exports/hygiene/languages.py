"""Whether a row is in the language its prompt is filed under. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from arena.boards.language import LANGUAGES, LONGEST, language_of
from exports.hygiene.duplicates import digest
from exports.hygiene.seen import Seen
from exports.hygiene.texts import parts_of, said
from exports.records import Message, Record

FEWEST = 8
_WORDS = re.compile(r"[^\W\d_]{3,}")


class Filed:
    """Which language prompts are filed under, by their texts; of two that are the same, the first
    counts. What a record says of itself goes before."""

    def __init__(self) -> None:
        self._codes = list(LANGUAGES)
        self._held = Seen()

    def add(self, prompt: Sequence[Message], language: str) -> None:
        code = _code(language)
        if code in LANGUAGES:
            self._held.add(digest((said(prompt),)), self._codes.index(code))

    def of(self, record: Record) -> str:
        own = _code(getattr(record, "language", ""))
        prompt = getattr(record, "prompt", None)
        if own or not prompt:
            return own
        number = self._held.get(digest((said(prompt),)))
        return "" if number is None else self._codes[number]


def _code(language: str) -> str:
    """Of “pt-br” the language alone."""
    return language.lower().replace("_", "-").split("-")[0]


def other_language(record: Record, filed: str) -> str:
    """The code of another language that the prompt or an answer is in, or "".

    Texts that do not say which language they are in pass, and so does everything where nothing is
    filed or where no text can tell.
    """
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
