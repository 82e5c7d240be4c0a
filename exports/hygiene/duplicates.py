"""Rows that were there before, word for word or nearly. The earlier row stays. Pure."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence

from exports.hygiene.likeness import Alike, Part, part_of
from exports.hygiene.pieces import sequences, words_of
from exports.hygiene.seen import Seen
from exports.hygiene.texts import judgement_of, parts_of
from exports.records import Record

WORDS = 3
LONGEST_PART = 1 << 20
"""Characters of a part that are compared."""


def digest(parts: Sequence[str]) -> int:
    """64 bits of a hash of texts without their spaces and line ends: a chance of one in 37 million
    that any two of a million rows share it by accident."""
    text = "\x1f".join(parts)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    data = text.encode("utf-8", "surrogatepass").translate(None, b" \t\n\r\v\f")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")


class ExactDuplicates:
    def __init__(self) -> None:
        self._seen = Seen()

    def is_repeated(self, record: Record) -> bool:
        parts = parts_of(record)
        return bool(parts) and not self._seen.add(digest((*parts, judgement_of(record))))


class NearDuplicates:
    """Each part of a row is compared with the same part of earlier ones: the prompt with the
    prompt, the better answer with the better. So an answer that is new on an old prompt stays,
    and so does a judgement that contradicts another.

    Other people's judgements of texts that stayed stay too; of texts that went, they go too.
    """

    def __init__(self, threshold: float) -> None:
        self._alike = Alike(threshold)
        self._rows = Seen()
        self._texts = Seen()

    def close(self) -> None:
        self._alike.close()

    def is_repeated(self, record: Record) -> bool:
        texts = parts_of(record)
        if not texts:
            return False
        key = digest(texts)
        is_new_row = self._rows.add(digest((*texts, judgement_of(record))))
        was_gone = self._texts.get(key)
        if was_gone is not None:
            return bool(was_gone) or not is_new_row
        parts = [_part(text) for text in texts]
        signature = self._alike.signature(parts)
        is_like = next(self._alike.alike(parts, signature), None) is not None
        if not is_like:
            self._alike.add(parts, signature)
        self._texts.add(key, is_like)
        return is_like


def _part(text: str) -> Part:
    return part_of(sequences(words_of(text[:LONGEST_PART])[0], WORDS))
