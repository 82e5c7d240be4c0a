"""Texts as arrays of hashes: of their words, of sequences of words, of pieces of characters.

Pure, and the same on every machine and in every process. Texts are compared without case, width,
kind and number of spaces, and invisible signs.
"""

from __future__ import annotations

import sys
import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

_SPACE, _LETTER, _ALONE, _SIGN, _UNSEEN = range(5)
# Scripts that put no spaces between words: each of their letters counts as one.
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF),
    (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
_BASE = 0x9E3779B97F4A7C15
_BASE_INVERSE = pow(_BASE, -1, 2**64)
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
_FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_STEP = np.uint64(0xD6E8FEB86659FD93)


def words_of(text: str) -> tuple[Hashes, NDArray[np.bool_]]:
    """A hash of each word and of each sign, in order, and which of them are signs."""
    points, kinds = _ascii(text) if text.isascii() else _unicode(text)
    is_letter = kinds == _LETTER
    is_alone = (kinds == _ALONE) | (kinds == _SIGN)
    begins, ends = is_letter.copy(), is_letter.copy()
    begins[1:] &= ~is_letter[:-1]
    ends[:-1] &= ~is_letter[1:]
    starts = np.flatnonzero(begins | is_alone)
    stops = np.flatnonzero(ends | is_alone)
    powers, inverses = _powers(len(points))
    sums = np.zeros(len(points) + 1, np.uint64)
    np.cumsum(points * powers[: len(points)], out=sums[1:])
    hashes = (sums[stops + 1] - sums[starts]) * inverses[starts]
    return hashes, kinds[starts] == _SIGN


def _ascii(text: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """As `_unicode`, some times faster."""
    data = text.encode().lower()
    kinds = np.frombuffer(data.translate(_ascii_kinds()), np.uint8)
    return np.frombuffer(data, np.uint8), kinds


def _unicode(text: str) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """The characters as numbers, and of which kind each is."""
    points = _points(text)
    kinds = _kinds()[points]
    is_seen = kinds != _UNSEEN
    return (points, kinds) if is_seen.all() else (points[is_seen], kinds[is_seen])


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
    return sequences(_points(" ".join(text.split())).astype(np.uint64), n)


def mixed(values: Hashes) -> Hashes:
    """Every bit of a value has a say in every bit of its hash (the finaliser of splitmix64)."""
    found = values >> _SHIFTS[0]
    found ^= values
    for shift, factor in zip(_SHIFTS[1:], _FACTORS, strict=True):
        found *= factor
        found ^= found >> shift
    return found


def _points(text: str) -> NDArray[np.uint32]:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    order = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
    return np.frombuffer(text.casefold().encode(order, "surrogatepass"), np.uint32)


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
    for point in range(0xAD, 0x110000):
        if table[point] == _SPACE and unicodedata.category(chr(point)) == "Cf":
            table[point] = _UNSEEN
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
