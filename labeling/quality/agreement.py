"""How far people who judge the same things agree. Pure: arrays in, frozen dataclasses out.

A judgement is one entry in three arrays of equal length: the unit judged, who judged, the value.
A value that is missing is an entry that is not there. Units with a single judgement say nothing
about agreement and are left out. A coefficient that is not defined (nothing was judged twice, or
only one value was ever used) is None, and so is an interval that there is too little for.

Sources: Krippendorff, *Computing Krippendorff's Alpha-Reliability* (2011); Cohen (1960) with the
variance of Fleiss, Cohen and Everitt (1969); Fleiss (1971), generalised to a number of raters that
differs by unit as in Gwet, *Handbook of Inter-Rater Reliability* (2014); Wilson (1927).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.quality.intervals import Z95, share

Level = Literal["nominal", "ordinal", "interval"]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DRAWS = 1_000


@dataclass(frozen=True)
class Estimate:
    """A coefficient with its 95 % interval."""

    value: float | None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class Agreement:
    """All coefficients of one set of judgements. Only what was judged twice is counted."""

    n_units: int
    n_judgements: int
    alpha: Estimate
    alpha_nominal: Estimate
    kappa: Estimate
    percent: Estimate


@dataclass(frozen=True)
class PairAgreement:
    """How far two raters agree on the units both judged. `first` < `second`."""

    first: int
    second: int
    n_units: int
    percent: Estimate
    kappa: Estimate


def measure(
    units: ArrayLike,
    values: ArrayLike,
    *,
    level: Level = "nominal",
    clusters: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Agreement:
    """Every coefficient of these judgements, all intervals from the same draws.

    `clusters` names, for each judgement, what is drawn as a whole in the bootstrap; by default
    the unit. Pairs of one ranking, say, are no independent units.
    """
    sums = _sums(units, values, clusters)
    resampled = sums.resample(draws, seed)

    def told(coefficient: Any, *arguments: Any) -> Estimate:
        point = coefficient(sums.total[None], sums.scale, *arguments)[0]
        return _estimate(point, coefficient(resampled, sums.scale, *arguments))

    percent = told(_percent)
    if percent.value is not None and percent.lower is None:
        percent = wilson(percent.value * sums.n_units, sums.n_units)
    return Agreement(
        n_units=sums.n_units,
        n_judgements=sums.n_judgements,
        alpha=told(_alpha, level),
        alpha_nominal=told(_alpha, "nominal"),
        kappa=told(_fleiss),
        percent=percent,
    )


def krippendorff_alpha(units: ArrayLike, values: ArrayLike, **options: Any) -> Estimate:
    """Krippendorff's alpha. Options: `level`, `clusters`, `draws`, `seed` of `measure`."""
    return measure(units, values, **options).alpha


def fleiss_kappa(units: ArrayLike, values: ArrayLike, **options: Any) -> Estimate:
    """Fleiss' kappa.

    Where units have unequal numbers of raters, observed agreement is the mean over units, and a
    value's share is the mean over units of its share in the unit: Gwet's generalisation, equal to
    Fleiss' own where all have the same number.
    """
    return measure(units, values, **options).kappa


def percent_agreement(units: ArrayLike, values: ArrayLike, **options: Any) -> Estimate:
    """The share of agreeing pairs of judgements of a unit, averaged over units."""
    return measure(units, values, **options).percent


def cohen_kappa(first: ArrayLike, second: ArrayLike) -> Estimate:
    """Cohen's kappa of two raters' values of the same units, with its analytic interval."""
    a, b = np.asarray(first), np.asarray(second)
    scale, codes = np.unique(np.concatenate([a, b]), return_inverse=True)
    table = np.zeros((1, len(scale), len(scale)))
    np.add.at(table[0], (codes[: len(a)], codes[len(a) :]), 1.0)
    value, error = _cohen(table)
    return _with_error(value[0], error[0])


