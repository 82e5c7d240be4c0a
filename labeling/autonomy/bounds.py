"""How sure one may be of a judge, from the judgements it was audited by. Pure.

Agreement is a share of independent pairs; its interval is Clopper and Pearson's (1934), which holds
its 95 % for every share and every number of pairs, at the price of being rather too wide. A
level is entered above the bar and left only below the bar less SLACK, so that it does not flutter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from labeling.quality.intervals import Z95

OUTSIDE = 0.025
"""The chance left out on either side."""
SLACK = 0.03
STEPS = 60
_LOG_FACTORIALS = np.zeros(1)


@dataclass(frozen=True)
class Agreed:
    """`agreeing` of `n` pairs on which the judge said what people said."""

    agreeing: int
    n: int

    @property
    def value(self) -> float | None:
        return self.agreeing / self.n if self.n else None

    @cached_property
    def low(self) -> float:
        return lower_bound(self.agreeing, self.n)

    @cached_property
    def high(self) -> float:
        return 1.0 - lower_bound(self.n - self.agreeing, self.n)


@dataclass(frozen=True)
class Bar:
    """What has to be cleared: the share from 0 to 1, and on how many pairs at the least."""

    share: float
    fewest: int

    def allows(self, agreed: Agreed) -> bool:
        """Whether a level may be entered."""
        return agreed.n >= self.fewest and agreed.low > self.share

    def holds(self, agreed: Agreed) -> bool:
        """Whether a level that was entered may be kept."""
        return agreed.n >= self.fewest and agreed.low >= self.share - SLACK

    def missing(self, agreed: Agreed) -> int | None:
        """About how many more pairs are needed if the share of agreement stays as it is; 0 where
        none are, None where no number of pairs would do."""
        if self.allows(agreed):
            return 0
        short = max(0, self.fewest - agreed.n)
        if agreed.value is None:
            return short
        if agreed.value <= self.share:
            return None
        # Where Wilson's lower bound meets the bar, which is close to the exact one.
        ahead = agreed.value - self.share
        enough = math.ceil(Z95**2 * self.share * (1 - self.share) / ahead**2)
        return max(short, enough - agreed.n, 1)


def lower_bound(agreeing: int, n: int, *, outside: float = OUTSIDE) -> float:
    """The smallest share under which at least `agreeing` of `n` still has the chance `outside`."""
    if not 0 <= agreeing <= n:
        raise ValueError("agreeing must be from 0 to n")
    if agreeing == 0:
        return 0.0
    low, high = 0.0, agreeing / n
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_least(agreeing, n, middle) < outside else (low, middle)
    return high


def highest(level: int, lowest: int, holds: Callable[[int], bool]) -> int:
    """The highest level from `level` down to `lowest` that holds; the lowest always does."""
    return next((each for each in range(level, lowest, -1) if holds(each)), lowest)


def agreed(same: Sequence[bool]) -> Agreed:
    return Agreed(sum(same), len(same))


def _at_least(k: int, n: int, share: float) -> float:
    """The chance of at least `k` of `n`, each with chance `share`."""
    if share <= 0:
        return 0.0
    counts = np.arange(k, n + 1)
    logs = _log_factorials(n)
    ways = logs[n] - logs[counts] - logs[n - counts]
    chances = ways + counts * math.log(share) + (n - counts) * math.log1p(-share)
    return float(np.exp(chances).sum())


def _log_factorials(n: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Logarithms of 0! to at least n!, kept from call to call."""
    global _LOG_FACTORIALS
    if len(_LOG_FACTORIALS) <= n:
        size = max(2 * len(_LOG_FACTORIALS), n + 1)
        _LOG_FACTORIALS = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, size)))])
    return _LOG_FACTORIALS
