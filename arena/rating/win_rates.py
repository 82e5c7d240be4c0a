"""Win rates between every two models: those seen, and those the ratings predict."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from arena.rating.tallies import Tallies


def observed_win_rates(tallies: Tallies) -> npt.NDArray[np.float64]:
    """Share of points the row's model took from the column's, a tie half a point; shape (M, M).

    NaN where the two never met, and on the diagonal.
    """
    m = len(tallies.models)
    rates = np.full((m, m), np.nan)
    share = (tallies.left_wins + 0.5 * tallies.ties) / tallies.totals
    rates[tallies.left, tallies.right] = share
    rates[tallies.right, tallies.left] = 1.0 - share
    return rates


def predicted_win_rates(
    ratings: npt.NDArray[np.float64], *, scale: float = 400.0, base: float = 10.0
) -> npt.NDArray[np.float64]:
    """Chance, by the ratings, that the row's model beats the column's; ½ on the diagonal."""
    slope = math.log(base) / (2.0 * scale)
    return 0.5 + 0.5 * np.tanh((ratings[:, None] - ratings[None, :]) * slope)
