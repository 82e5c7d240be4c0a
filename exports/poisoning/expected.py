"""What verdict is to be expected of two answers: by their models and lengths. No Django."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exports.poisoning.gathering import Judged
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
    pair = judged.is_pair
    models = _fewer(judged, n_models)
    better, worse = models[judged.better[pair]], models[judged.worse[pair]]
    length = np.clip(judged.length[pair], -3.0, 3.0)
    n = int(models.max(initial=0)) + 1
    fitted = _fit(better, worse, length, n)
    chance = np.full(len(judged), 0.5)
    chance[pair] = _chances(fitted, better, worse, length)
    return Expected(np.clip(chance, *LIMITS), fitted[:-1][models], float(fitted[-1]))


def _fewer(judged: Judged, n_models: int) -> Ints:
    """The number in the fit of each model's code; 0 is everybody else."""
    pair = judged.is_pair
    games = np.bincount(judged.better[pair], minlength=n_models)
    games = games + np.bincount(judged.worse[pair], minlength=n_models)
    games[0] = 0
    out = np.zeros(n_models, np.int64)
    most = np.argsort(-games, kind="stable")[:MOST_MODELS]
    most = most[games[most] > 0]
    out[most] = np.arange(1, most.size + 1)
    return out


def _chances(fitted: Floats, better: Ints, worse: Ints, length: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(fitted[worse] - fitted[better] - fitted[-1] * length)))


def _fit(better: Ints, worse: Ints, length: Floats, n: int) -> Floats:
    fitted = np.zeros(n + 1)
    for _ in range(STEPS):
        chance = _chances(fitted, better, worse, length)
        weight, miss = chance * (1 - chance), 1 - chance
        gradient = -RIDGE * fitted
        gradient[:n] += np.bincount(better, miss, n) - np.bincount(worse, miss, n)
        gradient[n] += float(miss @ length)
        step = np.linalg.solve(_curvature(better, worse, length, weight, n), gradient)
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
    return out + RIDGE * np.eye(n + 1)


def is_upset(chances: Floats) -> Bools:
    return np.asarray(chances < 0.5)
