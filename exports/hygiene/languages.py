"""Whether a row is in the language its prompt is filed under. Pure."""

from __future__ import annotations

from arena.boards.language import LANGUAGES, language_of
from exports.hygiene.texts import parts_of
from exports.records import Record


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
        if found and found != filed:
            return found
    return ""
