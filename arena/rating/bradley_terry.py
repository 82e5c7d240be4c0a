"""Bradley–Terry ratings with ties, fitted on tallies by Newton's method.

The model: P(i beats j) = σ(θ_i − θ_j), a tie is half a win each (or as `ties` says), mean(θ) = 0,
and a rating is centre + θ · scale / ln(base). Each vote counts with its weight. The cost does not
depend on the number of votes.

**When the data cannot say.** A finite maximum exists where everyone can be reached from everyone
along wins and ties (`connectivity.strong_components`). Where it does not (a model that won or
lost everything, groups that never met, no votes), `Fit.is_regularised` says so:

- Each group that never met another (`Fit.component`) is rated apart and has its own mean at
  `centre`; compare ratings within a component only.
- A group that its votes alone cannot rate is rated by the maximum a posteriori under independent
  priors θ ~ N(0, 1/λ), and `Fit.leans_on_prior` marks its models. λ = 0.1 is a standard deviation
  of 549 points on the Elo scale: about ten times wider than a board's intervals, so a model with
  a hundred battles hardly feels it.
- A model without a vote that weighs stays at `centre`, as uncertain as the prior.

**Threads.** The matrices are M × M; splitting them over threads costs more than it saves. Callers
should start the process with OPENBLAS_NUM_THREADS=1; nothing is set here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from arena.rating.connectivity import strong_components, ties_have_a_measure, weak_components
from arena.rating.likelihood import STEP_CAP, Likelihood, maximise, sandwich
from arena.rating.linear import without_spread
from arena.rating.tallies import Floats, Ints, Tallies
from arena.rating.ties import MODELS, TieModel, Ties

__all__ = ["PRIOR_PRECISION", "STEP_CAP", "Fit", "Floats", "Z", "fit", "strengths"]

Bools = npt.NDArray[np.bool_]

Z = 1.959964
PRIOR_PRECISION = 0.1


@dataclass(frozen=True, eq=False)
class Fit:
    """One computation of a board: M models in the order of `models`, arrays read-only.

    `ratings`, `standard_errors`, `lower`, `upper` have shape (M,) and are in rating points, as
    is the root of `covariance` (M, M). Intervals are at 95 %, each model's own, and about the mean
    of its component. `n_battles` is `wins` + `losses` + `ties`: all votes, whatever they weigh;
    `weight` is what they weigh together. `component` numbers the groups that votes connect, 0 the
    largest. `is_anchored` says whether the anchor asked for was among the models and moved the
    board. `theta` are the ratings in log-odds, each component's mean at 0; with `tie_parameter`
    (Davidson's ν, Rao–Kupper's ϑ, or None) and its standard error `tie_error` (None where the
    votes hold no tie) they give the chance of any outcome. `points` is what one log-odd is worth
    in rating points.
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
    weight: Floats
    leans_on_prior: Bools
    theta: Floats
    points: float
    tie_model: Ties = "half"
    tie_parameter: float | None = None
    tie_error: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)


def fit(
    tallies: Tallies,
    *,
    ties: Ties = "half",
    start: Fit | None = None,
    anchor: tuple[str, float] | None = None,
    scale: float = 400.0,
    base: float = 10.0,
    centre: float = 1000.0,
    tolerance: float = 1e-10,
    max_iterations: int = 100,
    prior_precision: float = PRIOR_PRECISION,
) -> Fit:
    """Rate the models of `tallies`; any tallies give finite numbers (see the module's text).

    `anchor` is (model, rating): the board is shifted so that this model has that rating, and
    `is_anchored` is False where it is not among the models. Intervals keep their width, which is
    about the mean, so ranks do not depend on it. `start` is an earlier fit, of whichever models:
    it saves iterations and changes the result by rounding only; leave it out where two
    computations must agree to the last bit. Without a tie among the votes, Davidson and Rao–Kupper
    are plain Bradley–Terry with ν = 0 or ϑ = 1.
    Iteration stops when nothing moves by more than `tolerance` (in log-odds); `converged` is False
    when `max_iterations` came first. `prior_precision` is λ, used only where the data need it.
    """
    if not (scale > 0 and base > 1 and prior_precision > 0):
        raise ValueError("scale and prior_precision must be above 0, and base above 1.")
    points, m = scale / math.log(base), len(tallies.models)
    strong, weight = strong_components(tallies), _weight(tallies)
    problem = _problem(tallies, ties, strong, prior_precision)
    unknowns, iterations, converged = maximise(
        problem, _start(problem, start), tolerance, max_iterations
    )
    theta = unknowns[:m] - _means(unknowns[:m], problem.component)
    covariance = _covariance(problem, unknowns, weight, prior_precision)
    covariance_in_points = covariance[:m, :m] * points**2
    ratings = centre + points * theta
    is_anchored = anchor is not None and anchor[0] in tallies.models
    if anchor is not None and is_anchored:
        ratings += anchor[1] - ratings[tallies.models.index(anchor[0])]
    standard_errors = np.sqrt(np.maximum(np.diag(covariance_in_points), 0.0))
    tie_parameter, tie_error = _tie_measure(ties, problem.ties, unknowns, covariance)
    return Fit(
        models=tallies.models,
        ratings=ratings,
        standard_errors=standard_errors,
        lower=ratings - Z * standard_errors,
        upper=ratings + Z * standard_errors,
        covariance=covariance_in_points,
        n_battles=tallies.per_model(tallies.totals, tallies.totals),
        wins=tallies.per_model(tallies.left_wins, tallies.right_wins),
        losses=tallies.per_model(tallies.right_wins, tallies.left_wins),
        ties=tallies.per_model(tallies.ties, tallies.ties),
        component=problem.component,
        converged=converged,
        iterations=iterations,
        is_regularised=bool(np.any(strong != 0) or np.any(weight == 0)),
        is_anchored=is_anchored,
        weight=weight,
        leans_on_prior=problem.precision[:m] > 0,
        theta=theta,
        points=points,
        tie_model=ties,
        tie_parameter=tie_parameter,
        tie_error=tie_error,
    )


