"""Bradley–Terry in which the votes of voters who judge as others do say more.

The model: voter u finds i better than j with probability σ(α_u(θ_i − θ_j)), a tie as half a win.
The reliability α_u is 1 for the usual voter, above 1 for one who almost always sides with the
better model, and 0 for one who tosses a coin; by the prior α_u ~ N(1, τ²), a voter of whom little
is known stays near 1. It does not go below 0: a voter who decides against all others counts for
nothing, never backwards. It follows Chen et al. 2013, Pairwise ranking aggregation in a
crowdsourced setting, https://doi.org/10.1145/2433396.2433420, with a slope in place of their
share of honest votes, so that a board of equally reliable voters is the plain one.

The posterior maximum is found by taking turns: Newton's step for the ratings while reliabilities
stand, each voter's own maximum while ratings stand. The likelihood knows α and θ only as their
product; the prior settles which scale is meant, exactly, once a round.

Reliability is agreement with the others, which is not the same as being right. It belongs on
boards of chosen annotators; on an open board it would weigh down honest minorities.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from arena.rating.bradley_terry import PRIOR_PRECISION, STEP_CAP, Fit, Z, fit
from arena.rating.linear import (
    about_means,
    between,
    centred,
    laplacian,
    pins,
    solve,
    without_spread,
)
from arena.rating.tallies import Floats, Ints, Tallies, tally_codes

PRIOR_SPREAD = 0.5
UNKNOWN = -1


@dataclass(frozen=True, eq=False)
class ReliabilityFit:
    """A board, and for each of the V voters α (`reliabilities`) and how many votes tell of it.

    The intervals are sandwich estimates by vote; they take the reliabilities for known.
    """

    board: Fit
    reliabilities: Floats
    n_votes: Ints


@dataclass(frozen=True, eq=False)
class _Votes:
    """Votes by position of their pair in `tallies`, as seen from its left model, shape (R,)."""

    tallies: Tallies
    pair: Ints
    points: Floats
    voter: Ints
    n_voters: int

    @property
    def m(self) -> int:
        return len(self.tallies.models)

    def by_pair(self, values: Floats) -> Floats:
        sums = np.bincount(self.pair, values, len(self.tallies.left))
        return np.asarray(sums, dtype=np.float64)

    def by_voter(self, values: Floats) -> Floats:
        """Unknown voters are added up together, behind the others."""
        return np.asarray(np.bincount(self.voter, values, self.n_voters + 1), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class _Gauge:
    """Groups of models without votes between them, and the prior's λ where one holds, (M,)."""

    component: Ints
    precision: Floats

    def held(self, hessian: Floats) -> Floats:
        held = hessian + np.diag(self.precision)
        held[np.diag_indices(len(held))] += 1e-12
        return held + pins(held, self.component, self.precision)


def fit_reliable(
    models: Sequence[str],
    a: npt.NDArray[np.integer],
    b: npt.NDArray[np.integer],
    half_points: npt.NDArray[np.integer],
    voters: npt.NDArray[np.integer],
    *,
    n_voters: int,
    prior_spread: float = PRIOR_SPREAD,
    anchor: tuple[str, float] | None = None,
    scale: float = 400.0,
    base: float = 10.0,
    centre: float = 1000.0,
    tolerance: float = 1e-9,
    max_rounds: int = 1000,
    prior_precision: float = PRIOR_PRECISION,
) -> ReliabilityFit:
    """Rate models from single votes, as for `tally_codes`, of voters 0…n_voters − 1.

    The voter −1 stands for all unknown ones, each of whom has reliability 1. `prior_spread` is τ;
    towards 0 the board becomes the plain one. Rounds stop when neither θ nor α moves by more than
    `tolerance`. Raises ValueError for anything out of range. Any votes give finite numbers.
    """
    if not prior_spread > 0:
        raise ValueError("prior_spread must be above 0.")
    votes = _laid_out(models, a, b, half_points, voters, n_voters)
    plain = fit(
        votes.tallies, scale=scale, base=base, centre=centre, prior_precision=prior_precision
    )
    factor = scale / math.log(base)
    theta, gauge = (
        plain.theta,
        _Gauge(plain.component, np.where(plain.leans_on_prior, prior_precision, 0.0)),
    )
    has_scale = np.any(votes.voter == n_voters) or np.any(plain.leans_on_prior & (plain.weight > 0))
    alpha, moved, rounds = np.ones(n_voters + 1), math.inf, 0
    while moved > tolerance and rounds < max_rounds and len(votes.pair):
        new_theta = _better_ratings(votes, theta, alpha, gauge)
        new_alpha = _best_reliabilities(votes, new_theta, alpha, prior_spread)
        if not has_scale:
            new_theta, new_alpha = _on_the_scale_of_the_prior(new_theta, new_alpha)
        moved = max(_largest(new_theta - theta), _largest(new_alpha - alpha))
        theta, alpha, rounds = new_theta, new_alpha, rounds + 1
    covariance = _covariance(votes, theta, alpha, gauge) * factor**2
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    ratings = centre + factor * theta
    is_anchored = anchor is not None and anchor[0] in votes.tallies.models
    if anchor is not None and is_anchored:
        ratings += anchor[1] - ratings[votes.tallies.models.index(anchor[0])]
    board = replace(
        plain,
        ratings=ratings,
        standard_errors=errors,
        lower=ratings - Z * errors,
        upper=ratings + Z * errors,
        covariance=covariance,
        converged=moved <= tolerance or not len(votes.pair),
        iterations=rounds,
        is_anchored=is_anchored,
        theta=theta,
    )
    n_votes = np.bincount(votes.voter, minlength=n_voters + 1)[:n_voters]
    return ReliabilityFit(board, alpha[:n_voters].copy(), n_votes)


