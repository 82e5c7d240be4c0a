"""Intervals that stay valid however often a board is looked at.

A 95 % interval holds for one look. People look at a live board every day and stop when they like
what they see: over 79 looks it missed at least once in 37 % of simulated boards. A confidence
sequence holds at all times together, at the price of width.
Source: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2021, https://arxiv.org/abs/2103.06476.
"""

from __future__ import annotations

import math

import numpy as np

from arena.rating.bradley_terry import Fit
from arena.rating.tallies import Floats

TUNED_FOR = 1000.0


def anytime_bounds(
    fitted: Fit, *, level: float = 0.95, tuned_for: float = TUNED_FOR
) -> tuple[Floats, Floats]:
    """Lower and upper bounds of each model's own rating, both of shape (M,), at all times.

    The clock of a model is the weight of its votes; the sequence is narrowest, against what is
    possible, near `tuned_for` of them. Choose that before looking. Asymptotic: a model with few
    votes leans on the same approximation as its standard error does.
    """
    half_widths = fitted.standard_errors * multipliers(fitted.weight, level, tuned_for)
    return fitted.ratings - half_widths, fitted.ratings + half_widths


def multipliers(n: Floats, level: float = 0.95, tuned_for: float = TUNED_FOR) -> Floats:
    """What takes the place of 1.96 after `n` votes: √(2 (nρ² + 1)/(nρ²) · ln(√(nρ² + 1)/α))."""
    if not (0.0 < level < 1.0 and tuned_for > 0):
        raise ValueError("The level must be inside 0…1, and tuned_for above 0.")
    alpha = 1.0 - level
    rate = (math.log(alpha**-2) + math.log(1.0 + math.log(alpha**-2))) / tuned_for
    x = np.maximum(n, 1.0) * rate
    return np.asarray(
        np.sqrt(2.0 * (x + 1.0) / x * (0.5 * np.log1p(x) - math.log(alpha))), dtype=np.float64
    )
