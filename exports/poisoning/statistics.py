"""Exact tails, false discoveries, robust spread. Numbers in, numbers out; no Django."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FALSE_DISCOVERIES = 0.01
SMALLEST = 1e-300
NEGLIGIBLE = 60.0
"""How far below the greatest a logarithm is that adds nothing: a million of them make 1e-20."""
LOG_OF_SMALLEST = math.log(SMALLEST)
MAD_TO_SIGMA = 1.482602218505602


def binomial_tail(n: int, chance: float, at_least: int) -> float:
    """P(at least so many of n). Of unequal chances, their mean gives an upper bound wherever
    `at_least` >= n * chance + 1 (Hoeffding 1956, https://doi.org/10.1214/aoms/1177728178)."""
    if at_least <= 0 or chance >= 1.0:
        return 1.0
    if chance <= 0.0 or at_least > n:
        return SMALLEST if at_least <= n else 0.0
    up, down = math.log(chance), math.log1p(-chance)

    def term(k: int) -> float:
        return _choose(n, k) + k * up + (n - k) * down

    return _tail(term, at_least, n, top=int((n + 1) * chance))


def hypergeometric_tail(total: int, marked: int, drawn: int, at_least: int) -> float:
    """P(at least so many marked among `drawn` of `total`, of which `marked` are): Fisher's exact
    test of a table of two by two, to one side."""
    most = min(marked, drawn)
    at_least = max(at_least, drawn - (total - marked))
    if at_least <= max(0, drawn - (total - marked)):
        return 1.0
    if at_least > most:
        return 0.0
    whole = _choose(total, drawn)

    def term(k: int) -> float:
        return _choose(marked, k) + _choose(total - marked, drawn - k) - whole

    top = (drawn + 1) * (marked + 1) // (total + 2)
    return _tail(term, at_least, most, top=top)


def q_values(p_values: Sequence[float], *, tests: int) -> list[float]:
    """Benjamini and Hochberg's adjusted p-values, of the smallest of `tests` that were made."""
    tests = max(tests, len(p_values))
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    out = [1.0] * len(p_values)
    least = 1.0
    for rank in range(len(order), 0, -1):
        at = order[rank - 1]
        least = min(least, p_values[at] * tests / rank)
        out[at] = max(least, SMALLEST)
    return out


def divergence(share: Floats, chance: Floats) -> Floats:
    """Kullback and Leibler's, of two coins: n times it bounds -ln P(at least share * n of n)."""
    share, chance = np.clip(share, 1e-12, 1 - 1e-12), np.clip(chance, 1e-12, 1 - 1e-12)
    return np.asarray(
        share * np.log(share / chance) + (1 - share) * np.log((1 - share) / (1 - chance))
    )


def robust_spread(values: Floats) -> float:
    """The standard deviation that the median distance from the median stands for."""
    if values.size < 2:
        return 0.0
    return float(MAD_TO_SIGMA * np.median(np.abs(values - np.median(values))))


def two_sided(z: float) -> float:
    return max(math.erfc(abs(z) / math.sqrt(2.0)), SMALLEST)


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _tail(term: Callable[[int], float], low: int, high: int, *, top: int) -> float:
    """The sum of chances from `low` to `high`, of which `term` gives logarithms that fall on both
    sides of `top`, and which end at `high`: as far as they count beside the greatest."""
    start = min(max(top, low), high)
    greatest = term(start)
    if low < start and term(low) < greatest - NEGLIGIBLE:
        return 1.0
    logarithms = [greatest]
    for places in (range(start + 1, high + 1), range(start - 1, low - 1, -1)):
        for place in places:
            logarithms.append(term(place))
            if logarithms[-1] < greatest - NEGLIGIBLE:
                break
    return _sum(logarithms)


def _sum(logarithms: Sequence[float]) -> float:
    terms = sorted(logarithms, reverse=True)
    most = terms[0]
    total = math.fsum(math.exp(term - most) for term in terms)
    logarithm = most + math.log(total)
    return SMALLEST if logarithm <= LOG_OF_SMALLEST else min(1.0, math.exp(logarithm))
