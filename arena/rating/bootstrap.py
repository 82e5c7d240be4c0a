"""Bootstrap intervals, from the counts alone: no vote is read again.

A resample draws anew how often each outcome of each pair was seen. *Multinomial* keeps the number
of votes, *Poisson* lets it vary (Chamandy et al. 2012, https://research.google/pubs/pub43157/).
Votes that do not all weigh 1 are drawn as W²/S votes of weight S/W each, where W adds up the
weights of an outcome of a pair and S their squares: equal in mean and variance, and the same thing
where its votes all weigh the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from arena.rating.bradley_terry import Bools, Fit, strengths
from arena.rating.connectivity import strong_components
from arena.rating.linear import laplacian
from arena.rating.tallies import Floats, Tallies
from arena.rating.ties import logistic_variance, sigmoid

Scheme = Literal["multinomial", "poisson"]

MAX_CHORDS = 60
CLOSE = 1e-9
# Resamples at a time: bounds memory at some tens of MB for a few hundred models.
BATCH = 64


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Ratings of R resamples, shape (R, M), in the units and with the anchor of the fit."""

    ratings: Floats
    standard_errors: Floats

    def bounds(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """The central percentiles, both of shape (M,)."""
        if not 0.0 < level < 1.0:
            raise ValueError("The level must be inside 0…1.")
        tail = (1.0 - level) / 2.0
        lower, upper = np.quantile(self.ratings, [tail, 1.0 - tail], axis=0)
        return lower, upper


def bootstrap(
    tallies: Tallies,
    fitted: Fit,
    *,
    draws: int,
    rng: np.random.Generator,
    scheme: Scheme = "multinomial",
) -> Bootstrap:
    """Rate `draws` resamples of `tallies`, whose fit is `fitted`, with its ties and units.

    Resamples whose votes cannot rate all models are rated as `fit` rates such votes. Ratings are
    about the mean of their component, as standard errors of a fit are; an anchor shifts all
    resamples alike. Deterministic for a given `rng`. Raises ValueError for fewer than 2 draws.
    """
    if draws < 2:
        raise ValueError("A bootstrap needs at least 2 draws.")
    values, sizes = _cells(tallies)
    theta = np.empty((draws, len(tallies.models)))
    for begin in range(0, draws, BATCH):
        rows = slice(begin, min(begin + BATCH, draws))
        counts = _draw(sizes, rows.stop - rows.start, rng, scheme)
        theta[rows] = _rate(tallies, fitted, counts * values)
    ratings = fitted.ratings + fitted.points * (theta - fitted.theta)
    return Bootstrap(ratings, ratings.std(axis=0, ddof=1))


def _cells(tallies: Tallies) -> tuple[Floats, Floats]:
    """What a vote weighs and how many there are, for each outcome of each pair: (3, P) both."""
    weights, squares = tallies.weighed, tallies.squared
    values = np.divide(squares, weights, out=np.zeros_like(weights), where=weights > 0)
    return values, np.divide(weights, values, out=np.zeros_like(weights), where=values > 0)


def _draw(sizes: Floats, draws: int, rng: np.random.Generator, scheme: Scheme) -> Floats:
    """Resampled counts, shape (draws, 3, P)."""
    total = float(sizes.sum())
    if scheme == "poisson" or not total:
        return rng.poisson(sizes, (draws, *sizes.shape)).astype(np.float64)
    chances = sizes.ravel() / total
    drawn = rng.multinomial(round(total), chances / chances.sum(), size=draws)
    return drawn.reshape(draws, *sizes.shape).astype(np.float64)


def _rate(tallies: Tallies, fitted: Fit, weights: Floats) -> Floats:
    """θ of each resample, shape (draws, M)."""
    theta, is_done = _copies(fitted.theta, weights), np.zeros(len(weights), dtype=bool)
    if fitted.tie_model == "half" and tallies.left.size and not fitted.is_regularised:
        theta, is_done = _chords(tallies, fitted, weights)
    for draw in np.flatnonzero(~is_done).tolist():
        resampled = _resampled(tallies, weights[draw])
        theta[draw], _ = strengths(resampled, ties=fitted.tie_model, start=fitted)
    return theta


def _copies(theta: Floats, weights: Floats) -> Floats:
    return np.array([theta] * len(weights), dtype=np.float64)


def _resampled(tallies: Tallies, weights: Floats) -> Tallies:
    return Tallies(
        tallies.models,
        tallies.left,
        tallies.right,
        tallies.left_wins,
        tallies.right_wins,
        tallies.ties,
        weights,
        # Squares are of no use here: only the ratings of a resample are looked at.
        weights,
    )


def _chords(tallies: Tallies, fitted: Fit, weights: Floats) -> tuple[Floats, Bools]:
    """All resamples at once, by Newton's method with the curvature of the fit for all of them.

    Each step costs one product of matrices instead of a factorisation a resample. Returns θ and
    which resamples got there; those with few votes, or that lost their footing, did not.
    """
    points, n = weights[:, 0] + 0.5 * weights[:, 2], weights.sum(axis=1)
    theta = _copies(fitted.theta, weights)
    inverse = _inverse_information(tallies, fitted.theta)
    left, right = tallies.left, tallies.right
    for _ in range(MAX_CHORDS):
        surprise = points - n * sigmoid(theta[:, left] - theta[:, right])
        step = _by_model(tallies, surprise) @ inverse
        theta += step
        size = np.abs(step).max(axis=1)
        if size.max() <= CLOSE:
            break
    rated = (size <= CLOSE) & np.array(
        [not strong_components(_resampled(tallies, draw)).any() for draw in weights]
    )
    return theta, rated


def _by_model(tallies: Tallies, values: Floats) -> Floats:
    """Σ value (e_left − e_right) over the pairs of each resample, shape (draws, M)."""
    out = np.zeros((len(values), len(tallies.models)))
    lefts, starts = np.unique(tallies.left, return_index=True)
    out[:, lefts] += np.add.reduceat(values, starts, axis=1)
    order = np.argsort(tallies.right, kind="stable")
    rights, starts = np.unique(tallies.right[order], return_index=True)
    out[:, rights] -= np.add.reduceat(values[:, order], starts, axis=1)
    return out


def _inverse_information(tallies: Tallies, theta: Floats) -> Floats:
    m = len(tallies.models)
    margins = theta[tallies.left] - theta[tallies.right]
    weights = tallies.weighed.sum(axis=0) * logistic_variance(margins)
    matrix = laplacian(m, tallies.left, tallies.right, weights)
    return np.asarray(np.linalg.inv(matrix + np.trace(matrix) / m**2), dtype=np.float64)
