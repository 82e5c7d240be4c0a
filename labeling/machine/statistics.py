"""How a judge judges, and how people do beside it. Pure: pairs in, frozen dataclasses out.

A pair stands in one fixed order, `first` and `second`, whichever side either was shown on.
Intervals hold 95 %: Wilson's for shares, Cohen's kappa as in `quality.agreement`, the normal one
for a logistic coefficient and for a mean of paired differences. Pairs are taken to be independent.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from labeling.quality.agreement import Estimate, cohen_kappa
from labeling.quality.intervals import Z95, Share, share

FEWEST = 10
"""Fewer pairs than this say too little for a figure of their own."""
CODES = {"first": 0, "equal": 1, "second": 2}
BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
STEPS = 50
LARGEST_COEFFICIENT = 15.0
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """One pair a judge was asked about. Empty is what is not known or was not said.

    `outcome` and `people` are first, equal or second, `outcome` also abstained; `people` is what
    most of those who judged it said. `own` names the response from the judge's own family of
    models, where exactly one is.
    """

    outcome: str
    abstention: str = ""
    said_forward: str = ""
    said_backward: str = ""
    people: str = ""
    confidence: float | None = None
    confidence_from: str = ""
    lengths: tuple[int, int] = (0, 0)
    own: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()

    @property
    def is_decided(self) -> bool:
        return self.outcome in CODES


@dataclass(frozen=True)
class WithPeople:
    """How far the judge and people say the same where it decided and they judged."""

    n: int
    agreeing: Share | None
    kappa: Estimate


@dataclass(frozen=True)
class Position:
    """What it says of side A in either order. An even-handed judge says A half the time of all."""

    forward: Share | None
    backward: Share | None
    both: Share | None
    disagreeing: Share | None


@dataclass(frozen=True)
class Length:
    """Logistic effect of length on being preferred: the odds of an answer twice as long.

    `n` counts pairs that were not equal. `note` says why there is no estimate.
    """

    n: int
    odds: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True)
class OwnFamily:
    """How often the judge takes its own family's answer, people on the same pairs, and by how
    much more often it does. Equal counts as half."""

    n: int
    judge: Share | None
    people: Share | None
    difference: Estimate


@dataclass(frozen=True)
class Bin:
    low: float
    high: float
    n: int
    confidence: float
    right: Share


@dataclass(frozen=True)
class Calibration:
    """Confidence against agreement with people; the error is the mean gap, weighted by pairs."""

    source: str
    n: int
    bins: tuple[Bin, ...]
    error: float | None


@dataclass(frozen=True)
class Group:
    label: str
    with_people: WithPeople


def with_people(pairs: Sequence[Pair]) -> WithPeople:
    both = [pair for pair in pairs if pair.is_decided and pair.people in CODES]
    judge = [CODES[pair.outcome] for pair in both]
    people = [CODES[pair.people] for pair in both]
    agreeing = sum(a == b for a, b in zip(judge, people, strict=True))
    kappa = cohen_kappa(judge, people) if both else Estimate(None)
    return WithPeople(len(both), share(agreeing, len(both)), kappa)


def position(pairs: Sequence[Pair]) -> Position:
    said = [(pair.said_forward, pair.said_backward) for pair in pairs]
    forward = Counter(a for a, _ in said if a in ("a", "b"))
    backward = Counter(b for _, b in said if b in ("a", "b"))
    whole = [each for each in said if all(each)]
    swapped = {"a": "b", "b": "a", "equal": "equal"}
    apart = sum(swapped[a] != b for a, b in whole)
    return Position(
        forward=share(forward["a"], forward.total()),
        backward=share(backward["a"], backward.total()),
        both=share(forward["a"] + backward["a"], forward.total() + backward.total()),
        disagreeing=share(apart, len(whole)),
    )


def length_of_judge(pairs: Sequence[Pair]) -> Length:
    return _length(pairs, lambda pair: pair.outcome)


def length_of_people(pairs: Sequence[Pair]) -> Length:
    """Of what people said of the same pairs, those on which the judge abstained left out."""
    return _length([pair for pair in pairs if pair.is_decided], lambda pair: pair.people)


def own_family(pairs: Sequence[Pair]) -> OwnFamily:
    both = [p for p in pairs if p.own and p.is_decided and p.people in CODES]
    judge = np.array([_points(pair.outcome, pair.own) for pair in both])
    people = np.array([_points(pair.people, pair.own) for pair in both])
    n = len(both)
    if not n:
        return OwnFamily(0, None, None, Estimate(None))
    difference = judge - people
    mean = float(difference.mean())
    bounds: tuple[float, float] | None = None
    if n >= FEWEST:
        half = Z95 * float(difference.std(ddof=1)) / math.sqrt(n)
        bounds = (max(mean - half, -1.0), min(mean + half, 1.0)) if half > 0 else None
    estimate = Estimate(mean, *bounds) if bounds else Estimate(mean)
    return OwnFamily(n, share(judge.sum(), n), share(people.sum(), n), estimate)


def abstentions(pairs: Sequence[Pair]) -> list[tuple[str, int]]:
    """By reason, the most frequent first."""
    counted = Counter(pair.abstention for pair in pairs if pair.abstention)
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))


def calibration(pairs: Sequence[Pair], *, source: str) -> Calibration:
    """Of the verdicts whose confidence came from `source` and that people judged as well."""
    sure: list[tuple[float, bool]] = [
        (pair.confidence, pair.outcome == pair.people)
        for pair in pairs
        if pair.confidence is not None
        and pair.confidence_from == source
        and pair.is_decided
        and pair.people in CODES
    ]
    bins = []
    for low, high in pairwise(BINS):
        inside = [each for each in sure if low <= each[0] < high or (high == 1.0 == each[0])]
        right = share(sum(is_right for _, is_right in inside), len(inside))
        if right is not None:
            mean = sum(confidence for confidence, _ in inside) / len(inside)
            bins.append(Bin(low, high, len(inside), mean, right))
    error = sum(b.n * abs(b.confidence - b.right.value) for b in bins) / len(sure) if sure else None
    return Calibration(source, len(sure), tuple(bins), error)


def by_group(pairs: Sequence[Pair], key: Callable[[Pair], Sequence[str]]) -> list[Group]:
    """Agreement with people in each group with at least FEWEST pairs, the largest first."""
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        for label in key(pair):
            if label:
                groups.setdefault(label, []).append(pair)
    found = [Group(label, with_people(members)) for label, members in groups.items()]
    enough = [group for group in found if group.with_people.n >= FEWEST]
    return sorted(enough, key=lambda group: (-group.with_people.n, group.label))


def _points(outcome: str, own: str) -> float:
    return 0.5 if outcome == "equal" else float(outcome == own)


def _length(pairs: Sequence[Pair], word: Callable[[Pair], str]) -> Length:
    """Without a constant: which response is the first one is an accident of the table."""
    sided = [pair for pair in pairs if word(pair) in ("first", "second") and any(pair.lengths)]
    x = np.array([(a - b) / (a + b) for a, b in (pair.lengths for pair in sided)])
    y = np.array([float(word(pair) == "first") for pair in sided])
    n = len(sided)
    if n < FEWEST:
        return Length(n, note=f"fewer than {FEWEST} pairs")
    if not np.any(x):
        return Length(n, note="all answers are equally long")
    found = _logistic(x, y)
    if found is None:
        return Length(n, note="the longer one always wins, or always loses")
    beta, error = found
    # Twice as long is (2 - 1) / (2 + 1) of the scale.
    odds, low, high = (math.exp(b / 3) for b in (beta, beta - Z95 * error, beta + Z95 * error))
    return Length(n, odds, low, high)


def _logistic(x: Floats, y: Floats) -> tuple[float, float] | None:
    """The coefficient and its standard error by Newton's method; None where there is none."""
    pushed = np.where(y > 0, x, -x)
    if np.all(pushed >= 0) or np.all(pushed <= 0):
        return None
    beta = 0.0
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-beta * x))
        curvature = float((x * x * p * (1 - p)).sum())
        step = float((x * (y - p)).sum()) / curvature
        beta += max(-2.0, min(2.0, step))
        if abs(beta) > LARGEST_COEFFICIENT * 3:
            return None
        if abs(step) < 1e-10:
            break
    p = 1 / (1 + np.exp(-beta * x))
    return beta, 1 / math.sqrt(float((x * x * p * (1 - p)).sum()))
