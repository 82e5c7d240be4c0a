"""Intervals for shares. Pure."""

from dataclasses import dataclass
from math import sqrt

Z95 = 1.959964


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval, all from 0 to 1, and how many it is of."""

    value: float
    low: float
    high: float
    n: int

    @property
    def percent(self) -> int:
        return round(100 * self.value)

    @property
    def low_percent(self) -> int:
        return round(100 * self.low)

    @property
    def high_percent(self) -> int:
        return round(100 * self.high)


def share(total: float, n: int, *, z: float = Z95) -> Share | None:
    """Wilson's score interval (1927) for `total` of `n`; None of nothing.

    `total` may be a sum of scores from 0 to 1: their variance is at most that of right or wrong,
    so the interval is then rather too wide than too narrow.
    """
    if n == 0:
        return None
    value = total / n
    middle = (value + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(value * (1 - value) / n + z * z / (4 * n * n))
    return Share(value=value, low=max(0.0, middle - half), high=min(1.0, middle + half), n=n)
