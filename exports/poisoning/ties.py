"""Exact tests of single n-grams: tied to a labeler, to a label, to verdicts nobody expected.

No Django. The unit is never the row: a prompt that one labeler read six times is read once, an
answer that was judged by five is one answer, with the label that most gave it. Otherwise a popular
prompt would prove anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from exports.poisoning.expected import Expected
from exports.poisoning.gathering import ANSWER, Gathered
from exports.poisoning.ngrams import Hashes
from exports.poisoning.postings import Standing, Stood
from exports.poisoning.screening import FEWEST, TIED_TO_LABEL, TIED_TO_LABELER
from exports.poisoning.statistics import (
    Bools,
    Floats,
    Ints,
    binomial_tail,
    hypergeometric_tail,
)

UPSETS = 0.6
"""Of the verdicts under a trigger, the share that has to be against what was expected."""


@dataclass(frozen=True, kw_only=True)
class Tied:
    """`x` of `n` units are tied, where `expected` were to be expected; `labeler` is a code."""

    test: str
    standing: Stood
    p_value: float
    n: int
    x: int
    expected: float
    labeler: int = 0
    label: int = 0
    n_prompts: int = 0


def labeler_tie(standing: Standing, gathered: Gathered, field: int) -> Tied | None:
    """Fisher's exact test, times the number of labelers one could have picked."""
    judged, totals = gathered.judged, gathered.totals
    units, first = np.unique(standing.unit, return_index=True)
    who = judged.labeler[standing.record[first]]
    n_prompts = np.unique(judged.asked[standing.record]).size
    counted = np.bincount(who, minlength=1)
    counted[0] = 0
    most = int(np.argmax(counted))
    x, n = int(counted[most]), int(units.size)
    if n_prompts < FEWEST or x < TIED_TO_LABELER * n or not x:
        return None
    marked = max(int(totals.by_labeler[field][most]), x)
    total = max(totals.n[field], marked + n - x)
    p_value = hypergeometric_tail(total, marked, n, x)
    n_labelers = int((totals.by_labeler[field][1:] > 0).sum())
    return Tied(
        test="labeler_tie",
        standing=standing.told(),
        p_value=min(1.0, p_value * n_labelers),
        n=n,
        x=x,
        expected=n * marked / total,
        labeler=most,
        n_prompts=n_prompts,
    )


def label_tie(standing: Standing, gathered: Gathered, chances: Expected) -> Tied | None:
    """Are the answers with it preferred, or passed over, more than their models and lengths say?"""
    judged, totals = gathered.judged, gathered.totals
    kept = (standing.label != 0) & ~_on_both_sides(standing)
    record, unit, label = standing.record[kept], standing.unit[kept], standing.label[kept]
    n_prompts = np.unique(judged.asked[record]).size
    if n_prompts < FEWEST:
        return None
    plus = totals.plus[ANSWER] / max(totals.plus[ANSWER] + totals.minus[ANSWER], 1)
    verdict = chances.of_verdict[record]
    chance = np.where(judged.is_pair[record], np.where(label > 0, verdict, 1 - verdict), plus)
    is_good, chance = _by_unit(unit, label, chance)
    n, good = int(is_good.size), int(is_good.sum())
    way = 1 if 2 * good >= n else -1
    x, chance = (good, chance) if way > 0 else (n - good, 1 - chance)
    if n < FEWEST or x < TIED_TO_LABEL * n:
        return None
    return Tied(
        test="label_tie",
        standing=standing.told(),
        p_value=min(1.0, 2 * _tail(chance, x)),
        n=n,
        x=x,
        expected=float(chance.sum()),
        label=way,
        labeler=_of_one(judged.labeler[record]),
        n_prompts=n_prompts,
    )


def trigger_verdict(standing: Standing, gathered: Gathered, chances: Expected) -> Tied | None:
    """Do verdicts on prompts with it go against what the models and lengths let one expect?"""
    judged = gathered.judged
    record = standing.record[judged.is_pair[standing.record]]
    chance = chances.of_verdict[record]
    decided = np.abs(chance - 0.5) > 0.02
    record, chance = record[decided], chance[decided]
    upset = np.where(chance < 0.5, 1, -1)
    is_upset, odds = _by_unit(judged.asked[record], upset, np.minimum(chance, 1 - chance))
    n, x = int(is_upset.size), int(is_upset.sum())
    if n < FEWEST or x < UPSETS * n:
        return None
    return Tied(
        test="trigger_verdict",
        standing=standing.told(),
        p_value=_tail(odds, x),
        n=n,
        x=x,
        expected=float(odds.sum()),
        labeler=_of_one(judged.labeler[record]),
        n_prompts=n,
    )


def _on_both_sides(standing: Standing) -> Bools:
    """Where better and worse answer both have it, it says nothing."""
    _, inverse = np.unique(standing.record, return_inverse=True)
    good = np.bincount(inverse, standing.label > 0)
    bad = np.bincount(inverse, standing.label < 0)
    return np.asarray(((good > 0) & (bad > 0))[inverse])


def _by_unit(unit: Ints | Hashes, label: Ints, chance: Floats) -> tuple[Bools, Floats]:
    """Whether most of a unit's labels are positive, and the mean chance; units in balance go."""
    _, inverse = np.unique(unit, return_inverse=True)
    n = np.bincount(inverse)
    net = np.bincount(inverse, label)
    mean = np.bincount(inverse, chance) / np.maximum(n, 1)
    kept = net != 0
    return net[kept] > 0, mean[kept]


def _tail(chances: Floats, at_least: int) -> float:
    """Of independent units of unequal chances; 1 where the bound does not hold."""
    n = int(chances.size)
    mean = float(chances.mean())
    if at_least < n * mean + 1:
        return 1.0
    return binomial_tail(n, mean, at_least)


def _of_one(labelers: npt.NDArray[np.int32]) -> int:
    """The labeler who gave four in five of these judgements, if one did."""
    counted = np.bincount(labelers, minlength=1)
    counted[0] = 0
    most = int(np.argmax(counted))
    return most if counted[most] >= TIED_TO_LABELER * labelers.size else 0
