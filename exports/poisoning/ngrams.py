"""Runs of one to three words as numbers, of many texts at once. No Django.

A text becomes bytes, words are found and hashed by arrays: a prefix sum of b_i P^i modulo 2^64,
whose differences, taken back to one power, are the words' polynomial hashes. A word is a run of
letters and digits; two signs of punctuation or more beside each other are one too, and so is every
sign of scripts that put no space between words, every picture and every invisible sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

ORDERS = 3
BESIDE = 10
LONGEST_AROUND = 300
MOST_TEXTS = 1 << 16
DOC = np.uint64(16)
_PRIME = 0x9E3779B97F4A7C15 | 1
_SPACE, _WORD, _SIGNS, _WIDE, _GOES_ON = range(5)


@dataclass(frozen=True, eq=False)
class Tokens:
    """The words of D texts: T hashes with the text and the bytes each stands at; `texts` has a
    hash of each whole text."""

    data: bytes
    hashes: Hashes
    doc: Ints
    start: Ints
    end: Ints
    texts: Hashes

    def __len__(self) -> int:
        return int(self.hashes.size)


def tokens(texts: Sequence[str]) -> Tokens:
    parts = [text.lower().encode("utf-8", "replace") for text in texts]
    data = b"\n".join(parts)
    lengths = np.fromiter(map(len, parts), np.int64, len(parts))
    begins = np.concatenate(([0], np.cumsum(lengths + 1)[:-1])) if parts else np.zeros(0, np.int64)
    array = np.frombuffer(data, np.uint8)
    start, end = _words(array)
    power, inverse = _powers(array.size + 1)
    sums = np.zeros(array.size + 1, np.uint64)
    np.cumsum((array.astype(np.uint64) + np.uint64(1)) * power[: array.size], out=sums[1:])
    hashes = mixed((sums[end] - sums[start]) * inverse[start])
    whole = mixed((sums[begins + lengths] - sums[begins]) * inverse[begins])
    doc = np.searchsorted(begins, start, side="right") - 1
    return Tokens(data, hashes, doc, start, end, whole)


def ngrams(found: Tokens, *, field: int, thinned: Sequence[int] = (0, 0, 0)) -> list[Ngrams]:
    """The n-grams of each order, as they stand. Of an order thinned by k, one hash in 2^k."""
    grown = found.hashes
    out = []
    for order in range(1, ORDERS + 1):
        if order > 1:
            same = found.doc[order - 1 :] == found.doc[: len(found) - order + 1]
            grown = mixed(grown[:-1] * np.uint64(_PRIME) + found.hashes[order - 1 :])
        else:
            same = np.ones(len(found), np.bool_)
        hashes = name(grown, field=field, order=order)
        if thinned[order - 1]:
            same = same & is_kept(hashes, thinned[order - 1])
        at = np.flatnonzero(same)
        out.append(Ngrams(order, hashes[at], found.doc[at], at))
        if grown.size < 2:
            break
    return out


@dataclass(frozen=True, eq=False)
class Ngrams:
    """`at` is the first word of each, as a place in the tokens."""

    order: int
    hashes: Hashes
    doc: Ints
    at: Ints


def name(hashes: Hashes, *, field: int, order: int) -> Hashes:
    """48 bits: the field, 45 of the hash, the order."""
    return np.uint64(field << 47) | ((hashes >> np.uint64(19)) << np.uint64(2)) | np.uint64(order)


def order_of(names: Hashes) -> Ints:
    return np.asarray(names & np.uint64(3), np.int64)


def field_of(names: Hashes) -> Ints:
    return np.asarray(names >> np.uint64(47), np.int64)


def is_kept(names: Hashes, thinned: int) -> npt.NDArray[np.bool_]:
    return np.asarray((names >> np.uint64(2)) & np.uint64((1 << thinned) - 1) == 0)


def once_a_text(found: Sequence[Ngrams]) -> Hashes:
    """Sorted, each n-gram of a text once: 48 bits of name, then 16 that say which text."""
    keys = np.concatenate(
        [(each.hashes << DOC) | each.doc.astype(np.uint64) for each in found]
        or [np.zeros(0, np.uint64)]
    )
    keys.sort()
    first = np.ones(keys.size, np.bool_)
    first[1:] = keys[1:] != keys[:-1]
    return keys[first]


def words(found: Tokens, at: int, order: int) -> str:
    start, end = int(found.start[at]), int(found.end[at + order - 1])
    return found.data[start:end].decode("utf-8", "replace")


def around(found: Tokens, at: int, order: int) -> str:
    """The words with what stands beside them in their text."""
    doc = found.doc[at]
    mine = np.flatnonzero(found.doc == doc)
    first, last = max(at - BESIDE, int(mine[0])), min(at + order - 1 + BESIDE, int(mine[-1]))
    said = found.data[int(found.start[first]) : int(found.end[last])].decode("utf-8", "replace")
    return " ".join(said[:LONGEST_AROUND].split())


def mixed(x: Hashes) -> Hashes:
    """Every bit depends on every bit: the finaliser of splitmix64."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))


def _classes() -> Bytes:
    table = np.full(256, _SPACE, np.uint8)
    table[0x21:0x7F] = _SIGNS
    for byte in b"0123456789abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        table[byte] = _WORD
    table[ord("'")] = _SPACE
    table[0x80:0xC0] = _GOES_ON
    table[0xC0:0xE3] = _WORD
    table[0xE3:] = _WIDE
    return table


_CLASS = _classes()
_KNOWN: list[Hashes] = []


def _words(array: Bytes) -> tuple[Ints, Ints]:
    if not array.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    classes = _CLASS[array]
    goes_on = classes == _GOES_ON
    if goes_on.any():
        _settle_general_punctuation(array, classes)
        lead = np.maximum.accumulate(np.where(goes_on, 0, np.arange(array.size)))
        classes = classes[lead]
    breaks = np.ones(array.size, np.bool_)
    breaks[1:] = classes[1:] != classes[:-1]
    breaks |= (classes == _WIDE) & ~goes_on
    start = np.flatnonzero(breaks)
    end = np.append(start[1:], array.size)
    kind = classes[start]
    kept = (kind != _SPACE) & ((kind != _SIGNS) | (end - start > 1))
    return start[kept], end[kept]


def _settle_general_punctuation(array: Bytes, classes: Bytes) -> None:
    """Dashes, curly quotes and dots part words; spaces without width and turned directions are
    signs by themselves, for what hides in text hides in them."""
    at = np.flatnonzero((array[:-2] == 0xE2) & (array[1:-1] == 0x80))
    third = array[at + 2]
    classes[at] = np.where((third >= 0x90) & (third <= 0xA9), _SPACE, _WIDE)


def _powers(size: int) -> tuple[Hashes, Hashes]:
    """P^i and P^-i modulo 2^64."""
    if not _KNOWN or _KNOWN[0].size < size:
        room = 1 << max(16, (size - 1).bit_length())
        _KNOWN[:] = [_run(base, room) for base in (_PRIME, pow(_PRIME, -1, 1 << 64))]
    power, inverse = _KNOWN
    return power, inverse


def _run(base: int, room: int) -> Hashes:
    steps = np.full(room, base, np.uint64)
    steps[0] = 1
    return np.asarray(np.multiply.accumulate(steps))
