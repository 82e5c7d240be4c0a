"""Whether tasks with something do better than tasks without it, drawn by chance. Pure.

Everything is by intention to treat: a task counts on the side that chance gave it, whether or not
its labeler made use of what was there.

Shares: Newcombe's hybrid score interval (1998, method 10), which holds at few tasks and at shares
near 0 and 1. Means: Welch's interval, for samples of unequal spread. Tasks of one labeler are
treated as if they were anybody's; as chance draws for each task and not for each labeler, that
makes the intervals rather too wide than too narrow.
"""

from dataclasses import dataclass
from math import exp, inf, lgamma, log, log1p, sqrt
from typing import Literal

from labeling.quality.intervals import share

ENOUGH = 20
"""Tasks on each side below which nothing is said about a difference."""

Verdict = Literal["too_few", "unclear", "lower", "higher"]


@dataclass(frozen=True)
class Counted:
    """How many of `n` tasks something was true of."""

    k: int
    n: int


@dataclass(frozen=True)
class Sample:
    """Size, mean and variance (with n - 1) of what was measured."""

    n: int
    mean: float
    variance: float


@dataclass(frozen=True)
class Difference:
    """With minus without, and its 95 % interval; shares run from -1 to 1."""

    on: float
    off: float
    value: float
    low: float
    high: float
    n_on: int
    n_off: int

    @property
    def verdict(self) -> Verdict:
        if min(self.n_on, self.n_off) < ENOUGH:
            return "too_few"
        if self.high < 0:
            return "lower"
        return "higher" if self.low > 0 else "unclear"


def share_difference(on: Counted, off: Counted) -> Difference | None:
    """Newcombe's interval for the difference of two shares; None without tasks on a side."""
    first, second = share(on.k, on.n), share(off.k, off.n)
    if first is None or second is None:
        return None
    value = first.value - second.value
    below = sqrt((first.value - first.low) ** 2 + (second.high - second.value) ** 2)
    above = sqrt((first.high - first.value) ** 2 + (second.value - second.low) ** 2)
    return Difference(
        first.value,
        second.value,
        value,
        max(-1.0, value - below),
        min(1.0, value + above),
        on.n,
        off.n,
    )


def mean_difference(on: Sample, off: Sample) -> Difference | None:
    """Welch's interval for the difference of two means; None below two tasks on a side."""
    if min(on.n, off.n) < 2:
        return None
    value = on.mean - off.mean
    first, second = on.variance / on.n, off.variance / off.n
    spread = first + second
    if spread > 0:
        freedom = spread**2 / (first**2 / (on.n - 1) + second**2 / (off.n - 1))
        half = t_quantile(0.975, freedom) * sqrt(spread)
    else:
        half = 0.0
    return Difference(on.mean, off.mean, value, value - half, value + half, on.n, off.n)


def t_quantile(p: float, freedom: float) -> float:
    """Student's t for 0.5 <= p < 1, found by halving; exact to about 1e-10."""
    low, high = 0.0, 1.0
    while t_below(high, freedom) < p:
        low, high = high, 2 * high
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if t_below(middle, freedom) < p else (low, middle)
    return (low + high) / 2


def t_below(t: float, freedom: float) -> float:
    """The chance that Student's t is below `t`, which is 0 or more."""
    return 1 - _beta_share(freedom / (freedom + t * t), freedom / 2, 0.5) / 2


def _beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_share(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    return front / (a * _continued(x, a, b))


def _continued(x: float, a: float, b: float) -> float:
    """Its continued fraction, by convergents that are kept from growing."""
    before, now = (1.0, 0.0), (1.0, 1.0)
    value = inf
    for step in range(1, 2_000):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        following = (now[0] + term * before[0], now[1] + term * before[1])
        scale = following[1]
        before = (now[0] / scale, now[1] / scale)
        now = (following[0] / scale, 1.0)
        if abs(now[0] - value) < 1e-15 * abs(now[0]):
            break
        value = now[0]
    return now[0]
