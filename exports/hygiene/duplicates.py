"""Rows that were there before, word for word or nearly. The earlier row stays. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from exports.hygiene.likeness import Alike, part_of
from exports.hygiene.pieces import words_of
from exports.hygiene.seen import Seen
from exports.hygiene.texts import judgement_of, parts_of
from exports.records import Record

WORDS = 3
_BITS = 2**64 - 1


def digest(texts: Iterable[str]) -> int:
    """64 bits of a hash of texts without their spaces and line ends: a chance of one in 37 million
    that any two of a million rows share it by accident."""
    data = _without_spaces(texts)
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")


class Fingerprint:
    """The texts that make a record what it is, and hashes of them without and with what was
    judged, made when they are asked for. Of a raw judgement there are no texts.

    They are kept nowhere, so they are Python's own, whose key every process chooses anew: others
    take three times as long."""

    __slots__ = ("_data", "_record", "parts")

    def __init__(self, record: Record) -> None:
        self.parts = parts_of(record)
        self._record = record
        self._data = _without_spaces(self.parts)

    @property
    def texts(self) -> int:
        return hash(self._data) & _BITS

    @property
    def row(self) -> int:
        return hash((self._data, judgement_of(self._record))) & _BITS


class ExactDuplicates:
    """`expected`: how many records are looked at, where that is known."""

    def __init__(self, *, expected: int = 0) -> None:
        self._seen = Seen(has_values=False, expected=expected)

    def is_repeated(self, record: Fingerprint) -> bool:
        return bool(record.parts) and not self._seen.add(record.row)


class NearDuplicates:
    """Each part of a row is compared with the same part of earlier ones: the prompt with the
    prompt, the better answer with the better. So an answer that is new on an old prompt stays,
    and so does a judgement that contradicts another.

    Other people's judgements of texts that stayed stay too; of texts that went, they go too.
    """

    def __init__(self, threshold: float) -> None:
        self._alike = Alike(threshold)
        self._rows = Seen(has_values=False)
        self._texts = Seen()

    def close(self) -> None:
        self._alike.close()

    def is_repeated(self, record: Fingerprint) -> bool:
        if not record.parts:
            return False
        is_new_row = self._rows.add(record.row)
        was_gone = self._texts.get(record.texts)
        if was_gone is not None:
            return bool(was_gone) or not is_new_row
        parts = [part_of(each) for each in words_of(record.parts).sequences(WORDS)]
        signature = self._alike.signature(parts)
        is_like = next(self._alike.alike(parts, signature), None) is not None
        if not is_like:
            self._alike.add(parts, signature)
        self._texts.add(record.texts, is_like)
        return is_like


def _without_spaces(texts: Iterable[str]) -> bytes:
    data = "\x1f".join(texts).encode("utf-8", "surrogatepass")
    return data.translate(None, b" \t\n\r\v\f")
