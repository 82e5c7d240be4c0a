"""How far judgements of one thing agree, and which one of them speaks for all. Pure: arrays in,
arrays out; entries of one array belong to the judgements at the same places of the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.quality.consensus import UNDECIDED, Consensus

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rule = Callable[[Ints, Ints, Ints, Flags, int], Consensus]
"""What units come to, from (units, values, labelers, which ones a reviewer settled, classes)."""

N_CLASSES = 4
FIRST, EQUAL, SECOND, BOTH_BAD = range(N_CLASSES)
N_SIGNS = 3
ALIKE = 1e-9


@dataclass(frozen=True)
class Compared:
    """Comparisons: the task, its two responses by their keys, what was said (a class), how
    strongly, by whom, and whether it settled the task."""

    task: Ints
    low: Ints
    high: Ints
    said: Ints
    strength: Ints
    labeler: Ints
    is_settling: Flags

    def at(self, places: Ints | Flags) -> Compared:
        return Compared(*(column[places] for column in vars(self).values()))

    @property
    def unit(self) -> Ints:
        """The number of the task and pair of each, as labelers of one task may have been given
        different pairs."""
        return numbered(self.task, self.low, self.high)


@dataclass(frozen=True)
class Ranked:
    """Rankings: the task, by whom, whether it settled the task; and place by place the response
    and its tier, -1 beyond the last."""

    task: Ints
    labeler: Ints
    is_settling: Flags
    responses: Ints
    tiers: Ints

    def at(self, places: Ints | Flags) -> Ranked:
        return Ranked(*(column[places] for column in vars(self).values()))


def numbered(*columns: Ints) -> Ints:
    """A number from 0 for each different row of these columns."""
    if not len(columns[0]):
        return np.empty(0, dtype=np.int64)
    order = np.lexsort(columns)
    is_new = np.zeros(len(order), dtype=np.int64)
    for column in columns:
        held = column[order]
        is_new[1:] |= held[1:] != held[:-1]
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.cumsum(is_new)
    return found


def leading_shares(unit: Ints, said: Ints, n_classes: int) -> Floats:
    """For each judgement, the share of its unit's judgements that the commonest class has."""
    if not len(unit):
        return np.empty(0)
    n_units = int(unit.max()) + 1
    sums = np.bincount(unit * n_classes + said, minlength=n_units * n_classes)
    sums = sums.reshape(n_units, n_classes)
    shares: Floats = (sums.max(axis=1) / sums.sum(axis=1).clip(1))[unit]
    return shares


