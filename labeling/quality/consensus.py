"""What several judgements of one thing come to. Pure: arrays in, a frozen dataclass out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

UNDECIDED = -1
HEAVIEST = 4.0


@dataclass(frozen=True)
class Consensus:
    """The class that each unit comes to, or UNDECIDED, and how much of the weight is behind it.

    `units` are in order; `shares` is the weight of the leading class over all weight.
    """

    units: Ints
    values: Ints
    shares: Floats

    @property
    def n_undecided(self) -> int:
        return int((self.values == UNDECIDED).sum())


def majority(units: ArrayLike, values: ArrayLike, *, n_classes: int) -> Consensus:
    """The class that most judgements name; undecided where two lead together."""
    return _leading(units, values, np.ones(len(np.asarray(units))), n_classes)


def weighted(
    units: ArrayLike,
    values: ArrayLike,
    reliabilities: ArrayLike,
    *,
    n_classes: int,
) -> Consensus:
    """As `majority`, each judgement weighted by what its labeler's reliability is worth.

    `reliabilities` holds, for each judgement, the probability that its labeler is right. The
    weight is the log-odds ln(r (K−1) / (1−r)), the best one where errors are spread evenly, from 0
    (no better than chance) to 4.
    """
    r = np.clip(np.asarray(reliabilities, dtype=np.float64), 1e-6, 1.0 - 1e-6)
    weights = np.clip(np.log(r * max(n_classes - 1, 1) / (1.0 - r)), 0.0, HEAVIEST)
    return _leading(units, values, weights, n_classes)


def adjudicated(
    units: ArrayLike, values: ArrayLike, settled: Mapping[int, int], *, n_classes: int
) -> Consensus:
    """What a reviewer settled; otherwise what all say; otherwise undecided."""
    found = majority(units, values, n_classes=n_classes)
    decided = np.where(found.shares >= 1.0, found.values, UNDECIDED)
    for place, unit in enumerate(found.units):
        decided[place] = settled.get(int(unit), int(decided[place]))
    return Consensus(found.units, decided, found.shares)


def _leading(units: ArrayLike, values: ArrayLike, weights: Floats, n_classes: int) -> Consensus:
    unit, place = np.unique(np.asarray(units, dtype=np.int64), return_inverse=True)
    cell = place * n_classes + np.asarray(values, dtype=np.int64)
    sums = np.bincount(cell, weights=weights, minlength=len(unit) * n_classes)
    sums = sums.reshape(len(unit), n_classes)
    best = sums.argmax(axis=1) if len(unit) else np.empty(0, dtype=np.int64)
    top = sums.max(axis=1, initial=0.0)
    # Sums of logarithms in another order may differ in their last digits.
    leaders = (sums >= top[:, None] - 1e-9).sum(axis=1)
    totals = sums.sum(axis=1)
    shares = np.divide(top, totals, out=np.zeros(len(unit)), where=totals > 0)
    return Consensus(unit, np.where((leaders == 1) & (top > 0), best, UNDECIDED), shares)
