"""Agreement beside published figures, independent implementations and its own properties."""

import csv
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from labeling.quality.agreement import (
    Level,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    measure,
    pairwise,
    percent_agreement,
    wilson,
)

CROWD = Path(__file__).parents[3] / "shared/data/crowd-comparisons/llmfao_votes_crowd.csv"
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval")

# Krippendorff (2011), section C: four observers, twelve units, some missing.
OBSERVERS = [
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
]
# Fleiss (1971) as worked through in Wikipedia's article: ten subjects, fourteen raters.
SUBJECTS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]

Judged = tuple[list[int], list[int], list[int]]
"""Units, raters, values."""


def judged(rows: list[str]) -> Judged:
    found = [
        (unit, rater, int(value))
        for rater, row in enumerate(rows)
        for unit, value in enumerate(row.split())
        if value != "."
    ]
    units, raters, values = (list(column) for column in zip(*found, strict=True))
    return units, raters, values


@st.composite
def judgements(draw: st.DrawFn) -> Judged:
    """Two to five raters, one to twelve units, values missing here and there."""
    n_raters, n_units = draw(st.integers(2, 5)), draw(st.integers(1, 12))
    cell = st.one_of(st.none(), st.integers(-3, 3))
    table = draw(
        st.lists(
            st.lists(cell, min_size=n_units, max_size=n_units),
            min_size=n_raters,
            max_size=n_raters,
        )
    )
    found = [(u, r, v) for r, row in enumerate(table) for u, v in enumerate(row) if v is not None]
    return [f[0] for f in found], [f[1] for f in found], [f[2] for f in found]


def matrix(units: list[int], raters: list[int], values: list[int]) -> Any:
    filled = np.full((max(raters) + 1, max(units) + 1), np.nan)
    filled[raters, units] = values
    return filled


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_is_what_krippendorff_worked_out(level: Level, alpha: float) -> None:
    units, _, values = judged(OBSERVERS)
    assert round(krippendorff_alpha(units, values, level=level).value or 0, 3) == alpha


def test_fleiss_kappa_is_what_the_worked_table_gives() -> None:
    units = [u for u, row in enumerate(SUBJECTS) for n in row for _ in range(n)]
    values = [v for row in SUBJECTS for v, n in enumerate(row) for _ in range(n)]
    assert round(fleiss_kappa(units, values).value or 0, 3) == 0.210
    assert round(percent_agreement(units, values).value or 0, 3) == 0.378


@settings(max_examples=150, deadline=None)
@given(judgements(), st.sampled_from(LEVELS))
def test_alpha_is_the_independent_one(found: Judged, level: Level) -> None:
    ours = krippendorff_alpha(found[0], found[2], level=level, draws=0).value
    try:
        theirs = krippendorff.alpha(matrix(*found), level_of_measurement=level)
    except ValueError:
        # It refuses a single value and no values at all.
        assert ours is None
        return
    if ours is None:
        assert not np.isfinite(theirs) or len(pairable(found)) < 2 or one_value(found)
    else:
        assert ours == pytest.approx(theirs, abs=1e-9)


def pairable(found: Judged) -> list[int]:
    return [v for u, v in zip(found[0], found[2], strict=True) if found[0].count(u) > 1]


def one_value(found: Judged) -> bool:
    return len(set(pairable(found))) < 2


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_cohens_kappa_is_the_independent_one(pairs: list[tuple[int, int]]) -> None:
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    ours = cohen_kappa(first, second).value
    if ours is None:
        assert len({*first, *second}) == 1
    else:
        assert ours == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(judgements(), st.randoms(use_true_random=False))
def test_order_and_names_of_units_do_not_matter(found: Judged, random: Any) -> None:
    units, _, values = found
    places = list(range(len(units)))
    random.shuffle(places)
    shuffled = measure(
        [97 - 3 * units[p] for p in places], [values[p] for p in places], level="ordinal", draws=0
    )
    straight = measure(units, values, level="ordinal", draws=0)
    assert close(shuffled.alpha.value, straight.alpha.value)
    assert close(shuffled.kappa.value, straight.kappa.value)
    assert close(shuffled.percent.value, straight.percent.value)


@settings(max_examples=60, deadline=None)
@given(judgements(), st.permutations(range(-3, 4)))
def test_names_of_values_do_not_matter_to_nominal_coefficients(
    found: Judged, names: list[int]
) -> None:
    units, _, values = found
    renamed = measure(units, [names[v + 3] for v in values], draws=0)
    straight = measure(units, values, draws=0)
    assert close(renamed.alpha.value, straight.alpha.value)
    assert close(renamed.kappa.value, straight.kappa.value)


@settings(max_examples=60, deadline=None)
@given(judgements(), st.integers(1, 9), st.integers(-5, 5))
def test_interval_alpha_knows_no_scale(found: Judged, factor: int, shift: int) -> None:
    units, _, values = found
    moved = [factor * v + shift for v in values]
    ours = krippendorff_alpha(units, values, level="interval", draws=0).value
    assert close(krippendorff_alpha(units, moved, level="interval", draws=0).value, ours)


@settings(max_examples=60, deadline=None)
@given(judgements())
def test_ordinal_alpha_knows_the_order_only(found: Judged) -> None:
    units, _, values = found
    stretched = [v**3 for v in values]
    ours = krippendorff_alpha(units, values, level="ordinal", draws=0).value
    assert close(krippendorff_alpha(units, stretched, level="ordinal", draws=0).value, ours)


def close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < 1e-9


