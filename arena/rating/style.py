"""Style-controlled Bradley–Terry: what a model's answers are worth beyond their looks.

The model: P(i beats j) = σ(θ_i − θ_j + z·β) with a tie as half a win, where z holds by how much
the two answers differ in each feature (length, headings, …), divided by the root mean square of
those differences over all votes. They are not centred: which model is called left must not
matter. Maximum likelihood without a penalty on β: a penalty on the mean loss, the default of
arena-rank, comes close to switching the control off. Sources: the method's description at
https://lmsys.org/blog/2024-08-28-style-control/; sandwich as in `bradley_terry`.

Newton's method on all M + F unknowns. The votes lie sorted by pair, so that a pass over them adds
up the Hessian pair by pair in blocks that fit the processor's cache; two to four passes are
enough, from a start on a sample of the votes or from `start`, an earlier solution.

Where the votes do not determine the ratings, or the style tells the winner without fail, the
priors of `bradley_terry` hold for θ and β alike, and `board.is_regularised` says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

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
from arena.rating.style_votes import BLOCK, StyleVotes
from arena.rating.tallies import Floats, Ints

SAMPLE = 100_000
LARGEST_COEFFICIENT = 10.0


@dataclass(frozen=True, eq=False)
class StyledFit:
    """A board without the looks, and what the looks are worth; arrays of shape (F,).

    `coefficients` and `errors` (standard errors) are the rating points that a typical difference
    in a feature, `typical` in its own unit, is worth to the side with more of it. A feature that
    never differs has coefficient 0. `solution` (M + F,) is θ and β, the `start` of a later fit.
    """

    board: Fit
    features: tuple[str, ...]
    coefficients: Floats
    errors: Floats
    typical: Floats
    solution: Floats


class _Sums(NamedTuple):
    """What a pass adds up: by pair, by pair and feature, and over all rows by two features."""

    expected: Floats
    style_expected: Floats
    spread: Floats
    style_spread: Floats
    squared_style_spread: Floats


@dataclass(frozen=True, eq=False)
class _Problem:
    """Votes, the reciprocal of each feature's typical difference, and what the votes scored.

    `points` (P,) and `style_points` (F,) are Σ w·y and Σ w·y·z. `component` (M,) numbers groups of
    models without votes between them; `precision` (M + F,) is the prior's λ where there is one.
    Pairs `flat` (P,) have votes without spread (`linear.without_spread`).
    """

    votes: StyleVotes
    reciprocal: Floats
    points: Floats
    style_points: Floats
    component: Ints
    precision: Floats
    flat: npt.NDArray[np.bool_]


def fit_styled(
    votes: StyleVotes,
    *,
    anchor: tuple[str, float] | None = None,
    scale: float = 400.0,
    base: float = 10.0,
    centre: float = 1000.0,
    tolerance: float = 1e-8,
    max_iterations: int = 50,
    prior_precision: float = PRIOR_PRECISION,
    start: Floats | None = None,
) -> StyledFit:
    """Rate the models of `votes` with their style taken out; conventions as in `fit`.

    Iteration stops after a step that moved nothing by more than `tolerance`; what is left then is
    of the order of its square. `start` is the `solution` of an earlier fit of the same models and
    features; it changes the time, not the result. Any votes give finite numbers.
    """
    tallies = votes.tallies()
    plain = fit(tallies, scale=scale, base=base, centre=centre, prior_precision=prior_precision)
    m, f, factor = len(votes.models), len(votes.features), scale / math.log(base)
    cold = np.concatenate([plain.theta, np.zeros(f)])
    if start is None or start.shape != cold.shape:
        start = _from_sample(votes, cold)
    precision = np.append(np.where(plain.leans_on_prior, prior_precision, 0.0), np.zeros(f))
    problem = _problem(votes, plain.component, precision, without_spread(tallies))
    solution, iterations, converged = _maximise(problem, start, tolerance, max_iterations)
    is_held = not converged
    if is_held:
        problem = replace(problem, precision=np.full(m + f, prior_precision))
        solution, iterations, converged = _maximise(problem, cold, tolerance, max_iterations)
    covariance = _covariance(problem, solution) * factor**2
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    ratings = centre + factor * solution[:m]
    is_anchored = anchor is not None and anchor[0] in votes.models
    if anchor is not None and is_anchored:
        ratings += anchor[1] - ratings[votes.models.index(anchor[0])]
    board = replace(
        plain,
        ratings=ratings,
        standard_errors=errors[:m].copy(),
        lower=ratings - Z * errors[:m],
        upper=ratings + Z * errors[:m],
        covariance=covariance[:m, :m].copy(),
        converged=converged,
        iterations=iterations,
        is_regularised=plain.is_regularised or is_held,
        is_anchored=is_anchored,
        leans_on_prior=problem.precision[:m] > 0,
        theta=solution[:m].copy(),
    )
    return StyledFit(
        board=board,
        features=votes.features,
        coefficients=factor * np.where(problem.reciprocal > 0, solution[m:], 0.0),
        errors=errors[m:].copy(),
        typical=np.where(problem.reciprocal > 0, 1.0 / np.maximum(problem.reciprocal, 1e-300), 0.0),
        solution=solution,
    )


def _from_sample(votes: StyleVotes, start: Floats) -> Floats:
    """A better start, from some of the votes, where there are many."""
    if votes.n_rows < 4 * SAMPLE:
        return start
    sample = votes.taken(slice(0, None, votes.n_rows // SAMPLE))
    # A sample need not connect all models; with a prior it always has a solution.
    m, everywhere = len(votes.models), np.full(len(start), PRIOR_PRECISION)
    flat = np.zeros(len(sample.left), dtype=bool)
    problem = _problem(sample, np.zeros(m, dtype=np.int64), everywhere, flat)
    return _maximise(problem, start, 1e-3, 8)[0]


def _problem(
    votes: StyleVotes, component: Ints, precision: Floats, flat: npt.NDArray[np.bool_]
) -> _Problem:
    n_features, n_pairs = len(votes.features), len(votes.left)
    squares, total = np.zeros(n_features), 0.0
    points, style_points = np.zeros(n_pairs), np.zeros(n_features)
    for block in votes.blocks(BLOCK):
        z, y = (
            votes.differences[:, block.rows].astype(np.float64),
            0.5 * votes.half_points[block.rows],
        )
        if votes.weights is not None:
            weights = votes.weights[block.rows]
            squares += (z**2) @ weights
            total += weights.sum()
            y = y * weights
        else:
            squares += np.einsum("fr,fr->f", z, z)
            total += z.shape[1]
        points[block.pairs] += np.add.reduceat(y, block.offsets)
        style_points += z @ y
    typical = np.sqrt(squares / total) if total else np.zeros(n_features)
    reciprocal = np.divide(1.0, typical, out=np.zeros(n_features), where=typical > 0)
    return _Problem(
        votes, reciprocal, points, style_points * reciprocal, component, precision, flat
    )


def _maximise(
    problem: _Problem, start: Floats, tolerance: float, max_iterations: int
) -> tuple[Floats, int, bool]:
    """Newton's method: (θ about their means and β, iterations, converged)."""
    m = len(problem.votes.models)
    solution, step, slope = start.copy(), np.zeros_like(start), 0.0
    if not problem.votes.n_rows:
        return np.zeros_like(start), 0, True
    for iteration in range(1, max_iterations + 1):
        sums = _pass(problem, solution)
        gradient = _gradient(problem, sums, solution)
        if gradient @ step < -slope:
            # Beyond the summit along the step, and steeper than before it: halve it.
            step, solution = 0.5 * step, solution - 0.5 * step
            continue
        step = solve(_information(problem, sums), gradient)
        size = float(np.abs(step).max())
        step *= min(1.0, STEP_CAP / size) if size else 1.0
        slope = float(gradient @ step)
        solution = solution + step
        if size <= tolerance:
            return _about_means(problem, solution), iteration, True
        if (np.abs(solution[m:]) > LARGEST_COEFFICIENT).any() and not problem.precision[m:].any():
            break
    return _about_means(problem, solution), max_iterations, False


