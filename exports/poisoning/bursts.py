"""Many near-identical texts by one labeler in a short time. No Django."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exports.poisoning.gathering import Judged
from exports.poisoning.statistics import Ints, binomial_tail

FEWEST_ALIKE = 8
WITHIN_SECONDS = 3_600


@dataclass(frozen=True, kw_only=True)
class Burst:
    """`records` of one labeler, all alike, out of `n` in the same stretch; elsewhere `share` of
    answers are like them."""

    labeler: int
    records: Ints
    n: int
    share: float
    seconds: int
    p_value: float


def bursts(judged: Judged) -> tuple[list[Burst], int]:
    """The bursts, and how many groups of alike answers were tested."""
    found: dict[tuple[int, int], Burst] = {}
    n_tested = 0
    for band in (0, 1):
        key = judged.bands[:, band].astype(np.int64)
        at = np.flatnonzero((key > 0) & (judged.labeler > 0))
        order = at[np.lexsort((at, judged.at[at], key[at], judged.labeler[at]))]
        if not order.size:
            continue
        joined = judged.labeler[order].astype(np.int64) << 32 | key[order]
        starts = np.flatnonzero(np.append(True, joined[1:] != joined[:-1]))
        for start, end in zip(starts, np.append(starts[1:], joined.size), strict=True):
            if end - start < FEWEST_ALIKE:
                continue
            n_tested += 1
            burst = _busiest(judged, order[start:end], key)
            if burst is None:
                continue
            same = (burst.labeler, int(burst.records[0]))
            if same not in found or burst.records.size > found[same].records.size:
                found[same] = burst
    return list(found.values()), n_tested


def _busiest(judged: Judged, group: Ints, key: Ints) -> Burst | None:
    """The hour with most of these, counted once a prompt."""
    _, first = np.unique(judged.asked[group], return_index=True)
    group = group[np.sort(first)]
    if group.size < FEWEST_ALIKE:
        return None
    at = judged.at[group]
    until = np.searchsorted(at, at + WITHIN_SECONDS, side="right")
    begin = int(np.argmax(until - np.arange(at.size)))
    window = group[begin : int(until[begin])]
    if window.size < FEWEST_ALIKE:
        return None
    who = int(judged.labeler[window[0]])
    has_text = key > 0
    mine = (judged.labeler == who) & has_text
    low, high = judged.at[window[0]], judged.at[window[-1]]
    during = mine & (judged.at >= low) & (judged.at <= high)
    n = max(np.unique(judged.asked[during]).size, window.size)
    others = has_text & ~mine
    alike = int((others & (key == key[window[0]])).sum())
    share = (alike + 1) / (int(others.sum()) + 2)
    return Burst(
        labeler=who,
        records=window,
        n=n,
        share=share,
        seconds=int(high - low),
        p_value=binomial_tail(n, share, int(window.size)),
    )
