"""Benchmarks as hashes of word sequences, and finding them again in texts. Pure.

An item counts as found when 13 words of it stand in a text in a row, as in the report on GPT-3
(arXiv 2005.14165, appendix C); case, signs and spaces make no difference. Of an item of 5 to 12
words all must stand there; a shorter one must be a whole message. Sequences that more than ten
items of a benchmark share are its template and say nothing, except of items that have no other.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exports.hygiene.pieces import Hashes, sequences, words_of

WORDS = 13
FEWEST = 5
MOST_SHARED = 10
WHOLE = 0
"""The length under which items are kept that must be a whole message."""
_SIEVE_BITS = 20
_HEAD = struct.Struct("<BI")


@dataclass(frozen=True)
class Sequences:
    """Of each length, the hashes in rising order and the item, from 1, each is the first of."""

    by_length: Mapping[int, tuple[Hashes, NDArray[np.uint32]]]

    def __len__(self) -> int:
        return sum(len(hashes) for hashes, _ in self.by_length.values())

    def packed(self) -> bytes:
        """12 bytes a sequence, and 5 a length."""
        pieces = []
        for length, (hashes, items) in sorted(self.by_length.items()):
            pieces += [_HEAD.pack(length, len(hashes)), hashes.astype("<u8").tobytes()]
            pieces.append(items.astype("<u4").tobytes())
        return b"".join(pieces)

    @classmethod
    def unpacked(cls, data: bytes | memoryview) -> Sequences:
        by_length, at = {}, 0
        while at < len(data):
            length, n = _HEAD.unpack_from(data, at)
            at += _HEAD.size
            hashes = np.frombuffer(data, "<u8", n, at).astype(np.uint64)
            items = np.frombuffer(data, "<u4", n, at + 8 * n).astype(np.uint32)
            by_length[length] = hashes, items
            at += 12 * n
        return cls(by_length)


def sequences_of(items: Iterable[str]) -> Sequences:
    found: dict[int, list[tuple[int, Hashes]]] = {}
    for number, text in enumerate(items, start=1):
        words = words_of((text,)).without_signs().hashes
        if len(words):
            length = WORDS if len(words) >= WORDS else len(words)
            key = length if length >= FEWEST else WHOLE
            found.setdefault(key, []).append((number, np.unique(sequences(words, length))))
    return Sequences({length: _table(each) for length, each in sorted(found.items())})


def _table(each: list[tuple[int, Hashes]]) -> tuple[Hashes, NDArray[np.uint32]]:
    values, counts = np.unique(np.concatenate([own for _, own in each]), return_counts=True)
    template = values[counts > MOST_SHARED]
    telling = []
    for number, own in each:
        rest = own[~np.isin(own, template)] if len(template) else own
        telling.append((number, rest if len(rest) else own))
    hashes = np.concatenate([own for _, own in telling])
    items = np.concatenate([np.full(len(own), number, np.uint32) for number, own in telling])
    unique, first = np.unique(hashes, return_index=True)
    return unique, items[first]


class Contamination:
    """Finds items of several benchmarks in texts."""

    def __init__(self, benchmarks: Mapping[str, Sequences]) -> None:
        self._names = sorted(benchmarks)
        self._tables: dict[int, tuple[Hashes, NDArray[np.uint32], NDArray[np.uint16]]] = {}
        for length in sorted({n for one in benchmarks.values() for n in one.by_length}):
            parts = [
                (*benchmarks[name].by_length[length], place)
                for place, name in enumerate(self._names)
                if length in benchmarks[name].by_length
            ]
            hashes = np.concatenate([h for h, _, _ in parts])
            items = np.concatenate([i for _, i, _ in parts])
            places = np.concatenate([np.full(len(h), p, np.uint16) for h, _, p in parts])
            order = np.argsort(hashes, kind="stable")
            self._tables[length] = hashes[order], items[order], places[order]
        self._sieves = {n: _sieve(hashes) for n, (hashes, _, _) in self._tables.items()}
        self._shifts = {
            n: np.uint64(65 - len(sieve).bit_length()) for n, sieve in self._sieves.items()
        }

    def items(self, texts: Iterable[str]) -> Counter[tuple[str, int]]:
        """The benchmark and the number of each item found, with how many of its sequences."""
        found: Counter[tuple[str, int]] = Counter()
        words = words_of(list(texts)).without_signs()
        lengths = np.diff([0, *words.ends])
        for length in self._tables:
            is_right = (lengths > 0) & (lengths < FEWEST) if length == WHOLE else lengths >= length
            for windows, is_wanted in zip(words.sequences(length or FEWEST), is_right, strict=True):
                if is_wanted:
                    found.update(self._found(length, windows))
        return found

    def _found(self, length: int, windows: Hashes) -> list[tuple[str, int]]:
        hashes, items, places = self._tables[length]
        windows = windows[self._sieves[length][windows >> self._shifts[length]]]
        if not len(windows):
            return []
        at = np.minimum(np.searchsorted(hashes, windows), len(hashes) - 1)
        at = at[hashes[at] == windows]
        return [(self._names[places[n]], int(items[n])) for n in at]


def _sieve(hashes: Hashes) -> NDArray[np.bool_]:
    """Where no hash of a benchmark falls, none has to be looked up."""
    size = max(_SIEVE_BITS, min(26, len(hashes).bit_length() + 4))
    marks = np.zeros(1 << size, np.bool_)
    marks[hashes >> np.uint64(64 - size)] = True
    return marks
