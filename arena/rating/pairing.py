"""How much one more vote between two models would teach: what pairs are drawn by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from arena.rating.bradley_terry import PRIOR_PRECISION

Floats = npt.NDArray[np.float64]


def expected_reduction(theta: Floats, votes: Floats, *, prior: float = PRIOR_PRECISION) -> Floats:
    """By how much one vote of each pair is expected to shrink the summed variance of all ratings.

    `theta` are log-odds, shape (M,); `votes` is symmetric, shape (M, M): how much has been voted
    between each two. With C the inverse of the information, u = C(e_a − e_b), q = u_a − u_b and
    h = p(1 − p), a vote takes h‖u‖² / (1 + hq) off the trace of C (Sherman and Morrison 1950,
    https://doi.org/10.1214/aoms/1177729893). The prior lets models without a vote in.
    Shape (M, M), symmetric, zero on the diagonal.
    """
    margins = theta[:, None] - theta[None, :]
    decay = np.exp(-np.abs(margins))
    h = decay / (1.0 + decay) ** 2
    weights = votes * h
    np.fill_diagonal(weights, 0.0)
    information = np.diag(weights.sum(axis=1) + prior) - weights
    inverse = np.linalg.inv(information)
    # How it is rounded is the machine's affair.
    covariance = (inverse + inverse.T) / 2.0
    own = np.diag(covariance)
    q = own[:, None] + own[None, :] - 2.0 * covariance
    gram = covariance @ covariance.T
    squares = np.diag(gram)
    length = squares[:, None] + squares[None, :] - 2.0 * gram
    reduction: Floats = h * length / (1.0 + h * q)
    np.fill_diagonal(reduction, 0.0)
    return np.maximum(reduction, 0.0)