def _about_means(problem: _Problem, solution: Floats) -> Floats:
    m = len(problem.component)
    return np.concatenate([about_means(solution[:m], problem.component), solution[m:]])


def _pass(problem: _Problem, solution: Floats) -> _Sums:
    """Expected points and their spread p(1 − p), added up over all rows."""
    votes, n_features = problem.votes, len(problem.votes.features)
    m, n_pairs = len(votes.models), len(votes.left)
    margins = solution[votes.left] - solution[votes.right]
    slopes = solution[m:] * problem.reciprocal
    expected, spread = np.zeros(n_pairs), np.zeros(n_pairs)
    style_expected, style_spread = np.zeros(n_features), np.zeros((n_features, n_pairs))
    squared = np.zeros((n_features, n_features))
    for block in votes.blocks(BLOCK):
        z = votes.differences[:, block.rows].astype(np.float64)
        p = _chances(np.repeat(margins[block.pairs], block.sizes) + slopes @ z)
        v = p * (1.0 - p)
        if votes.weights is not None:
            p *= votes.weights[block.rows]
            v *= votes.weights[block.rows]
        expected[block.pairs] += np.add.reduceat(p, block.offsets)
        spread[block.pairs] += np.add.reduceat(v, block.offsets)
        style_expected += z @ p
        vz = v * z
        style_spread[:, block.pairs] += np.add.reduceat(vz, block.offsets, axis=1)
        squared += vz @ z.T
    unit = problem.reciprocal
    return _Sums(
        expected,
        style_expected * unit,
        spread,
        style_spread * unit[:, None],
        squared * np.outer(unit, unit),
    )


