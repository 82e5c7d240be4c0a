"""What each record judged: all of it aside, in memory what tests look up at random. No Django."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import numpy.typing as npt

from exports.poisoning.aside import Aside, Rows
from exports.poisoning.ngrams import Hashes

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

JUDGED = np.dtype(
    [
        ("labeler", np.int32),
        ("at", np.uint32),
        ("asked", np.uint64),
        ("is_pair", np.bool_),
        ("better", np.int32),
        ("worse", np.int32),
        ("length", np.float64),
        ("band 0", np.uint32),
        ("band 1", np.uint32),
    ]
)
"""Of a record, `at` in seconds from 1970 on. Where it compared two answers (`is_pair`): the models
(codes) and ln(length of the better / length of the worse). Either band is alike for near-duplicates
of the answer that was written or preferred; 0 is none."""
LATEST = (1 << 32) - 1
"""In the year 2106: what is later is told as then, and what is before 1970 as in 1970."""


class Judged:
    """Of N records. Arrays are of shape (N,)."""

    def __init__(self, rows: Aside) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def labeler(self) -> npt.NDArray[np.int32]:
        return self.rows.column("labeler")

    @cached_property
    def asked(self) -> Hashes:
        return self.rows.column("asked")

    @cached_property
    def is_pair(self) -> Bools:
        return self.rows.column("is_pair")

    @cached_property
    def n_prompts(self) -> int:
        asked = np.sort(self.asked)
        return int(np.count_nonzero(asked[1:] != asked[:-1])) + bool(asked.size)

    def pairs(self) -> Iterator[tuple[Ints, Rows]]:
        """Some records after others: which of them compared two answers, and these."""
        first = 0
        for rows in self.rows:
            at = np.flatnonzero(rows["is_pair"])
            yield at + first, rows[at]
            first += rows.size