def speaking(compared: Compared, rule: Rule) -> tuple[Flags, Flags]:
    """Which comparisons are of units without a consensus, and which one speaks for each other
    unit: of those that say what it comes to, what settled it, otherwise the middle one by
    strength, the earliest of equals."""
    unit = compared.unit
    if not len(unit):
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    found = rule(unit, compared.said, compared.labeler, compared.is_settling, N_CLASSES)
    comes_to = found.values[unit]
    agrees = compared.said == comes_to
    order = np.lexsort(
        (np.arange(len(unit)), compared.strength, ~compared.is_settling, ~agrees, unit)
    )
    agrees_at = agrees[order]
    settles_at = (compared.is_settling & agrees)[order]
    begins = np.flatnonzero(np.r_[True, unit[order][1:] != unit[order][:-1]])
    n_settling = np.add.reduceat(settles_at.astype(np.int64), begins)
    n_agreeing = np.add.reduceat(agrees_at.astype(np.int64), begins)
    among = np.where(n_settling > 0, n_settling, n_agreeing)
    middle = order[begins + np.maximum(among - 1, 0) // 2]
    speaks = np.zeros(len(unit), dtype=bool)
    speaks[middle] = True
    is_undecided: Flags = comes_to == UNDECIDED
    return is_undecided, speaks & ~is_undecided


@dataclass(frozen=True)
class _Pairs:
    """The pairs of answers of rankings: which ranking, the unit, and which side is better."""

    ranking: Ints
    unit: Ints
    sign: Ints


def _pairs_of(ranked: Ranked) -> _Pairs:
    """Answers stand in the order of their keys, so that a pair has one name."""
    order = np.argsort(np.where(ranked.tiers < 0, np.iinfo(np.int64).max, ranked.responses), axis=1)
    responses = np.take_along_axis(ranked.responses, order, axis=1)
    tiers = np.take_along_axis(ranked.tiers, order, axis=1)
    parts: list[tuple[Ints, ...]] = []
    for low in range(responses.shape[1]):
        for high in range(low + 1, responses.shape[1]):
            at = np.flatnonzero(tiers[:, high] >= 0)
            sign = np.sign(tiers[at, low] - tiers[at, high]) + 1
            parts.append((at, ranked.task[at], responses[at, low], responses[at, high], sign))
    if not parts:
        return _Pairs(*(np.empty(0, dtype=np.int64) for _ in range(3)))
    ranking, task, first, second, signs = map(np.concatenate, zip(*parts, strict=True))
    return _Pairs(ranking, numbered(task, first, second), signs)


def ranking_shares(ranked: Ranked) -> Floats:
    """For each ranking, the leading share of its task's pairs on average."""
    pairs, task = _pairs_of(ranked), numbered(ranked.task)
    if not len(pairs.unit):
        return np.ones(len(ranked.task))
    shares = leading_shares(pairs.unit, pairs.sign, N_SIGNS)
    _, first = np.unique(pairs.unit, return_index=True)
    of_task = task[pairs.ranking[first]]
    n_tasks = int(task.max()) + 1
    sums = np.bincount(of_task, weights=shares[first], minlength=n_tasks)
    numbers = np.bincount(of_task, minlength=n_tasks)
    means = np.divide(sums, numbers, out=np.ones(n_tasks), where=numbers > 0)
    return np.asarray(means[task])


def speaking_rankings(ranked: Ranked, weights: Floats, *, unanimous: bool) -> tuple[Flags, Flags]:
    """As `speaking`: the ranking whose pairs most of the weight agrees with speaks for its task;
    there is no consensus where two different ones lead, or where all must say the same and do
    not. What a reviewer settled speaks for its task."""
    n, task = len(ranked.task), numbered(ranked.task)
    if not n:
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    pairs = _pairs_of(ranked)
    agreement = _mean_agreement(pairs, weights, n)
    same = _signatures(pairs, n)
    score = np.where(ranked.is_settling, np.inf, agreement)
    order = np.lexsort((np.arange(n), -score, task))
    begins = np.flatnonzero(np.r_[True, task[order][1:] != task[order][:-1]])
    group = np.repeat(np.arange(len(begins)), np.diff(np.r_[begins, n]))
    best = order[begins][group]
    differs = same[order] != same[best]
    leads = score[order] >= score[best] - ALIKE
    split = differs & (leads | (unanimous & ~ranked.is_settling[best]))
    undecided = np.bincount(group, weights=split, minlength=len(begins)) > 0
    is_undecided = np.zeros(n, dtype=bool)
    is_undecided[order] = undecided[group]
    speaks = np.zeros(n, dtype=bool)
    speaks[order[begins]] = True
    return is_undecided, speaks & ~is_undecided


def _mean_agreement(pairs: _Pairs, weights: Floats, n: int) -> Floats:
    """For each ranking, the share of the weight that says the same of a pair, over its pairs."""
    if not len(pairs.unit):
        return np.ones(n)
    n_units, weight = int(pairs.unit.max()) + 1, weights[pairs.ranking]
    cell = pairs.unit * N_SIGNS + pairs.sign
    sums = np.bincount(cell, weights=weight, minlength=n_units * N_SIGNS)
    totals = sums.reshape(n_units, N_SIGNS).sum(axis=1)[pairs.unit]
    shares = np.divide(sums[cell], totals, out=np.zeros(len(cell)), where=totals > 0)
    numbers = np.bincount(pairs.ranking, minlength=n)
    added = np.bincount(pairs.ranking, weights=shares, minlength=n)
    return np.divide(added, numbers, out=np.ones(n), where=numbers > 0)


def _signatures(pairs: _Pairs, n: int) -> Ints:
    """Equal for rankings that say the same of the same pairs; else different but for a chance of
    one in 2^63: sums of a scrambled number for each pair and side."""
    mixed = (pairs.unit * N_SIGNS + pairs.sign + 1).astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    found = np.zeros(n, dtype=np.uint64)
    np.add.at(found, pairs.ranking, mixed)
    return found.view(np.int64)
