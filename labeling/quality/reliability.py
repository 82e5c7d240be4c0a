"""Who can be relied on, and what is probably true, from judgements alone. Pure.

Dawid and Skene, *Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm*
(1979); and Bradley–Terry with the reliability and the lean of each annotator, after Bugakova et al.
(2019), fitted by maximum a posteriori.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SMALLEST = 1e-10
MEMORY = 12


@dataclass(frozen=True)
class DawidSkene:
    """Probabilities of the true class of each task, and each worker's errors.

    `errors[w, l, c]` is the probability that worker w says l where c is true; labels that a worker
    never used have zeros. `has_converged` says whether no probability moved by more than the
    tolerance in the last step.
    """

    posteriors: Floats
    priors: Floats
    errors: Floats
    n_steps: int
    has_converged: bool

    @property
    def reliability(self) -> Floats:
        """The probability, worker by worker, of saying what is true."""
        right = np.diagonal(self.errors, axis1=1, axis2=2)
        expected: Floats = right @ self.priors
        return expected


def dawid_skene(
    tasks: ArrayLike,
    workers: ArrayLike,
    labels: ArrayLike,
    *,
    n_classes: int,
    tolerance: float = 1e-4,
    most_steps: int = 1_000,
) -> DawidSkene:
    """Fit by EM from the shares of each task's labels.

    `tasks` and `workers` are codes from 0 without gaps, `labels` codes below `n_classes`. All
    products are sums of logarithms. Raises ValueError without any judgement.
    """
    task, worker, label = (np.asarray(a, dtype=np.int64) for a in (tasks, workers, labels))
    if not len(task):
        raise ValueError("There is nothing to fit.")
    n_tasks, n_workers = int(task.max()) + 1, int(worker.max()) + 1
    cell = worker * n_classes + label
    used = np.bincount(cell, minlength=n_workers * n_classes).reshape(n_workers, n_classes) > 0
    posteriors = _group_sum(task, np.eye(n_classes)[label], n_tasks)
    posteriors /= posteriors.sum(axis=1, keepdims=True)
    priors, errors = _maximise(posteriors, task, cell, used)
    change, step = np.inf, 0
    while step < most_steps and change > tolerance:
        before = posteriors
        posteriors = _expect(priors, errors, task, cell, n_tasks)
        priors, errors = _maximise(posteriors, task, cell, used)
        change, step = float(np.abs(posteriors - before).max()), step + 1
    return DawidSkene(posteriors, priors, errors, step, change <= tolerance)


def _expect(priors: Floats, errors: Floats, task: Ints, cell: Ints, n_tasks: int) -> Floats:
    k = len(priors)
    logs = np.log(np.maximum(errors, SMALLEST)).reshape(-1, k)[cell]
    likelihood = np.log(np.maximum(priors, SMALLEST)) + _group_sum(task, logs, n_tasks)
    likelihood -= likelihood.max(axis=1, keepdims=True)
    weights = np.exp(likelihood)
    scaled: Floats = weights / weights.sum(axis=1, keepdims=True)
    return scaled


def _maximise(
    posteriors: Floats, task: Ints, cell: Ints, used: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    n_workers, k = used.shape
    counts = _group_sum(cell, posteriors[task], n_workers * k).reshape(n_workers, k, k)
    # A label in use keeps a trace of probability, so that no logarithm of zero decides a task.
    counts = np.where(used[:, :, None], np.maximum(counts, SMALLEST), 0.0)
    totals = counts.sum(axis=1, keepdims=True)
    errors: Floats = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    return posteriors.mean(axis=0), errors


def _group_sum(groups: Ints, rows: Floats, n_groups: int) -> Floats:
    """Sums of rows by group; bincount is several times faster than adding at places."""
    columns = [np.bincount(groups, weights=rows[:, c], minlength=n_groups)
               for c in range(rows.shape[1])]  # fmt: skip
    return np.column_stack(columns)


@dataclass(frozen=True)
class NoisyBradleyTerry:
    """Strengths of items; the reliability and lean of each worker.

    A worker looks with probability `reliability` and then prefers the first of two with
    probability σ(strength₁ − strength₂); otherwise they press a button, the first one with
    probability `lean`.
    """

    strengths: Floats
    reliability: Floats
    lean: Floats
    log_posterior: float
    largest_gradient: float
    n_steps: int
    has_converged: bool


@dataclass(frozen=True)
class Duels:
    """Judgements of pairs: items, worker, and points of the first: 1, ½ (equal) or 0."""

    first: Ints
    second: Ints
    worker: Ints
    points: Floats
    n_items: int
    n_workers: int


def noisy_bradley_terry(
    duels: Duels, *, tolerance: float = 1e-6, most_steps: int = 500
) -> NoisyBradleyTerry:
    """The most probable strengths, reliabilities and leans, by limited-memory BFGS.

    Priors: strengths N(0, 2²), so that items that only ever won stay finite; logit of reliability
    N(1.5, 1), about 0.82; logit of lean N(0, 1). Converged when no partial derivative exceeds
    `tolerance` times the number of judgements.
    """
    start = np.concatenate(
        [np.zeros(duels.n_items), np.full(duels.n_workers, 1.5), np.zeros(duels.n_workers)]
    )
    limit = tolerance * max(len(duels.points), 1)
    at, steps = _minimise(lambda x: _loss(x, duels), start, limit=limit, most_steps=most_steps)
    loss, gradient = _loss(at, duels)
    strengths, looks, lean = _cut(at, duels)
    largest = float(np.abs(gradient).max()) if len(gradient) else 0.0
    return NoisyBradleyTerry(
        strengths, _sigmoid(looks), _sigmoid(lean), -loss, largest, steps, largest <= limit
    )


def log_posterior(parameters: Floats, duels: Duels) -> tuple[float, Floats]:
    """Its value (up to a constant) and gradient at (strengths, logit reliability, logit lean)."""
    loss, gradient = _loss(parameters, duels)
    return -loss, -gradient


def _cut(x: Floats, duels: Duels) -> tuple[Floats, Floats, Floats]:
    strengths, looks, lean = np.split(x, [duels.n_items, duels.n_items + duels.n_workers])
    return strengths, looks, lean


def _loss(x: Floats, duels: Duels) -> tuple[float, Floats]:
    """Minus the log posterior. An equal judgement is half a win for each."""
    strengths, looks, lean = _cut(x, duels)
    win = _sigmoid(strengths[duels.first] - strengths[duels.second])
    r, q = _sigmoid(looks)[duels.worker], _sigmoid(lean)[duels.worker]
    # Kept off 0 and 1, where a logarithm would end the search.
    p = np.clip(r * win + (1.0 - r) * q, SMALLEST, 1.0 - SMALLEST)
    y = duels.points
    value = (y * np.log(p) + (1.0 - y) * np.log1p(-p)).sum()
    by_p = y / p - (1.0 - y) / (1.0 - p)
    by_gap = by_p * r * win * (1.0 - win)
    gradient = np.concatenate(
        [
            np.bincount(duels.first, by_gap, duels.n_items)
            - np.bincount(duels.second, by_gap, duels.n_items),
            np.bincount(duels.worker, by_p * (win - q) * r * (1.0 - r), duels.n_workers),
            np.bincount(duels.worker, by_p * (1.0 - r) * q * (1.0 - q), duels.n_workers),
        ]
    )
    prior = np.concatenate([strengths / 4.0, looks - 1.5, lean])
    value -= (strengths**2).sum() / 8.0 + ((looks - 1.5) ** 2).sum() / 2.0 + (lean**2).sum() / 2.0
    return float(-value), prior - gradient


def _sigmoid(x: Floats) -> Floats:
    half: Floats = 0.5 * (1.0 + np.tanh(0.5 * x))
    return half


def _minimise(
    function: Callable[[Floats], tuple[float, Floats]], x: Floats, *, limit: float, most_steps: int
) -> tuple[Floats, int]:
    """Limited-memory BFGS (Nocedal and Wright, algorithm 7.4) with backtracking."""
    value, gradient = function(x)
    moves: list[tuple[Floats, Floats]] = []
    for step in range(most_steps):
        if not len(gradient) or np.abs(gradient).max() <= limit:
            return x, step
        direction = -_inverse_hessian_times(gradient, moves)
        slope = float(direction @ gradient)
        if slope >= 0.0:
            moves, direction, slope = [], -gradient, -float(gradient @ gradient)
        length = 1.0 if moves else min(1.0, 1.0 / float(np.abs(gradient).max()))
        while True:
            new_x = x + length * direction
            new_value, new_gradient = function(new_x)
            if new_value <= value + 1e-4 * length * slope:
                break
            length *= 0.5
            if length < 1e-12:
                return x, step
        moved, turned = new_x - x, new_gradient - gradient
        if moved @ turned > 1e-12:
            moves = [*moves[-(MEMORY - 1) :], (moved, turned)]
        x, value, gradient = new_x, new_value, new_gradient
    return x, most_steps


def _inverse_hessian_times(gradient: Floats, moves: list[tuple[Floats, Floats]]) -> Floats:
    result = gradient.copy()
    factors = []
    for moved, turned in reversed(moves):
        factor = (moved @ result) / (moved @ turned)
        result -= factor * turned
        factors.append(factor)
    if moves:
        moved, turned = moves[-1]
        result *= (moved @ turned) / (turned @ turned)
    for (moved, turned), factor in zip(moves, reversed(factors), strict=True):
        result += (factor - (turned @ result) / (moved @ turned)) * moved
    return result
