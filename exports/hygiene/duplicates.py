"""Rows that were there before, word for word or nearly. The earlier row stays. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from exports.hygiene.likeness import Alike, part_of
from exports.hygiene.pieces import words_of
from exports.hygiene.seen import Seen
from exports.hygiene.texts import judgement_of, parts_of
from exports.records import Record

WORDS = 3


def digest(texts: Iterable[str]) -> int:
    """64 bits of a hash of texts without their spaces and line ends: a chance of one in 37 million
    that any two of a million rows share it by accident."""
    return int.from_bytes(_hashed(texts).digest(), "big")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The texts that make a record what it is, and hashes of them without and with what was
    judged. Of a raw judgement there are none."""

    parts: tuple[str, ...]
    texts: int
    row: int

    @classmethod
    def of(cls, record: Record) -> Fingerprint:
        parts = parts_of(record)
        hashed = _hashed(parts)
        texts = int.from_bytes(hashed.digest(), "big")
        hashed.update(b"\x1e" + judgement_of(record).encode("utf-8", "surrogatepass"))
        return cls(parts, texts, int.from_bytes(hashed.digest(), "big"))


class ExactDuplicates:
    def __init__(self) -> None:
        self._seen = Seen()

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
        self._rows = Seen()
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


def _hashed(texts: Iterable[str]) -> hashlib.blake2b:
    data = "\x1f".join(texts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data.translate(None, b" \t\n\r\v\f"), digest_size=8)
