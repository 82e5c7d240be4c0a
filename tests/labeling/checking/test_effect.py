"""Intervals for the difference that something makes."""

import random
from statistics import fmean, variance

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.weightstats import CompareMeans

from labeling.checking.effect import (
    ENOUGH,
    Counted,
    Difference,
    Sample,
    mean_difference,
    share_difference,
    t_quantile,
)


@st.composite
def counted(draw: st.DrawFn) -> Counted:
    n = draw(st.integers(1, 500))
    return Counted(draw(st.integers(0, n)), n)


def sample(values: list[float]) -> Sample:
    return Sample(len(values), fmean(values), variance(values))


def of_shares(on: Counted, off: Counted) -> Difference:
    found = share_difference(on, off)
    assert found is not None
    return found


@given(counted(), counted())
def test_shares_agree_with_statsmodels(on: Counted, off: Counted) -> None:
    found = of_shares(on, off)
    low, high = confint_proportions_2indep(on.k, on.n, off.k, off.n, method="newcomb")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-8)


@given(counted(), counted())
def test_turned_round_the_difference_is_turned_round(on: Counted, off: Counted) -> None:
    one, other = of_shares(on, off), of_shares(off, on)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-12)
    assert -1 <= one.low <= one.value <= one.high <= 1


@given(
    st.lists(st.floats(0, 1e4), min_size=2, max_size=60),
    st.lists(st.floats(0, 1e4), min_size=2, max_size=60),
)
def test_means_agree_with_statsmodels(on: list[float], off: list[float]) -> None:
    if min(variance(on), variance(off)) < 1e-6:
        return
    found = mean_difference(sample(on), sample(off))
    compared = CompareMeans.from_data(on, off).tconfint_diff(usevar="unequal")
    assert found is not None
    assert (found.low, found.high) == pytest.approx(compared, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("freedom", [1, 1.5, 3.7, 10, 59.3, 1_000, 1e6])
@pytest.mark.parametrize("p", [0.6, 0.9, 0.975, 0.999])
def test_students_quantiles_agree_with_scipy(freedom: float, p: float) -> None:
    assert t_quantile(p, freedom) == pytest.approx(student.ppf(p, freedom), rel=1e-8)


def test_without_anything_on_a_side_there_is_no_difference() -> None:
    assert share_difference(Counted(0, 0), Counted(1, 2)) is None
    assert mean_difference(Sample(1, 3.0, 0.0), Sample(9, 3.0, 1.0)) is None


def test_equal_values_have_an_interval_of_no_width() -> None:
    found = mean_difference(Sample(30, 5.0, 0.0), Sample(30, 3.0, 0.0))
    assert found is not None
    assert (found.low, found.value, found.high) == (2.0, 2.0, 2.0)


def test_few_tasks_say_nothing_however_different() -> None:
    assert of_shares(Counted(0, ENOUGH - 1), Counted(500, 500)).verdict == "too_few"
    assert of_shares(Counted(0, ENOUGH), Counted(500, 500)).verdict == "lower"
    assert of_shares(Counted(500, 500), Counted(0, ENOUGH)).verdict == "higher"
    assert of_shares(Counted(10, 100), Counted(11, 100)).verdict == "unclear"


@pytest.mark.parametrize(
    ("p_on", "p_off", "n_on", "n_off"),
    [(0.1, 0.2, 60, 60), (0.03, 0.03, 40, 160), (0.5, 0.35, 30, 25), (0.0, 0.05, 100, 50)],
)
def test_shares_cover_the_truth_19_times_of_20(
    p_on: float, p_off: float, n_on: int, n_off: int
) -> None:
    chance, runs, held = random.Random(5), 3_000, 0
    for _ in range(runs):
        on = Counted(sum(chance.random() < p_on for _ in range(n_on)), n_on)
        off = Counted(sum(chance.random() < p_off for _ in range(n_off)), n_off)
        found = of_shares(on, off)
        held += found.low - 1e-12 <= p_on - p_off <= found.high + 1e-12
    assert 0.935 <= held / runs <= 0.995


def test_times_cover_the_truth_though_they_are_skewed() -> None:
    chance, runs, held = random.Random(6), 2_000, 0
    truth = 300 * (1.0 - 1.25)
    scale = 300 / 2.718281828**0.125
    for _ in range(runs):
        on = [scale * chance.lognormvariate(0, 0.5) for _ in range(60)]
        off = [1.25 * scale * chance.lognormvariate(0, 0.5) for _ in range(50)]
        found = mean_difference(sample(on), sample(off))
        assert found is not None
        held += found.low <= truth <= found.high
    assert 0.93 <= held / runs <= 0.97


def test_labelers_who_differ_make_intervals_wider_and_not_narrower_than_they_need_be() -> None:
    """Chance draws for each task, so that both sides have every labeler's."""
    chance, runs, held = random.Random(7), 1_500, 0
    for _ in range(runs):
        on, off = [0, 0], [0, 0]
        for _ in range(8):
            share = chance.betavariate(1, 4)
            for _ in range(20):
                side = on if chance.random() < 0.5 else off
                side[0] += chance.random() < share
                side[1] += 1
        found = of_shares(Counted(*on), Counted(*off))
        held += found.low <= 0 <= found.high
    assert held / runs >= 0.94