def strengths(tallies: Tallies, *, ties: Ties, start: Fit) -> tuple[Floats, Ints]:
    """θ and components alone, as `fit` finds them, for those who rate thousands of boards."""
    problem = _problem(tallies, ties, strong_components(tallies), PRIOR_PRECISION)
    unknowns, _, _ = maximise(problem, _start(problem, start), 1e-8, 100)
    theta = unknowns[: problem.n_models]
    return theta - _means(theta, problem.component), problem.component


def _problem(tallies: Tallies, ties: Ties, strong: Ints, prior_precision: float) -> Likelihood:
    """The likelihood, with a prior on those groups and parameters that their votes do not fix."""
    component = weak_components(tallies)
    tied = bool(tallies.weighed[2].any())
    model = MODELS[ties] if tied else MODELS["half"]
    precision = np.zeros(len(tallies.models) + model.n_parameters)
    n_strong = [len(set(strong[component == c].tolist())) for c in range(_n_groups(component))]
    needs_prior = (np.array(n_strong) > 1) | (np.bincount(component) == 1)
    precision[: len(component)] = prior_precision * needs_prior[component]
    if model.n_parameters and not ties_have_a_measure(tallies):
        precision[-1] = prior_precision
    return Likelihood(tallies, model, component, precision)


def _n_groups(component: Ints) -> int:
    return int(component.max(initial=-1)) + 1


def _weight(tallies: Tallies) -> Floats:
    """What each model's votes weigh, shape (M,)."""
    weight = tallies.weighed.sum(axis=0)
    return tallies.per_model(weight, weight)


def _start(problem: Likelihood, previous: Fit | None) -> Floats:
    """Zero, or where an earlier fit left the models that it knew."""
    tallies, m = problem.tallies, problem.n_models
    unknowns = np.zeros(len(problem.precision))
    if previous is not None:
        known = dict(zip(previous.models, previous.theta.tolist(), strict=True))
        unknowns[:m] = [known.get(model, 0.0) for model in tallies.models]
    if problem.ties.n_parameters:
        weights = tallies.weighed
        unknowns[m:] = problem.ties.start(min(max(weights[2].sum() / weights.sum(), 1e-6), 0.95))
    return unknowns


def _means(theta: Floats, component: Ints) -> Floats:
    """The mean of each model's group, shape (M,)."""
    sums, sizes = np.bincount(component, theta), np.bincount(component)
    means: Floats = (sums / np.maximum(sizes, 1))[component]
    return means


def _covariance(
    problem: Likelihood, unknowns: Floats, weight: Floats, prior_precision: float
) -> Floats:
    """The sandwich of the unknowns, in log-odds.

    Where votes show no spread at all, they would claim certainty: such pairs take the model's own
    variance, and a prior in use adds its λ to the middle as it did to H.
    """
    if not len(unknowns):
        return np.zeros((0, 0))
    covariance = sandwich(problem, unknowns, without_spread(problem.tallies))
    unseen = np.flatnonzero(weight == 0)
    covariance[unseen, unseen] = 1.0 / prior_precision
    return covariance


def _tie_measure(
    ties: Ties, model: TieModel, unknowns: Floats, covariance: Floats
) -> tuple[float | None, float | None]:
    """ν or ϑ, and its standard error by the delta method."""
    if ties == "half":
        return None, None
    if not model.n_parameters:
        return (0.0 if ties == "davidson" else 1.0), None
    parameter = math.exp(unknowns[-1])
    return parameter, parameter * math.sqrt(max(covariance[-1, -1], 0.0))
