"""Which earlier texts a text is like: MinHash signatures in bands, then the true Jaccard index.

A text stands for its set of pieces (`pieces.py`). A signature is the least of its pieces under
each of K orders; two texts agree in one of them with a chance of their Jaccard index (Broder 1997).
Bands of five find pairs to compare; 64 bits of the signatures rule out most that only look alike
(Li and König 2010); what is left is compared piece by piece. Pieces are kept in a temporary file,
all else in arrays: 6 bytes a text and band, and 16.
"""

from __future__ import annotations

import math
import os
import tempfile
from array import array
from collections.abc import Iterator, Sequence

import numpy as np
import rensa
from numpy.typing import NDArray

from exports.hygiene.pieces import Hashes, mixed

SEED = 20_480
ROWS = 5
MOST_BANDS = 32
RECALL = 0.98
"""The chance that a pair exactly at the threshold is found; pairs more alike are found surer."""
SKETCH = 64
MOST_COMPARED = 256
"""Earlier texts that one text is compared with, the oldest first: what keeps a flood of texts
that are nearly alike enough from costing the square of its number."""
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_ODDS = np.array([pow(0xD6E8FEB86659FD93, n, 2**64) for n in range(1, ROWS + 1)], np.uint64)
_NONE = 0xFFFFFFFF

Part = NDArray[np.uint32]
Signature = tuple[Sequence[int], int]
"""A key a band, and a sketch of 64 bits."""


def bands_for(threshold: float) -> tuple[int, int]:
    """How many bands, of how many rows, find a pair at the threshold with a chance of RECALL."""
    for rows in range(ROWS, 1, -1):
        bands = math.ceil(math.log(1 - RECALL) / math.log1p(-min(threshold**rows, 0.999)))
        if bands <= MOST_BANDS:
            return max(bands, 2), rows
    return MOST_BANDS, 1


def part_of(hashes: Hashes) -> Part:
    """A set of pieces as it is kept and compared: sorted, each once."""
    pieces = (hashes >> np.uint64(32)).astype(np.uint32)
    pieces.sort()
    is_first = np.ones(len(pieces), np.bool_)
    np.not_equal(pieces[1:], pieces[:-1], out=is_first[1:])
    return pieces[is_first]


def jaccard(one: Part, other: Part) -> float:
    """Common pieces over all pieces; two texts without any are the same."""
    if not len(one) and not len(other):
        return 1.0
    both = np.concatenate((one, other))
    both.sort(kind="stable")
    common = int(np.count_nonzero(both[1:] == both[:-1]))
    return common / (len(both) - common)


class Alike:
    """The texts added so far, numbered from 0, and which of them a text is like.

    A text has one part or several; two texts are alike when they have equally many and each part
    is like the other's at the threshold.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._bands, self._rows = bands_for(threshold)
        self._n_orders = max(SKETCH, self._bands * self._rows)
        agreed = (1 + threshold) / 2
        spread = math.sqrt(agreed * (1 - agreed) / SKETCH)
        self._most_differing = math.floor(SKETCH * (1 - agreed + 4 * spread))
        self._tables = _Tables(self._bands)
        self._sketches = array("Q")
        self._kept = _Kept()

    def __len__(self) -> int:
        return len(self._sketches)

    def __enter__(self) -> Alike:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._kept.close()

    def signature(self, parts: Sequence[Part]) -> Signature:
        pieces = np.concatenate([p + np.uint64(n << 40) for n, p in enumerate(parts)]) * _SPREAD
        offsets = np.array([0, len(pieces)], np.uint64)
        (values,) = rensa.RMinHash.digest_matrix_from_flat_token_hashes(
            pieces, offsets, self._n_orders, SEED
        ).to_rows()
        orders = np.array(values, np.uint64)
        banded = orders[: self._bands * self._rows].reshape(self._bands, self._rows)
        keys = (banded * _ODDS[: self._rows]).sum(axis=1, dtype=np.uint64)
        bits = np.packbits((orders[:SKETCH] & np.uint64(1)).astype(np.uint8))
        return (mixed(keys) >> np.uint64(32)).tolist(), int.from_bytes(bits.tobytes(), "big")

    def add(self, parts: Sequence[Part], signature: Signature) -> int:
        keys, sketch = signature
        self._tables.add(keys)
        self._sketches.append(sketch)
        self._kept.add(parts)
        return len(self._sketches) - 1

    def candidates(self, signature: Signature) -> list[int]:
        """Earlier texts that may be alike, the oldest first."""
        keys, sketch = signature
        sketches, most = self._sketches, self._most_differing
        found = sorted(self._tables.sharing(keys))
        return [n for n in found if (sketches[n] ^ sketch).bit_count() <= most]

    def is_like(self, parts: Sequence[Part], number: int) -> bool:
        others = self._kept.get(number)
        return len(others) == len(parts) and all(
            jaccard(part, other) >= self.threshold
            for part, other in zip(parts, others, strict=True)
        )

    def alike(self, parts: Sequence[Part], signature: Signature) -> Iterator[int]:
        """The earlier texts that it is like, the oldest first."""
        for number in self.candidates(signature)[:MOST_COMPARED]:
            if self.is_like(parts, number):
                yield number


class _Tables:
    """For each band a hash table of chains: 6 bytes a text, and half a megabyte. Chains grow with
    the texts, to some eight at a million; the rest of a key, kept beside each link, tells which
    of them to follow."""

    HEADS = 1 << 17

    def __init__(self, bands: int) -> None:
        self._heads = [array("I", [_NONE]) * self.HEADS for _ in range(bands)]
        self._next = [array("I") for _ in range(bands)]
        self._rests = [array("H") for _ in range(bands)]

    def add(self, keys: Sequence[int]) -> None:
        number = len(self._next[0])
        for band, key in enumerate(keys):
            heads, head = self._heads[band], key % self.HEADS
            self._next[band].append(heads[head])
            self._rests[band].append(key // self.HEADS)
            heads[head] = number

    def sharing(self, keys: Sequence[int]) -> set[int]:
        found: set[int] = set()
        for band, key in enumerate(keys):
            number, rest = self._heads[band][key % self.HEADS], key // self.HEADS
            rests, following = self._rests[band], self._next[band]
            while number != _NONE:
                if rests[number] == rest:
                    found.add(number)
                number = following[number]
        return found


class _Kept:
    """Parts of texts in a temporary file that no name leads to."""

    BUFFER = 1 << 20

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by `close`
        self._ends = array("Q")
        self._written = 0
        self._waiting = bytearray()

    def close(self) -> None:
        self._file.close()

    def add(self, parts: Sequence[Part]) -> None:
        head = np.array([len(parts), *map(len, parts)], np.uint32)
        self._waiting += np.concatenate((head, *parts)).tobytes()
        self._ends.append(self._written + len(self._waiting))
        if len(self._waiting) > self.BUFFER:
            self._flush()

    def get(self, number: int) -> list[Part]:
        start = self._ends[number - 1] if number else 0
        length = self._ends[number] - start
        if start >= self._written:
            at = start - self._written
            data = bytes(self._waiting[at : at + length])
        else:
            data = os.pread(self._file.fileno(), length, start)
        values = np.frombuffer(data, np.uint32)
        n = int(values[0])
        return np.split(values[1 + n :], np.cumsum(values[1:n]))

    def _flush(self) -> None:
        view = memoryview(self._waiting)
        while view:
            n = os.pwrite(self._file.fileno(), view, self._written)
            self._written += n
            view = view[n:]
        self._waiting = bytearray()
