"""Linear algebra that the models beyond plain Bradley–Terry share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from arena.rating.connectivity import strong_components
from arena.rating.tallies import Floats, Ints, Tallies

SMALLEST_PIVOT = 1e-6


def solve(matrix: Floats, right_hand_side: Floats) -> Floats:
    """Solve for a positive semidefinite matrix whose diagonal is positive.

    The diagonal is scaled to one first, without which a model with three votes is lost in rounding
    beside one with a billion. Where unknowns say the same, the answer is the least of all that do.
    """
    root = 1.0 / np.sqrt(np.diag(matrix))
    scaling = root if right_hand_side.ndim == 1 else root[:, None]
    scaled, target = matrix * np.outer(root, root), right_hand_side * scaling
    try:
        factor = np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:
        factor = np.zeros((1, 1))
    if np.diag(factor).min(initial=1.0) > SMALLEST_PIVOT:
        solved = np.linalg.solve(factor.T, np.linalg.solve(factor, target))
    else:
        solved = np.linalg.pinv(scaled, rcond=SMALLEST_PIVOT**2, hermitian=True) @ target
    return np.asarray(solved * scaling, dtype=np.float64)


def laplacian(m: int, left: Ints, right: Ints, weights: Floats) -> Floats:
    """Σ w (e_i − e_j)(e_i − e_j)ᵀ over unique pairs, shape (m, m)."""
    matrix = np.zeros((m, m))
    matrix[left, right] = matrix[right, left] = -weights
    np.fill_diagonal(matrix, -matrix.sum(axis=1))
    return matrix


def between(m: int, left: Ints, right: Ints, sums: Floats) -> Floats:
    """Σ s (e_i − e_j) over pairs, shape (m,)."""
    gained, lost = np.bincount(left, sums, m), np.bincount(right, sums, m)
    return np.asarray(gained - lost, dtype=np.float64)


def without_spread(tallies: Tallies) -> npt.NDArray[np.bool_]:
    """The pairs whose votes would claim certainty, shape (P,).

    They cross strongly connected components, or one of the two models has only ties. The middle of
    a sandwich takes the model's own variance for them, as `bradley_terry` does.
    """
    strong = strong_components(tallies)
    decided = tallies.weighed[:2].sum(axis=0)
    only_ties = tallies.per_model(decided, decided) == 0
    left, right = tallies.left, tallies.right
    crossing = strong[left] != strong[right]
    return np.asarray(crossing | only_ties[left] | only_ties[right], dtype=bool)


def pins(information: Floats, component: Ints, precision: Floats) -> Floats:
    """What makes an information matrix of θ invertible where no prior does, shape (M, M).

    Along a group's mean the likelihood is flat and the gradient zero: this fixes the mean of each
    group of models without a prior, and nothing else.
    """
    trace = np.bincount(component, np.diag(information))
    size = np.bincount(component)
    free = np.bincount(component, precision) == 0
    # Votes that say nothing at all leave no trace either.
    pin = np.where(free, np.maximum(trace, 1e-12) / np.maximum(size, 1) ** 2, 0.0)
    together = component[:, None] == component[None, :]
    return np.asarray(together * pin[component], dtype=np.float64)


def about_means(values: Floats, component: Ints) -> Floats:
    """Values less the mean of their group, shape (M,)."""
    sums, sizes = np.bincount(component, values), np.bincount(component)
    means = (sums / np.maximum(sizes, 1))[component]
    return np.asarray(values - means, dtype=np.float64)


def centred(covariance: Floats, component: Ints) -> Floats:
    """The covariance with the first M unknowns about the means of their groups, symmetric."""
    m = len(component)
    together = component[:, None] == component[None, :]
    centring = np.eye(len(covariance))
    centring[:m, :m] -= together / np.maximum(together.sum(axis=1), 1)[:, None]
    about = centring @ covariance @ centring.T
    return np.asarray(0.5 * (about + about.T), dtype=np.float64)
