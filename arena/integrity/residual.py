"""Whether the latest votes still agree with the ratings of all before. No Django.

Whatever the other tests let through, a model that suddenly wins far more or far less than its
rating says was tampered with, or is another model behind the same name. Either way a person should
look before the board goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arena.integrity.evidence import Cast, Expected, Floats, two_sided

LEAST_VOTES = 100
LEAST_OF_A_MODEL = 30
LEAST_BEFORE = 500
LEAST_POINTS = 40.0
ALARM = 1e-6
POINTS = 400.0 / np.log(10.0)


@dataclass(frozen=True)
class Drift:
    """A model whose latest votes lie `points` of rating from what was expected of them."""

    model: int
    n_votes: int
    points: float
    p_value: float


def drifts(
    latest: Cast, weights: Floats, expected: Expected, covariance: Floats, n_before: int
) -> list[Drift]:
    """The models that drifted beyond chance.

    `expected` and `covariance` (M × M, log-odds) are of the `n_before` votes before; `weights`
    of the latest, shape (V,). With g the sum of weighted residuals and H the information of the
    latest votes, Var g = Σw²·var + H·C·H: the ratings before were estimates too.
    """
    if len(latest) < LEAST_VOTES or n_before < LEAST_BEFORE:
        return []
    m = expected.theta.size
    score = expected.score(latest.a, latest.b)
    off = weights * (latest.points - score)
    gradient = np.bincount(latest.a, off, m) - np.bincount(latest.b, off, m)
    own = _spread(latest, weights**2 * expected.variance(score), m)
    information = _spread(latest, weights * score * (1.0 - score), m)
    variance = np.diag(own + information @ covariance @ information)
    z = gradient / np.sqrt(np.maximum(variance, 1e-12))
    n_votes = np.bincount(np.concatenate([latest.a, latest.b]), minlength=m)
    p_values = np.minimum(two_sided(z) * m, 1.0)
    points = POINTS * gradient / np.maximum(np.diag(information), 1e-12)
    alarming = (p_values < ALARM) & (np.abs(points) >= LEAST_POINTS) & (n_votes >= LEAST_OF_A_MODEL)
    return [
        Drift(at, int(n_votes[at]), float(points[at]), float(p_values[at]))
        for at in np.nonzero(alarming)[0].tolist()
    ]


def _spread(latest: Cast, amounts: Floats, m: int) -> Floats:
    """Σ amount · (e_a − e_b)(e_a − e_b)ᵀ, shape (M, M)."""
    off = np.bincount(latest.a * m + latest.b, amounts, m * m).reshape(m, m)
    off = off + off.T
    return np.asarray(np.diag(off.sum(axis=1)) - off)
