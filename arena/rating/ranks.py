"""Ranks that admit what the intervals leave open."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from arena.rating.tallies import Ints


def rank_bounds(
    lower: npt.NDArray[np.float64], upper: npt.NDArray[np.float64]
) -> tuple[Ints, Ints]:
    """Return the best and the worst rank each model's interval allows, both of shape (M,).

    best_i = 1 + #{j: lower_j > upper_i}, worst_i = M − #{j: upper_j < lower_i}; intervals that
    only touch overlap. Ranks start at 1. Raises ValueError for NaN or an interval inside out.
    """
    if not np.all(lower <= upper):
        raise ValueError("Each interval needs a lower bound that is not above its upper bound.")
    n_above = len(lower) - np.searchsorted(np.sort(lower), upper, side="right")
    n_below = np.searchsorted(np.sort(upper), lower, side="left")
    return 1 + n_above.astype(np.int64), len(lower) - n_below.astype(np.int64)
