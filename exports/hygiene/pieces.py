"""Texts as arrays of hashes: of their words, of sequences of words, of pieces of characters.

Pure, and the same on every machine and in every process. Texts are compared without case, width,
kind and number of spaces, and invisible signs.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

LONGEST = 1 << 20
_SPACE, _LETTER, _ALONE, _SIGN, _UNSEEN = range(5)
# Scripts that put no spaces between words: each of their letters counts as one.
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF),
    (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
_UNSEEN_SIGNS = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x180B, 0x180F), (0x200B, 0x200F),
    (0x202A, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xE0000, 0xE01EF),
)  # fmt: skip
_BASE = 0x9E3779B97F4A7C15
_BASE_INVERSE = pow(_BASE, -1, 2**64)
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
_FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_STEP = np.uint64(0xD6E8FEB86659FD93)


@dataclass(frozen=True, slots=True)
class Words:
    """A hash of each word and each sign of some texts, in order; which of them are signs; and
    where each text ends."""

    hashes: Hashes
    is_sign: NDArray[np.bool_]
    ends: list[int]

    def sequences(self, n: int) -> list[Hashes]:
        """Of each text, a hash of every `n` neighbours; where there are fewer, one of them all."""
        every = sequences(self.hashes, n)
        found, start = [], 0
        for end in self.ends:
            if end - start >= n:
                found.append(every[start : end - n + 1])
            else:
                found.append(sequences(self.hashes[start:end], n))
            start = end
        return found

    def without_signs(self) -> Words:
        is_word = ~self.is_sign
        n_words = np.cumsum(is_word)
        ends = [int(n_words[end - 1]) if end else 0 for end in self.ends]
        return Words(self.hashes[is_word], np.zeros(0, np.bool_), ends)


def words_of(texts: Sequence[str]) -> Words:
    """Each text counts to `LONGEST` characters."""
    texts = [_normal(text[:LONGEST]) for text in texts]
    joined = "\n".join(texts)
    points, kinds = _ascii(joined) if joined.isascii() else _unicode(joined)
    bounds = np.cumsum([len(text) + 1 for text in texts]) - 1
    is_seen = kinds != _UNSEEN
    if not is_seen.all():
        bounds = np.append(0, np.cumsum(is_seen))[bounds]
        points, kinds = points[is_seen], kinds[is_seen]
    is_letter = kinds == _LETTER
    is_alone = kinds >= _ALONE
    begins, ends = is_letter.copy(), is_letter.copy()
    begins[1:] &= ~is_letter[:-1]
    ends[:-1] &= ~is_letter[1:]
    starts = np.flatnonzero(begins | is_alone)
    stops = np.flatnonzero(ends | is_alone)
    powers, inverses = _powers(len(points))
    sums = np.zeros(len(points) + 1, np.uint64)
    np.cumsum(points * powers[: len(points)], out=sums[1:])
    hashes = (sums[stops + 1] - sums[starts]) * inverses[starts]
    return Words(hashes, kinds[starts] == _SIGN, np.searchsorted(starts, bounds).tolist())


def _normal(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text).casefold()


def _ascii(text: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The characters as numbers, and of which kind each is."""
    data = text.encode().lower()
    kinds = np.frombuffer(data.translate(_ascii_kinds()), np.uint8)
    return np.frombuffer(data, np.uint8), kinds


def _unicode(text: str) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    points = _points(text.lower())
    return points, _kinds()[points]


def sequences(hashes: Hashes, n: int) -> Hashes:
    """A hash of every `n` neighbours; where there are fewer, one of them all."""
    n_windows = len(hashes) - n + 1
    if n_windows < 1:
        n, n_windows = len(hashes), min(1, len(hashes))
    found = hashes[:n_windows].copy()
    for place in range(1, n):
        found *= _STEP
        found += hashes[place : place + n_windows]
    return mixed(found)


def character_pieces(text: str, n: int) -> Hashes:
    """A hash of every `n` neighbouring characters, spaces folded into one."""
    points = _points(" ".join(_normal(text).casefold().split()))
    return sequences(points[_kinds()[points] != _UNSEEN].astype(np.uint64), n)


def mixed(values: Hashes) -> Hashes:
    """Every bit of a value has a say in every bit of its hash (the finaliser of splitmix64)."""
    found = values >> _SHIFTS[0]
    found ^= values
    for shift, factor in zip(_SHIFTS[1:], _FACTORS, strict=True):
        found *= factor
        found ^= found >> shift
    return found


def _points(text: str) -> NDArray[np.uint32]:
    order = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
    return np.frombuffer(text.encode(order, "surrogatepass"), np.uint32)


@cache
def _kinds() -> NDArray[np.uint8]:
    kinds = {"L": _LETTER, "M": _LETTER, "N": _LETTER, "P": _SIGN, "S": _SIGN}
    table = np.fromiter(
        (kinds.get(unicodedata.category(chr(point))[0], _SPACE) for point in range(0x110000)),
        np.uint8,
        0x110000,
    )
    for low, high in _UNSPACED:
        part = table[low : high + 1]
        part[part == _LETTER] = _ALONE
    for low, high in _UNSEEN_SIGNS:
        table[low : high + 1] = _UNSEEN
    return table


@cache
def _ascii_kinds() -> bytes:
    return _kinds()[:256].tobytes()


_grown: list[tuple[Hashes, Hashes]] = []


def _powers(length: int) -> tuple[Hashes, Hashes]:
    """Powers of an odd number modulo 2^64, and of its inverse, so that a word's hash does not
    depend on where it stands."""
    if not _grown or len(_grown[0][0]) < length:
        size = max(4096, 1 << length.bit_length())
        made = []
        for base in (_BASE, _BASE_INVERSE):
            powers = np.full(size, base, np.uint64)
            powers[0] = 1
            made.append(np.cumprod(powers, dtype=np.uint64))
        _grown[:] = [(made[0], made[1])]
    return _grown[0]