def test_full_agreement_is_one_and_opposition_is_below_nought() -> None:
    assert krippendorff_alpha([1, 1, 2, 2], [0, 0, 1, 1]).value == 1.0
    assert (krippendorff_alpha([1, 1, 2, 2], [0, 1, 1, 0]).value or 0) < 0
    assert cohen_kappa([0, 1, 0, 1], [1, 0, 1, 0]).value == -1.0


def test_what_nobody_judged_twice_has_no_agreement() -> None:
    nothing = measure([1, 2, 3], [0, 1, 0])
    assert (nothing.n_units, nothing.n_judgements) == (0, 0)
    assert {nothing.alpha.value, nothing.kappa.value, nothing.percent.value} == {None}
    assert measure([], []).alpha.value is None
    assert pairwise([], [], []) == []


def test_one_value_only_leaves_percent_and_no_coefficient() -> None:
    found = measure([1, 1, 2, 2], [5, 5, 5, 5])
    assert found.alpha.value is None
    assert found.kappa.value is None
    assert found.percent == wilson(2, 2)
    assert (found.percent.lower or 0) < 0.5


def test_an_interval_is_the_same_for_the_same_seed_and_holds_the_value() -> None:
    rng = np.random.default_rng(3)
    units = np.repeat(np.arange(300), 3)
    values = np.where(rng.random(900) < 0.7, units % 3, rng.integers(0, 3, 900))
    one, again = (measure(units, values, level="ordinal", seed=5) for _ in range(2))
    assert one == again
    for estimate in (one.alpha, one.alpha_nominal, one.kappa, one.percent):
        assert estimate.value is not None
        assert estimate.lower is not None
        assert estimate.upper is not None
        assert estimate.lower < estimate.value < estimate.upper


def test_the_interval_is_that_of_drawing_units_one_by_one() -> None:
    """The multinomial draw over equal units, beside the bootstrap as it is usually written."""
    rng = np.random.default_rng(11)
    units = np.repeat(np.arange(120), 4)
    values = np.where(rng.random(480) < 0.6, units % 3, rng.integers(0, 3, 480))
    table = values.reshape(120, 4)
    drawn = []
    for _ in range(600):
        rows = table[rng.integers(0, 120, 120)]
        drawn.append(krippendorff_alpha(units, rows.ravel(), draws=0).value)
    lower, upper = np.quantile(np.array(drawn, dtype=float), [0.025, 0.975])
    ours = krippendorff_alpha(units, values, draws=4_000)
    assert ours.lower == pytest.approx(lower, abs=0.015)
    assert ours.upper == pytest.approx(upper, abs=0.015)


def test_units_of_one_cluster_are_drawn_together() -> None:
    rng = np.random.default_rng(7)
    tasks = np.repeat(np.arange(80), 6)
    truth = np.repeat(rng.integers(0, 2, 80), 6)
    units, clusters = np.repeat(np.arange(480), 2), np.repeat(tasks, 2)
    spoiled = np.repeat(rng.random(80) < 0.4, 12)
    values = np.where(spoiled, rng.integers(0, 2, 960), np.repeat(truth, 2))
    alone, together = measure(units, values), measure(units, values, clusters=clusters)
    assert together.alpha.value == pytest.approx(alone.alpha.value)
    assert width(together.alpha) > 1.3 * width(alone.alpha)


def width(estimate: Any) -> float:
    return float(estimate.upper - estimate.lower)


def test_the_analytic_interval_of_kappa_is_that_of_a_bootstrap() -> None:
    rng = np.random.default_rng(2)
    first = rng.integers(0, 3, 400)
    second = np.where(rng.random(400) < 0.6, first, rng.integers(0, 3, 400))
    ours = cohen_kappa(first, second)
    draws = [rng.integers(0, 400, 400) for _ in range(800)]
    kappas = [cohen_kappa_score(first[d], second[d]) for d in draws]
    assert width(ours) == pytest.approx(2 * 1.96 * np.std(kappas), rel=0.1)


def test_pairs_are_each_two_raters_alone() -> None:
    units, raters, values = judged(OBSERVERS)
    table = matrix(units, raters, values)
    found = pairwise(units, raters, values)
    assert [(p.first, p.second) for p in found] == [
        (0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3),
    ]  # fmt: skip
    for pair in found:
        both = ~np.isnan(table[pair.first]) & ~np.isnan(table[pair.second])
        one, other = table[pair.first][both], table[pair.second][both]
        assert pair.n_units == both.sum()
        assert pair.percent.value == pytest.approx((one == other).mean())
        assert pair.kappa.value == pytest.approx(cohen_kappa_score(one, other))


def test_the_crowd_agrees_as_much_as_independent_code_says() -> None:
    if not CROWD.exists():
        pytest.skip("the crowd comparisons are not beside this checkout in ../shared/data/")
    with CROWD.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    code = {"model_a": -1, "tie": 0, "model_b": 1}
    units = [int(row["pair_id"]) for row in rows]
    raters = [int(row["worker"]) for row in rows]
    values = [code[row["winner"]] for row in rows]
    filled = matrix(units, raters, values)
    for level in LEVELS:
        ours = krippendorff_alpha(units, values, level=level).value
        theirs = krippendorff.alpha(filled, level_of_measurement=level)
        assert ours == pytest.approx(theirs, abs=1e-12)
    for pair in pairwise(units, raters, values)[:200]:
        both = ~np.isnan(filled[pair.first]) & ~np.isnan(filled[pair.second])
        one, other = filled[pair.first][both], filled[pair.second][both]
        assert pair.n_units == both.sum()
        if pair.kappa.value is not None:
            assert pair.kappa.value == pytest.approx(cohen_kappa_score(one, other))