def _laid_out(
    models: Sequence[str],
    a: npt.NDArray[np.integer],
    b: npt.NDArray[np.integer],
    half_points: npt.NDArray[np.integer],
    voters: npt.NDArray[np.integer],
    n_voters: int,
) -> _Votes:
    tallies, m = tally_codes(models, a, b, half_points), len(models)
    if voters.shape != a.shape:
        raise ValueError("voters must have one code a vote.")
    if voters.size and not (voters.min() >= UNKNOWN and voters.max() < n_voters):
        raise ValueError(f"voters must lie in {UNKNOWN}…{n_voters - 1}.")
    others = a != b
    a, b, voters = a[others].astype(np.int64), b[others].astype(np.int64), voters[others]
    points = 0.5 * half_points[others]
    codes = tallies.left * m + tallies.right
    pair = np.searchsorted(codes, np.minimum(a, b) * m + np.maximum(a, b))
    return _Votes(
        tallies,
        pair,
        np.where(a > b, 1.0 - points, points),
        np.where(voters == UNKNOWN, n_voters, voters).astype(np.int64),
        n_voters,
    )


def _gaps(votes: _Votes, theta: Floats) -> Floats:
    between_pairs = theta[votes.tallies.left] - theta[votes.tallies.right]
    return np.asarray(between_pairs[votes.pair], dtype=np.float64)


def _chances(margins: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-margins)), dtype=np.float64)


def _better_ratings(votes: _Votes, theta: Floats, alpha: Floats, gauge: _Gauge) -> Floats:
    """One step of Newton's method on the ratings; the means of groups stay 0."""
    tallies, slope = votes.tallies, alpha[votes.voter]
    p = _chances(slope * _gaps(votes, theta))
    surprise = votes.by_pair(slope * (votes.points - p))
    gradient = between(votes.m, tallies.left, tallies.right, surprise) - gauge.precision * theta
    spread = votes.by_pair(slope**2 * p * (1.0 - p))
    hessian = laplacian(votes.m, tallies.left, tallies.right, spread)
    step = solve(gauge.held(hessian), gradient)
    step *= min(1.0, STEP_CAP / max(_largest(step), 1e-300))
    return about_means(theta + step, gauge.component)


def _best_reliabilities(votes: _Votes, theta: Floats, alpha: Floats, spread: float) -> Floats:
    """Each voter's maximum at these ratings: concave in one number, so Newton's method finds it."""
    gaps, found = _gaps(votes, theta), alpha.copy()
    for _ in range(25):
        p = _chances(found[votes.voter] * gaps)
        slope = votes.by_voter(gaps * (votes.points - p)) - (found - 1.0) / spread**2
        bend = votes.by_voter(gaps**2 * p * (1.0 - p)) + 1.0 / spread**2
        better = np.maximum(found + np.clip(slope / bend, -STEP_CAP, STEP_CAP), 0.0)
        better[-1] = 1.0
        moved, found = _largest(better - found), better
        if moved < 1e-12:
            break
    return found


def _on_the_scale_of_the_prior(theta: Floats, alpha: Floats) -> tuple[Floats, Floats]:
    """The same likelihood, θ/c and c·α, with the c that the prior likes best."""
    known = alpha[:-1]
    squares = float(known @ known)
    if squares == 0.0:
        return theta, alpha
    factor = float(known.sum()) / squares
    return theta / factor, np.append(factor * known, 1.0)


def _covariance(votes: _Votes, theta: Floats, alpha: Floats, gauge: _Gauge) -> Floats:
    """The sandwich of θ about its mean, with the weights α of each vote, shape (M, M)."""
    m, tallies, slope = votes.m, votes.tallies, alpha[votes.voter]
    if not m:
        return np.zeros((0, 0))
    p = _chances(slope * _gaps(votes, theta))
    squares = slope**2 * (votes.points - p) ** 2
    spread = votes.by_pair(slope**2 * p * (1.0 - p))
    scores = np.where(without_spread(tallies), spread, votes.by_pair(squares))
    bread = gauge.held(laplacian(m, tallies.left, tallies.right, spread))
    meat = laplacian(m, tallies.left, tallies.right, scores) + np.diag(gauge.precision)
    covariance = centred(solve(bread, solve(bread, meat).T), gauge.component)
    unseen = np.setdiff1d(np.arange(m), np.concatenate([tallies.left, tallies.right]))
    covariance[unseen, unseen] = 1.0 / np.maximum(gauge.precision[unseen], 1e-300)
    return covariance


def _largest(values: Floats) -> float:
    return float(np.abs(values).max(initial=0.0))
