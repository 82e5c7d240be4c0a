"""Ranks that admit what the intervals leave open."""

from __future__ import annotations

import numpy as np

from arena.rating.bradley_terry import Fit
from arena.rating.tallies import Floats, Ints

DRAWS = 2000


def rank_bounds(
    lower: Floats, upper: Floats, *, component: Ints | None = None
) -> tuple[Ints, Ints]:
    """Return the best and the worst rank each model's interval allows, both of shape (M,).

    best_i = 1 + #{j: lower_j > upper_i}, worst_i = M − #{j: upper_j < lower_i}; intervals that
    only touch overlap. Where `component` is given, only models of the same component count as
    above or below: of the others nothing is known. Ranks start at 1. Raises ValueError for NaN or
    an interval inside out.
    """
    if not np.all(lower <= upper):
        raise ValueError("Each interval needs a lower bound that is not above its upper bound.")
    m = len(lower)
    groups = np.zeros(m, dtype=np.int64) if component is None else component
    best, worst = np.ones(m, dtype=np.int64), np.full(m, m, dtype=np.int64)
    for group in np.unique(groups):
        of_group = np.flatnonzero(groups == group)
        low, high = lower[of_group], upper[of_group]
        best[of_group] += len(low) - np.searchsorted(np.sort(low), high, side="right")
        worst[of_group] -= np.searchsorted(np.sort(high), low, side="left")
    return best, worst


def simultaneous_bounds(
    fitted: Fit, *, rng: np.random.Generator, level: float = 0.95, draws: int = DRAWS
) -> tuple[Floats, Floats]:
    """Intervals that hold for all models at once with the chance `level`, both of shape (M,).

    The half-width is c standard errors, where c is the `level` quantile of max_i |z_i| over
    Gaussian draws with the board's own correlations (max-t). A fit's own intervals hold for each
    model by itself: of a hundred of those about five miss.
    """
    scaled = _correlated(fitted, rng, draws) / _safe(fitted.standard_errors)
    largest = np.abs(scaled).max(axis=1, initial=0.0)
    half_widths = _quantile(largest, level) * fitted.standard_errors
    return fitted.ratings - half_widths, fitted.ratings + half_widths


def simultaneous_rank_bounds(
    fitted: Fit, *, rng: np.random.Generator, level: float = 0.95, draws: int = DRAWS
) -> tuple[Ints, Ints]:
    """Best and worst ranks that hold for all models at once, from differences of ratings.

    Model j is above i where θ_j − θ_i exceeds c of its standard errors, with c the `level` quantile
    of the largest such difference over Gaussian draws. Narrower than overlap of simultaneous
    intervals. Only models of one component are compared.
    Source: Mogstad, Romano, Shaikh and Wilhelm 2024, https://doi.org/10.1093/restud/rdad006.
    """
    variances = np.diag(fitted.covariance)
    spread = variances[:, None] + variances[None, :] - 2.0 * fitted.covariance
    comparable = fitted.component[:, None] == fitted.component[None, :]
    np.fill_diagonal(comparable, False)
    errors = np.where(comparable, np.sqrt(np.maximum(spread, 0.0)), np.inf)
    z, largest = np.ascontiguousarray(_correlated(fitted, rng, draws).T), np.zeros(draws)
    precision = 1.0 / _safe(errors)
    for i in range(1, len(variances)):
        scaled = z[:i] - z[i]
        scaled *= precision[i, :i, None]
        np.abs(scaled, out=scaled)
        np.maximum(largest, scaled.max(axis=0), out=largest)
    critical = _quantile(largest, level)
    gaps = np.where(comparable, fitted.ratings[None, :] - fitted.ratings[:, None], 0.0)
    with np.errstate(invalid="ignore"):
        margin = np.where(comparable, critical * errors, np.inf)
    n_above, n_below = (gaps > margin).sum(axis=1), (-gaps > margin).sum(axis=1)
    return 1 + n_above.astype(np.int64), len(variances) - n_below.astype(np.int64)


def _correlated(fitted: Fit, rng: np.random.Generator, draws: int) -> Floats:
    """Gaussian draws with the covariance of the ratings, shape (draws, M)."""
    values, vectors = np.linalg.eigh(fitted.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(rng.standard_normal((draws, len(values))) @ root.T, dtype=np.float64)


def _safe(errors: Floats) -> Floats:
    return np.where(errors > 0, errors, np.inf)


def _quantile(values: Floats, level: float) -> float:
    if not 0.0 < level < 1.0:
        raise ValueError("The level must be inside 0…1.")
    return float(np.quantile(values, level))
