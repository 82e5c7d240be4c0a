"""Bradley–Terry ratings with ties, fitted on tallies by Newton's method.

The model: P(i beats j) = σ(θ_i − θ_j), a tie is half a win each, mean(θ) = 0, and a rating is
centre + θ · scale / ln(base). Its cost does not depend on the number of votes.

**When the data cannot say.** A finite maximum exists where everyone can be reached from everyone
along wins and ties (`connectivity.strong_components`). Where it does not (a model that won or
lost everything, groups that never met, no votes), ratings are the maximum a posteriori under
independent priors θ ~ N(0, 1/λ), and `Fit.is_regularised` says so. λ = 0.1 is a standard
deviation of 549 points on the Elo scale: about ten times wider than a board's intervals, so a
model with a hundred battles hardly feels it. Each group that never met another (`Fit.component`)
then has its own mean at `centre`; compare ratings within a component only. A model without a
battle stays at `centre`, as uncertain as the prior.

**Threads.** The matrices are M × M; splitting them over threads costs more than it saves. Callers
should start the process with OPENBLAS_NUM_THREADS=1; nothing is set here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from arena.rating.connectivity import strong_components, weak_components
from arena.rating.tallies import Ints, Tallies

Floats = npt.NDArray[np.float64]

Z = 1.959964
PRIOR_PRECISION = 0.1
STEP_CAP = 2.0


@dataclass(frozen=True, eq=False)
class Fit:
    """One computation of a board: M models in the order of `models`, arrays read-only.

    `ratings`, `standard_errors`, `lower`, `upper` have shape (M,) and are in rating points, as
    is the root of `covariance` (M, M). Intervals are at 95 %, each model's own. `n_battles` is
    `wins` + `losses` + `ties`. `component` numbers the groups that votes connect, 0 the largest.
    `is_anchored` says whether the anchor asked for was among the models and moved the board.
    """

    models: tuple[str, ...]
    ratings: Floats
    standard_errors: Floats
    lower: Floats
    upper: Floats
    covariance: Floats
    n_battles: Ints
    wins: Ints
    losses: Ints
    ties: Ints
    component: Ints
    converged: bool
    iterations: int
    is_regularised: bool
    is_anchored: bool

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)


def fit(
    tallies: Tallies,
    *,
    anchor: tuple[str, float] | None = None,
    scale: float = 400.0,
    base: float = 10.0,
    centre: float = 1000.0,
    tolerance: float = 1e-10,
    max_iterations: int = 100,
    prior_precision: float = PRIOR_PRECISION,
) -> Fit:
    """Rate the models of `tallies`; any tallies give finite numbers (see the module's text).

    `anchor` is (model, rating): the whole board is shifted so that this model has that rating.
    Intervals keep their width, which is about the board's mean, so ranks do not depend on it.
    An anchor that is not among the models is left out, and `is_anchored` is False.
    Iteration stops when no θ moves by more than `tolerance`; `converged` is False when
    `max_iterations` came first. `prior_precision` is λ, used only where the data need it.
    """
    if not (scale > 0 and base > 1 and prior_precision > 0):
        raise ValueError("scale and prior_precision must be above 0, and base above 1.")
    n_battles = tallies.per_model(tallies.totals, tallies.totals)
    strong = strong_components(tallies)
    is_regularised = bool(np.any(strong != 0) or np.any(n_battles == 0))
    precision = prior_precision if is_regularised else 0.0
    theta, iterations, converged = _maximise(tallies, precision, tolerance, max_iterations)
    points = scale / math.log(base)
    covariance = _covariance(tallies, theta, precision, strong) * points**2
    ratings = centre + points * theta
    is_anchored = anchor is not None and anchor[0] in tallies.models
    if anchor is not None and is_anchored:
        ratings += anchor[1] - ratings[tallies.models.index(anchor[0])]
    standard_errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return Fit(
        models=tallies.models,
        ratings=ratings,
        standard_errors=standard_errors,
        lower=ratings - Z * standard_errors,
        upper=ratings + Z * standard_errors,
        covariance=covariance,
        n_battles=n_battles,
        wins=tallies.per_model(tallies.left_wins, tallies.right_wins),
        losses=tallies.per_model(tallies.right_wins, tallies.left_wins),
        ties=tallies.per_model(tallies.ties, tallies.ties),
        component=weak_components(tallies),
        converged=converged,
        iterations=iterations,
        is_regularised=is_regularised,
        is_anchored=is_anchored,
    )


def _maximise(
    tallies: Tallies, precision: float, tolerance: float, max_iterations: int
) -> tuple[Floats, int, bool]:
    """Newton's method from zero: (θ with mean zero, iterations, converged)."""
    theta = np.zeros(len(tallies.models))
    if not tallies.left.size:
        return theta, 0, True
    loss = _loss(tallies, theta, precision)
    for iteration in range(1, max_iterations + 1):
        gradient = _gradient(tallies, theta, precision)
        step = _solve(_information(tallies, theta, precision), gradient)
        size = float(np.abs(step).max())
        # Stopping on the loss instead would stop far too early on lopsided data.
        if size <= tolerance:
            theta = theta + step
            return theta - theta.mean(), iteration, True
        step *= min(1.0, STEP_CAP / size)
        theta, loss = _descend(tallies, theta, step, loss, precision)
    return theta - theta.mean(), max_iterations, False


def _descend(
    tallies: Tallies, theta: Floats, step: Floats, loss: float, precision: float
) -> tuple[Floats, float]:
    """Take the step, halved until the loss does not rise beyond its own rounding."""
    slack = 1e-12 * (1.0 + abs(loss))
    for _ in range(30):
        new_loss = _loss(tallies, theta + step, precision)
        if new_loss <= loss + slack:
            break
        step = step * 0.5
    return theta + step, new_loss


def _margins(tallies: Tallies, theta: Floats) -> Floats:
    return theta[tallies.left] - theta[tallies.right]


def _expected(tallies: Tallies, theta: Floats) -> Floats:
    """P(left beats right) of each pair, to full relative precision however small it is."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -_margins(tallies, theta))), dtype=np.float64)


def _variance(tallies: Tallies, theta: Floats) -> Floats:
    """p(1 − p) of each pair, without the cancellation of 1 − p where p is close to 1."""
    decay = np.exp(-np.abs(_margins(tallies, theta)))
    return decay / (1.0 + decay) ** 2


def _loss(tallies: Tallies, theta: Floats, precision: float) -> float:
    """The negative log posterior."""
    margins = _margins(tallies, theta)
    left_points = tallies.left_wins + 0.5 * tallies.ties
    right_points = tallies.right_wins + 0.5 * tallies.ties
    per_pair = left_points * np.logaddexp(0.0, -margins) + right_points * np.logaddexp(0.0, margins)
    return float(per_pair.sum() + 0.5 * precision * (theta @ theta))


def _gradient(tallies: Tallies, theta: Floats, precision: float) -> Floats:
    """Points won beyond those expected, for each model, less the pull of the prior."""
    m = len(tallies.models)
    p, q = _expected(tallies, theta), _expected(tallies, -theta)
    # Written with q rather than 1 − p, so that a sure winner's few losses keep their digits.
    surprise = (tallies.left_wins + 0.5 * tallies.ties) * q
    surprise -= (tallies.right_wins + 0.5 * tallies.ties) * p
    won = np.bincount(tallies.left, surprise, minlength=m)
    lost = np.bincount(tallies.right, surprise, minlength=m)
    return np.asarray(won - lost - precision * theta, dtype=np.float64)


def _laplacian(tallies: Tallies, weights: Floats) -> Floats:
    """Σ w (e_i − e_j)(e_i − e_j)ᵀ over the pairs, shape (M, M)."""
    m = len(tallies.models)
    matrix = np.zeros((m, m))
    matrix[tallies.left, tallies.right] = -weights
    matrix[tallies.right, tallies.left] = -weights
    np.fill_diagonal(matrix, -matrix.sum(axis=1))
    return matrix


def _information(tallies: Tallies, theta: Floats, precision: float) -> Floats:
    """The Hessian, made invertible by the prior or else by pinning the mean of θ."""
    m, n = len(tallies.models), tallies.totals
    hessian = _laplacian(tallies, n * _variance(tallies, theta))
    if precision:
        return hessian + precision * np.eye(m)
    # Along 1 the likelihood is flat and the gradient zero: this term fixes the gauge, nothing else.
    pinned: Floats = hessian + np.trace(hessian) / m**2
    return pinned


def _solve(matrix: Floats, right_hand_side: Floats) -> Floats:
    """Solve for a positive definite matrix by Cholesky, after scaling its diagonal to one.

    Without the scaling a model with three votes is lost in rounding beside one with a billion.
    """
    root = 1.0 / np.sqrt(np.diag(matrix))
    scaling = root if right_hand_side.ndim == 1 else root[:, None]
    factor = np.linalg.cholesky(matrix * np.outer(root, root))
    half_way = np.linalg.solve(factor, right_hand_side * scaling)
    return np.asarray(np.linalg.solve(factor.T, half_way) * scaling, dtype=np.float64)


def _covariance(tallies: Tallies, theta: Floats, precision: float, strong: Ints) -> Floats:
    """The sandwich H⁻¹BH⁻¹ of θ about its mean, shape (M, M).

    B adds up the squared scores of single votes: n_i(1−p)² + n_j p² + t(½−p)² a pair.
    Source: White 1982, https://doi.org/10.2307/1912526, here in closed form on the tallies.

    Where votes show no spread at all, they would claim certainty: a pair that crosses strongly
    connected components, or one with a model that has only ties. Such pairs take the model's own
    variance, n·p(1−p), and a prior in use adds its λ to B as it did to H.
    """
    m = len(tallies.models)
    if not m:
        return np.zeros((0, 0))
    bread = np.eye(m) * precision
    if tallies.left.size:
        bread = _information(tallies, theta, precision)
    meat = _laplacian(tallies, _squared_scores(tallies, theta, strong)) + precision * np.eye(m)
    half = _solve(bread, meat)
    covariance = _solve(bread, half.T)
    covariance = covariance - covariance.mean(axis=0)
    covariance = covariance - covariance.mean(axis=1)[:, None]
    unseen = tallies.per_model(tallies.totals, tallies.totals) == 0
    covariance[unseen, unseen] = 1.0 / precision if precision else 0.0
    symmetric: Floats = 0.5 * (covariance + covariance.T)
    return symmetric


def _squared_scores(tallies: Tallies, theta: Floats, strong: Ints) -> Floats:
    """What each pair adds to the middle of the sandwich."""
    left, right = tallies.left, tallies.right
    p, q = _expected(tallies, theta), _expected(tallies, -theta)
    seen = tallies.left_wins * q**2 + tallies.right_wins * p**2 + tallies.ties * (0.5 - p) ** 2
    decided = tallies.left_wins + tallies.right_wins
    only_ties = tallies.per_model(decided, decided) == 0
    without_spread = (strong[left] != strong[right]) | only_ties[left] | only_ties[right]
    return np.where(without_spread, tallies.totals * _variance(tallies, theta), seen)
