"""Ratings of models from the project's own comparisons, for how far apart they are known. Pure.

Bradley and Terry's model with a normal prior, so that every difference has a finite width however
little was judged: maximum a posteriori by Newton's method, the covariance from the curvature
there. A tie is half a win each; both bad says nothing of which is better and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PRIOR_DEVIATION = 1.5
"""Of a strength in logits: about 260 points."""
STEPS = 100
POINTS = {"a": 1.0, "tie": 0.5, "b": 0.0}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ratings:
    """Strengths in logits, and their covariance, in the order of `names`."""

    names: tuple[str, ...]
    strength: Floats
    covariance: Floats

    def deviation(self, first: str, second: str) -> float:
        """Of the difference of two models; one that was never judged is as the prior has it."""
        places = {name: at for at, name in enumerate(self.names)}
        a, b = places.get(first), places.get(second)
        own = [self.covariance[at, at] if at is not None else PRIOR_DEVIATION**2 for at in (a, b)]
        shared = self.covariance[a, b] if a is not None and b is not None else 0.0
        return float(np.sqrt(max(sum(own) - 2 * shared, 0.0)))


def fit(verdicts: Iterable[tuple[str, str, str]]) -> Ratings:
    """From (model, model, verdict), the verdict one of a, tie, b and both_bad."""
    rows = [row for row in verdicts if row[2] in POINTS and row[0] != row[1]]
    names = tuple(sorted({name for a, b, _ in rows for name in (a, b)}))
    places = {name: at for at, name in enumerate(names)}
    first = np.array([places[a] for a, _, _ in rows], dtype=np.int64)
    second = np.array([places[b] for _, b, _ in rows], dtype=np.int64)
    points = np.array([POINTS[verdict] for _, _, verdict in rows])
    strength = np.zeros(len(names))
    prior = np.eye(len(names)) / PRIOR_DEVIATION**2
    curvature = prior
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(strength[second] - strength[first]))
        slope = -strength / PRIOR_DEVIATION**2
        np.add.at(slope, first, points - p)
        np.add.at(slope, second, p - points)
        curvature = prior + _laplacian(first, second, p * (1 - p), len(names))
        step = np.linalg.solve(curvature, slope) if len(names) else slope
        strength = strength + np.clip(step, -2, 2)
        if not len(step) or float(np.abs(step).max()) < 1e-10:
            break
    covariance: Floats = np.asarray(np.linalg.inv(curvature) if names else curvature, np.float64)
    return Ratings(names, strength, covariance)


def _laplacian(
    first: NDArray[np.int64], second: NDArray[np.int64], weight: Floats, size: int
) -> Floats:
    found = np.zeros((size, size))
    np.add.at(found, (first, first), weight)
    np.add.at(found, (second, second), weight)
    np.add.at(found, (first, second), -weight)
    np.add.at(found, (second, first), -weight)
    return found
