"""Online Elo: after each battle, both ratings move by what the result surprised.

It depends on the order of the battles and never settles; it stands beside Bradley–Terry because
people know it. K = 4 and a start of 1000 are what FastChat's board used.
Source: Elo, The Rating of Chessplayers, Past and Present (1978).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

START = 1000.0
K = 4.0


def update(
    rating_a: float,
    rating_b: float,
    score: float,
    k: float = K,
    *,
    scale: float = 400.0,
    base: float = 10.0,
) -> tuple[float, float]:
    """Return both ratings after one battle; `score` is A's: 1 a win, ½ a tie, 0 a loss.

    What one side gains the other loses. Raises ValueError for a score outside 0…1.
    """
    if not 0.0 <= score <= 1.0:
        raise ValueError(f"A score lies between 0 and 1, not {score}.")
    # The logistic written as tanh cannot overflow, however far apart the ratings are.
    expected = 0.5 + 0.5 * math.tanh((rating_a - rating_b) * math.log(base) / (2.0 * scale))
    gain = k * (score - expected)
    return rating_a + gain, rating_b - gain


def replay(
    a: npt.NDArray[np.integer],
    b: npt.NDArray[np.integer],
    half_points: npt.NDArray[np.integer],
    *,
    n_models: int,
    start: float = START,
    k: float = K,
    scale: float = 400.0,
    base: float = 10.0,
) -> npt.NDArray[np.float64]:
    """Play votes one after another, in the order given; returns ratings of shape (n_models,).

    `a` and `b` are model indices, `half_points` what side A got: 2 for a win, 1 for a tie, 0 for
    a loss; all of shape (V,). A battle of a model with itself changes nothing. The same as
    calling `update` for each vote. Raises ValueError for anything out of range.
    """
    if not a.shape == b.shape == half_points.shape:
        raise ValueError("a, b and half_points must have the same length.")
    for name, codes, limit in (
        ("a", a, n_models),
        ("b", b, n_models),
        ("half_points", half_points, 3),
    ):
        if codes.size and not (codes.min() >= 0 and codes.max() < limit):
            raise ValueError(f"{name} must lie in 0…{limit - 1}.")
    ratings = [float(start)] * n_models
    slope, half_k, tanh = math.log(base) / (2.0 * scale), 0.5 * k, math.tanh
    # Plain lists: indexing NumPy arrays one number at a time is several times slower.
    for i, j, points in zip(a.tolist(), b.tolist(), half_points.tolist(), strict=True):
        if i != j:
            gain = half_k * (points - 1.0 - tanh((ratings[i] - ratings[j]) * slope))
            ratings[i] += gain
            ratings[j] -= gain
    return np.array(ratings)
