"""One more vote, without a fit: a Newton step from the last solution, and its curvature kept up.

Exact to first order in one vote; errors of the order of 1/n² add up, so refit from time to time:
`fit(tallies, start=previous)` takes one or two iterations.
Source: Sherman and Morrison 1950, https://doi.org/10.1214/aoms/1177729893.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from arena.rating.bradley_terry import PRIOR_PRECISION, Fit
from arena.rating.linear import laplacian
from arena.rating.tallies import Floats, Tallies
from arena.rating.ties import logistic_variance


@dataclass(frozen=True, eq=False)
class Running:
    """A board between two fits. `theta` (M,) in log-odds; `inverse` (M, M), of the information.

    The units are those of the fit it began with: `ratings` are in points, and shift as its were.
    """

    models: tuple[str, ...]
    theta: Floats
    inverse: Floats
    points: float
    offset: float

    @property
    def ratings(self) -> Floats:
        return self.offset + self.points * self.theta


def running(tallies: Tallies, fitted: Fit, *, prior: float = PRIOR_PRECISION) -> Running:
    """Begin at a fit with ties as half a win. Raises ValueError for another tie model.

    Models that lean on the prior keep it, and so can be voted on from their first vote.
    """
    if fitted.tie_model != "half":
        raise ValueError("A running board takes ties as half a win.")
    margins = fitted.theta[tallies.left] - fitted.theta[tallies.right]
    m, weights = len(tallies.models), tallies.weighed.sum(axis=0) * logistic_variance(margins)
    information = laplacian(m, tallies.left, tallies.right, weights)
    together = fitted.component[:, None] == fitted.component[None, :]
    size = together.sum(axis=1)
    # Votes move differences only, so any pin of a component's mean gives the same steps.
    pin = np.where(together & ~fitted.leans_on_prior, 1.0 / np.maximum(size, 1), 0.0)
    information += pin + np.diag(prior * fitted.leans_on_prior)
    offset = float((fitted.ratings - fitted.points * fitted.theta).mean()) if m else 0.0
    inverse = np.asarray(np.linalg.inv(information), dtype=np.float64)
    return Running(tallies.models, fitted.theta, inverse, fitted.points, offset)


def after_vote(board: Running, a: int, b: int, score: float, weight: float = 1.0) -> Running:
    """The board after a vote between the models at `a` and `b`; `score` is A's: 1, ½ or 0.

    A negative weight takes a vote of that weight back. A battle of a model with itself changes
    nothing. Costs O(M²). Raises ValueError for a score outside 0…1, or for taking back what was
    never there.
    """
    if not 0.0 <= score <= 1.0:
        raise ValueError(f"A score lies between 0 and 1, not {score}.")
    if a == b:
        return board
    u = board.inverse[:, a] - board.inverse[:, b]
    p = 0.5 + 0.5 * math.tanh(0.5 * float(board.theta[a] - board.theta[b]))
    h = weight * p * (1.0 - p)
    divisor = 1.0 + h * float(u[a] - u[b])
    if divisor <= 0.0:
        raise ValueError("More votes are taken back than there are.")
    return Running(
        board.models,
        board.theta + u * (weight * (score - p) / divisor),
        board.inverse - np.outer(u, u) * (h / divisor),
        board.points,
        board.offset,
    )
