"""Many near-identical texts by one labeler in a short time. No Django."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from exports.poisoning.judged import Judged
from exports.poisoning.ngrams import Hashes
from exports.poisoning.statistics import binomial_tail

Places = npt.NDArray[np.int32]
Moments = npt.NDArray[np.uint32]

FEWEST_ALIKE = 8
WITHIN_SECONDS = 3_600
MOST_AT_ONCE = 1 << 17
PARTS = 8
"""Of a labeler's prompts; those of each are looked through by themselves."""


@dataclass(frozen=True, kw_only=True)
class Burst:
    """`records` of one labeler, all alike, out of `n` in the same stretch; elsewhere `share` of
    answers are like them."""

    labeler: int
    records: Places
    n: int
    share: float
    seconds: int
    p_value: float


def bursts(judged: Judged) -> tuple[list[Burst], int]:
    """The bursts, and how many groups of alike answers were tested."""
    found: dict[tuple[int, int], Burst] = {}
    moments = judged.rows.column("at")
    n_tested = sum(_look(judged, moments, band, found) for band in ("band 0", "band 1"))
    return list(found.values()), n_tested


def _look(judged: Judged, moments: Moments, band: str, found: dict[tuple[int, int], Burst]) -> int:
    """Keep the bursts in one band; gives how many groups were tested."""
    texts = _Texts(judged, moments, judged.rows.column(band))
    n_tested = 0
    for group in texts.groups():
        n_tested += 1
        burst = texts.burst(group)
        if burst is None:
            continue
        same = (burst.labeler, int(burst.records[0]))
        if same not in found or burst.records.size > found[same].records.size:
            found[same] = burst
    return n_tested


class _Texts:
    """All answers by their keys in one band: of alike answers the keys are the same."""

    def __init__(self, judged: Judged, moments: Moments, key: npt.NDArray[np.uint32]) -> None:
        self.judged, self.moments, self.key = judged, moments, key
        self.at = np.flatnonzero(key).astype(np.int32)
        ordered = key[self.at]
        ordered.sort()
        last = ordered[FEWEST_ALIKE - 1 :]
        self.keys = np.unique(last[last == ordered[: last.size]])
        """Those of enough alike answers, and how many these are."""
        ends = np.searchsorted(ordered, self.keys, side="right")
        self.counts = ends - np.searchsorted(ordered, self.keys)
        self.is_many = np.zeros(key.size, np.bool_)
        for first in range(0, key.size if self.keys.size else 0, MOST_AT_ONCE):
            some = slice(first, first + MOST_AT_ONCE)
            near = np.minimum(np.searchsorted(self.keys, key[some]), self.keys.size - 1)
            self.is_many[some] = (self.keys[near] == key[some]) & (judged.labeler[some] > 0)
        self.work: _Work | None = None

    def groups(self) -> Iterator[Places]:
        """Alike answers of one labeler in order of time, where there are enough of them."""
        ends = np.cumsum(self.counts)
        first = 0
        while first < self.keys.size:
            room = ends[first] - self.counts[first] + MOST_AT_ONCE
            last = max(first + 1, int(np.searchsorted(ends, room, side="right")))
            yield from self._between(int(self.keys[first]), int(self.keys[last - 1]))
            first = last

    def _between(self, low: int, high: int) -> Iterator[Places]:
        """Those whose keys are from `low` to `high`; one labeler after another."""
        judged, key = self.judged, self.key
        at = np.flatnonzero(self.is_many & (key >= low) & (key <= high)).astype(np.int32)
        at = at[np.lexsort((at, self.moments[at], key[at], judged.labeler[at]))]
        joined = judged.labeler[at].astype(np.int64) << 32 | key[at]
        bounds = np.append(np.flatnonzero(np.append(True, joined[1:] != joined[:-1])), joined.size)
        for start, end in pairwise(bounds.tolist()):
            if end - start >= FEWEST_ALIKE:
                yield at[start:end]

    def burst(self, group: Places) -> Burst | None:
        """The hour with most of these, counted once a prompt."""
        judged, n_mine = self.judged, group.size
        _, first = np.unique(judged.asked[group], return_index=True)
        group = group[np.sort(first)]
        if group.size < FEWEST_ALIKE:
            return None
        at = self.moments[group].astype(np.int64)
        until = np.searchsorted(at, at + WITHIN_SECONDS, side="right")
        begin = int(np.argmax(until - np.arange(at.size)))
        window = group[begin : int(until[begin])]
        if window.size < FEWEST_ALIKE:
            return None
        work = self._work_of(int(judged.labeler[window[0]]))
        low, high = int(self.moments[window[0]]), int(self.moments[window[-1]])
        n = max(work.n_prompts(low, high), window.size)
        n_alike = int(self.counts[np.searchsorted(self.keys, self.key[window[0]])]) - n_mine
        share = (n_alike + 1) / (self.at.size - work.at.size + 2)
        return Burst(
            labeler=work.labeler,
            records=window,
            n=n,
            share=share,
            seconds=high - low,
            p_value=binomial_tail(n, share, int(window.size)),
        )

    def _work_of(self, labeler: int) -> _Work:
        if self.work is None or self.work.labeler != labeler:
            self.work = None
            mine = self.at[self.judged.labeler[self.at] == labeler]
            mine = mine[np.argsort(self.moments[mine], kind="stable")]
            self.work = _Work(labeler, self.moments[mine], self.judged.asked[mine])
        return self.work


class _Work:
    """One labeler's answers in order of time."""

    def __init__(self, labeler: int, at: Moments, asked: Hashes) -> None:
        self.labeler, self.at = labeler, at
        self.before = np.full(at.size, -1, np.int32)
        """Of each the place of the one before it on the same prompt, or -1."""
        part_of = asked.astype(np.uint8) % PARTS
        for part in range(PARTS):
            some = np.flatnonzero(part_of == part)
            some = some[np.argsort(asked[some], kind="stable")]
            again = np.flatnonzero(asked[some[1:]] == asked[some[:-1]])
            self.before[some[again + 1]] = some[again]
        self.has_repeats = bool((self.before >= 0).any())

    def n_prompts(self, low: int, high: int) -> int:
        """How many different ones were answered from `low` to `high`."""
        first = int(np.searchsorted(self.at, low))
        end = int(np.searchsorted(self.at, high, side="right"))
        if not self.has_repeats:
            return end - first
        return int(np.count_nonzero(self.before[first:end] < first))