def _chances(margins: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-margins)), dtype=np.float64)


def _gradient(problem: _Problem, sums: _Sums, solution: Floats) -> Floats:
    """Points, and points times style, won beyond those expected, less the pull of the prior."""
    votes, m = problem.votes, len(problem.votes.models)
    surprise = problem.points - sums.expected
    models = between(m, votes.left, votes.right, surprise)
    style = problem.style_points - sums.style_expected
    return np.concatenate([models, style]) - problem.precision * solution


def _joined(votes: StyleVotes, pairs: Floats, mixed: Floats, style: Floats) -> Floats:
    """Σ x xᵀ over the rows, shape (M + F, M + F), from its sums; x is e_i − e_j beside z."""
    m = len(votes.models)
    matrix = np.zeros((m + len(style), m + len(style)))
    matrix[:m, :m] = laplacian(m, votes.left, votes.right, pairs)
    for column, sums in enumerate(mixed, start=m):
        matrix[:m, column] = between(m, votes.left, votes.right, sums)
    matrix[m:, :m] = matrix[:m, m:].T
    matrix[m:, m:] = style
    return matrix


def _information(problem: _Problem, sums: _Sums) -> Floats:
    """The Hessian, made invertible by the prior or else by pinning the mean of θ."""
    m = len(problem.votes.models)
    hessian = _joined(problem.votes, sums.spread, sums.style_spread, sums.squared_style_spread)
    hessian += np.diag(problem.precision)
    hessian[:m, :m] += pins(hessian[:m, :m], problem.component, problem.precision[:m])
    # A feature that never differs has an empty row; it keeps its coefficient of 0.
    still = np.flatnonzero(problem.reciprocal == 0) + m
    hessian[still, still] += 1.0
    return hessian


def _covariance(problem: _Problem, solution: Floats) -> Floats:
    """The sandwich H⁻¹BH⁻¹ of θ about its mean and of β, shape (M + F, M + F)."""
    votes, m = problem.votes, len(problem.votes.models)
    bread = _information(problem, _pass(problem, solution))
    meat = _scores(problem, solution) + np.diag(problem.precision)
    covariance = centred(solve(bread, solve(bread, meat).T), problem.component)
    still = np.flatnonzero(problem.reciprocal == 0) + m
    covariance[still] = 0.0
    covariance[:, still] = 0.0
    unseen = np.setdiff1d(np.arange(m), np.concatenate([votes.left, votes.right]))
    covariance[unseen, unseen] = 1.0 / np.maximum(problem.precision[unseen], 1e-300)
    return covariance


def _scores(problem: _Problem, solution: Floats) -> Floats:
    """The sandwich's middle: squared scores of single votes, Σ w²(y − p)² x xᵀ."""
    votes, n_features = problem.votes, len(problem.votes.features)
    margins = solution[votes.left] - solution[votes.right]
    slopes = solution[len(votes.models) :] * problem.reciprocal
    pairs, mixed = np.zeros(len(votes.left)), np.zeros((n_features, len(votes.left)))
    style = np.zeros((n_features, n_features))
    for block in votes.blocks(BLOCK):
        z = votes.differences[:, block.rows].astype(np.float64)
        p = _chances(np.repeat(margins[block.pairs], block.sizes) + slopes @ z)
        squared = (0.5 * votes.half_points[block.rows] - p) ** 2
        if votes.squares is not None:
            squared *= votes.squares[block.rows]
        if problem.flat[block.pairs].any():
            flat = np.repeat(problem.flat[block.pairs], block.sizes)
            weights = 1.0 if votes.weights is None else votes.weights[block.rows]
            squared = np.where(flat, weights * p * (1.0 - p), squared)
        sz = squared * z
        pairs[block.pairs] += np.add.reduceat(squared, block.offsets)
        mixed[:, block.pairs] += np.add.reduceat(sz, block.offsets, axis=1)
        style += sz @ z.T
    unit = problem.reciprocal
    return _joined(votes, pairs, mixed * unit[:, None], style * np.outer(unit, unit))
