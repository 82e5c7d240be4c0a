"""Win rates between every two models: those seen, and those the ratings predict."""

from __future__ import annotations

import math

import numpy as np

from arena.rating.bradley_terry import Fit
from arena.rating.tallies import Floats, Tallies
from arena.rating.ties import MODELS


def observed_win_rates(tallies: Tallies) -> Floats:
    """Share of points the row's model took from the column's, a tie half a point; shape (M, M).

    Votes count with their weight. NaN where no vote between the two weighs, and on the diagonal.
    """
    m = len(tallies.models)
    rates = np.full((m, m), np.nan)
    won, _, tied = tallies.weighed
    total = tallies.weighed.sum(axis=0)
    share = np.divide(won + 0.5 * tied, total, out=np.full(len(total), np.nan), where=total > 0)
    rates[tallies.left, tallies.right] = share
    rates[tallies.right, tallies.left] = 1.0 - share
    return rates


def predicted_win_rates(ratings: Floats, *, scale: float = 400.0, base: float = 10.0) -> Floats:
    """Chance, by the ratings, that the row's model beats the column's; ½ on the diagonal."""
    slope = math.log(base) / (2.0 * scale)
    return 0.5 + 0.5 * np.tanh((ratings[:, None] - ratings[None, :]) * slope)


def predicted_outcomes(fitted: Fit) -> tuple[Floats, Floats]:
    """Chances that the row's model wins against the column's, and that the two tie: (M, M) both.

    With ties as half a win there is no chance of a tie: the first is then the expected share of
    points, as it is in the other tie models after adding half of the second. NaN between models
    of different components.
    """
    gaps = fitted.theta[:, None] - fitted.theta[None, :]
    model, parameter = MODELS[fitted.tie_model], 0.0
    if fitted.tie_model != "half" and fitted.tie_error is None:
        model = MODELS["half"]
    elif fitted.tie_parameter is not None:
        parameter = math.log(fitted.tie_parameter)
    win, _, tie = model.chances(gaps.ravel(), parameter)
    unknown = fitted.component[:, None] != fitted.component[None, :]
    wins, ties = (np.where(unknown, np.nan, by.reshape(gaps.shape)) for by in (win, tie))
    return wins, ties


def average_win_rates(rates: Floats) -> Floats:
    """Each model's mean rate against the others, every opponent alike, shape (M,).

    `rates` is a matrix as above; entries that are NaN are left out. NaN for a model without any.
    """
    others = ~np.isnan(rates)
    np.fill_diagonal(others, False)
    sums, n = np.where(others, rates, 0.0).sum(axis=1), others.sum(axis=1)
    means: Floats = np.divide(sums, n, out=np.full(len(n), np.nan), where=n > 0)
    return means
