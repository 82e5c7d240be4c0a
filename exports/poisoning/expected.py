"""What verdict is to be expected of two answers: by their models and lengths. No Django."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exports.poisoning.aside import Rows
from exports.poisoning.judged import Judged
from exports.poisoning.statistics import Bools, Floats, Ints

MOST_MODELS = 300
RIDGE = 1.0
STEPS = 12
LIMITS = (0.03, 0.97)


@dataclass(frozen=True, eq=False)
class Expected:
    """`of_verdict`, shape (N,): how likely the verdict was that was given, ½ where there was none.
    `strength` is each model's in log-odds, `per_length` what ln(length ratio) adds."""

    of_verdict: Floats
    strength: Floats
    per_length: float


def expected(judged: Judged, n_models: int) -> Expected:
    """A logistic fit of all verdicts, with a ridge, by Newton's method: who wins, and what a
    longer answer gains. Models beyond the three hundred most judged are one."""
    models = _fewer(judged, n_models)
    fitted = _fit(judged, models)
    chance = np.full(len(judged), 0.5)
    for at, pairs in judged.pairs():
        chance[at] = _chances(fitted, *_sides(pairs, models))
    np.clip(chance, *LIMITS, out=chance)
    return Expected(chance, fitted[:-1][models], float(fitted[-1]))


def _fewer(judged: Judged, n_models: int) -> Ints:
    """The number in the fit of each model's code; 0 is everybody else."""
    games = np.zeros(n_models, np.int64)
    for _, pairs in judged.pairs():
        for side in ("better", "worse"):
            games += np.bincount(pairs[side], minlength=n_models)
    games[0] = 0
    out = np.zeros(n_models, np.int64)
    most = np.argsort(-games, kind="stable")[:MOST_MODELS]
    most = most[games[most] > 0]
    out[most] = np.arange(1, most.size + 1)
    return out


def _sides(pairs: Rows, models: Ints) -> tuple[Ints, Ints, Floats]:
    """The numbers in the fit of the better and the worse model, and what there is of length."""
    return models[pairs["better"]], models[pairs["worse"]], np.clip(pairs["length"], -3.0, 3.0)


def _chances(fitted: Floats, better: Ints, worse: Ints, length: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(fitted[worse] - fitted[better] - fitted[-1] * length)))


def _fit(judged: Judged, models: Ints) -> Floats:
    n = int(models.max(initial=0)) + 1
    fitted = np.zeros(n + 1)
    for _ in range(STEPS):
        gradient, curvature = -RIDGE * fitted, RIDGE * np.eye(n + 1)
        for _, pairs in judged.pairs():
            better, worse, length = _sides(pairs, models)
            chance = _chances(fitted, better, worse, length)
            weight, miss = chance * (1 - chance), 1 - chance
            gradient[:n] += np.bincount(better, miss, n) - np.bincount(worse, miss, n)
            gradient[n] += float(miss @ length)
            curvature += _curvature(better, worse, length, weight, n)
        step = np.linalg.solve(curvature, gradient)
        fitted += np.clip(step, -2.0, 2.0)
        if np.abs(step).max(initial=0.0) < 1e-8:
            break
    return fitted


def _curvature(better: Ints, worse: Ints, length: Floats, weight: Floats, n: int) -> Floats:
    out = np.zeros((n + 1, n + 1))
    cross = np.bincount(better * n + worse, weight, n * n).reshape(n, n)
    both = cross + cross.T
    out[:n, :n] = np.diag(both.sum(axis=1)) - both
    tilt = weight * length
    out[:n, n] = np.bincount(better, tilt, n) - np.bincount(worse, tilt, n)
    out[n, :n] = out[:n, n]
    out[n, n] = float(tilt @ length)
    return out


def is_upset(chances: Floats) -> Bools:
    return np.asarray(chances < 0.5)