def pairwise(units: ArrayLike, raters: ArrayLike, values: ArrayLike) -> list[PairAgreement]:
    """Percent agreement and Cohen's kappa of every two raters with a unit in common."""
    scale, codes = np.unique(np.asarray(values), return_inverse=True)
    people, who = np.unique(np.asarray(raters, dtype=np.int64), return_inverse=True)
    at, other = _pairs_within(np.asarray(units))
    if not len(at):
        return []
    swap = who[at] > who[other]
    at, other = np.where(swap, other, at), np.where(swap, at, other)
    keys, pair = np.unique(who[at] * len(people) + who[other], return_inverse=True)
    tables = np.zeros((len(keys), len(scale), len(scale)))
    np.add.at(tables, (pair, codes[at], codes[other]), 1.0)
    totals = tables.sum(axis=(1, 2))
    agreeing = np.trace(tables, axis1=1, axis2=2)
    kappas, errors = _cohen(tables)
    return [
        PairAgreement(
            first=int(people[key // len(people)]),
            second=int(people[key % len(people)]),
            n_units=int(totals[i]),
            percent=wilson(float(agreeing[i]), int(totals[i])),
            kappa=_with_error(kappas[i], errors[i]),
        )
        for i, key in enumerate(keys)
    ]


def wilson(successes: float, trials: int) -> Estimate:
    """A share with Wilson's score interval, which behaves at 0 and 1 and with few trials."""
    found = share(successes, trials)
    if found is None:
        return Estimate(None)
    return Estimate(found.value, min(found.low, found.value), max(found.high, found.value))


@dataclass(frozen=True)
class _Sums:
    """What the coefficients are made of: a sum over clusters, so that resampling is a product.

    A row holds the coincidences (K × K, flat), each value's share (K), the agreement of the units
    and their number. Clusters with equal rows are one row with a count: drawing n of N clusters
    with replacement is a multinomial draw over the different rows.
    """

    scale: Floats
    rows: Floats
    counts: Ints
    n_units: int
    n_judgements: int

    @property
    def total(self) -> Floats:
        summed: Floats = self.counts @ self.rows
        return summed

    def resample(self, draws: int, seed: int) -> Floats:
        n_clusters = int(self.counts.sum())
        if n_clusters < 2 or draws < 1:
            return np.empty((0, self.rows.shape[1]))
        rng = np.random.default_rng(seed)
        times = rng.multinomial(n_clusters, self.counts / n_clusters, size=draws)
        return times.astype(np.float64) @ self.rows


def _sums(units: ArrayLike, values: ArrayLike, clusters: ArrayLike | None) -> _Sums:
    unit, scale, counts, cluster = _tabulate(units, values, clusters)
    sizes = counts.sum(axis=1)
    k = len(scale)
    coincidences = counts[:, :, None] * counts[:, None, :]
    diagonal = np.arange(k)
    coincidences[:, diagonal, diagonal] -= counts
    agreeing = coincidences[:, diagonal, diagonal].sum(axis=1)
    coincidences /= (sizes - 1.0)[:, None, None]
    rows = np.column_stack(
        [
            coincidences.reshape(len(unit), k * k),
            counts / sizes[:, None],
            agreeing / (sizes * (sizes - 1.0)),
            np.ones(len(unit)),
        ]
    )
    _, place = np.unique(cluster, return_inverse=True)
    n_clusters = int(place.max()) + 1 if len(place) else 0
    if n_clusters < len(unit):
        whole = np.zeros((n_clusters, rows.shape[1]))
        np.add.at(whole, place, rows)
        rows = whole
    different, times = np.unique(rows, axis=0, return_counts=True)
    return _Sums(scale, different, times, len(unit), int(sizes.sum()))


def _tabulate(
    units: ArrayLike, values: ArrayLike, clusters: ArrayLike | None
) -> tuple[NDArray[Any], Floats, Floats, NDArray[Any]]:
    """The units judged at least twice, the values in order, counts (units × values), clusters."""
    unit, first, place = np.unique(np.asarray(units), return_index=True, return_inverse=True)
    scale, codes = np.unique(np.asarray(values, dtype=np.float64), return_inverse=True)
    flat = np.bincount(place * max(len(scale), 1) + codes, minlength=len(unit) * len(scale))
    counts = flat.reshape(len(unit), len(scale)).astype(np.float64)
    of_unit = unit if clusters is None else np.asarray(clusters)[first]
    twice = counts.sum(axis=1) >= 2
    return unit[twice], scale, counts[twice], of_unit[twice]


def _alpha(sums: Floats, scale: Floats, level: Level) -> Floats:
    """Krippendorff's alpha of each row of sums."""
    k = len(scale)
    observed = sums[:, : k * k].reshape(len(sums), k, k)
    n_values = observed.sum(axis=2)
    distance = _distance(n_values, scale, level)
    expected = (n_values[:, :, None] * n_values[:, None, :] * distance).sum(axis=(1, 2))
    total = n_values.sum(axis=1)
    disagreeing = (observed * distance).sum(axis=(1, 2))
    return 1.0 - _ratio(disagreeing * (total - 1.0), expected)


def _distance(n_values: Floats, scale: Floats, level: Level) -> Floats:
    """Squared differences between values, one matrix a row of `n_values`, or one for all."""
    if level == "nominal":
        return 1.0 - np.eye(len(scale))[None]
    if level == "interval":
        return ((scale[:, None] - scale[None, :]) ** 2)[None]
    # The rank of a value is the middle of the places its judgements take.
    middle = np.cumsum(n_values, axis=1) - n_values / 2.0
    squared: Floats = (middle[:, :, None] - middle[:, None, :]) ** 2
    return squared


def _fleiss(sums: Floats, scale: Floats) -> Floats:
    k = len(scale)
    n_units = sums[:, -1]
    shares = sums[:, k * k : k * k + k] / np.maximum(n_units, 1.0)[:, None]
    chance = (shares**2).sum(axis=1)
    return _ratio(_percent(sums, scale) - chance, 1.0 - chance)


def _percent(sums: Floats, scale: Floats) -> Floats:
    return _ratio(sums[:, -2], sums[:, -1])


def _ratio(above: Floats, below: Floats) -> Floats:
    """NaN where there is nothing, or rounding's remainder of it, to divide by."""
    is_there = below > 1e-12
    found: Floats = np.divide(above, below, out=np.full(below.shape, np.nan), where=is_there)
    return found


def _cohen(tables: Floats) -> tuple[Floats, Floats]:
    """Kappa and its standard error for a stack of tables (n × K × K) of counts."""
    n = tables.sum(axis=(1, 2))
    p = tables / np.maximum(n, 1.0)[:, None, None]
    by_first, by_second = p.sum(axis=2), p.sum(axis=1)
    same = np.trace(p, axis1=1, axis2=2)
    chance = (by_first * by_second).sum(axis=1)
    kappa = _ratio(same - chance, 1.0 - chance)
    lack = (1.0 - kappa)[:, None, None]
    share = by_second[:, :, None] + by_first[:, None, :]
    here = np.eye(tables.shape[1])[None]
    spread = (p * (here - share * lack) ** 2).sum(axis=(1, 2))
    centre = (kappa - chance * (1.0 - kappa)) ** 2
    variance = _ratio(np.maximum(spread - centre, 0.0), n * (1.0 - chance) ** 2)
    return kappa, np.sqrt(variance)


def _pairs_within(units: NDArray[Any]) -> tuple[Ints, Ints]:
    """Places of every two judgements of the same unit."""
    order = np.argsort(units, kind="stable")
    ordered = units[order]
    first, second = [], []
    lag = 1
    while lag < len(ordered):
        start = np.flatnonzero(ordered[lag:] == ordered[:-lag])
        if not len(start):
            break
        first.append(order[start])
        second.append(order[start + lag])
        lag += 1
    if not first:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return np.concatenate(first), np.concatenate(second)


def _estimate(point: float, drawn: Floats) -> Estimate:
    """The point with the 2.5 % and 97.5 % quantiles of the draws in which it is defined."""
    if not math.isfinite(point):
        return Estimate(None)
    defined = drawn[np.isfinite(drawn)]
    if len(defined) * 2 < len(drawn) or not len(defined) or np.ptp(defined) < 1e-12:
        return Estimate(float(point))
    lower, upper = np.quantile(defined, [0.025, 0.975])
    return Estimate(float(point), float(lower), float(upper))


def _with_error(value: float, error: float) -> Estimate:
    """An analytic interval, cut at what a coefficient can be; none where the error is nil."""
    if not math.isfinite(value):
        return Estimate(None)
    if not math.isfinite(error) or error < 1e-12:
        return Estimate(float(value))
    lower, upper = max(value - Z95 * error, -1.0), min(value + Z95 * error, 1.0)
    return Estimate(float(value), float(lower), float(upper))
