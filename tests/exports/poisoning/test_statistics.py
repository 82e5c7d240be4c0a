"""Tails, q-values and spread beside scipy's, and what has to hold of any numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from exports.poisoning import statistics
from exports.poisoning.statistics import (
    SMALLEST,
    _choose,
    binomial_tail,
    divergence,
    hypergeometric_tail,
    q_values,
    robust_spread,
    two_sided,
)

CHANCES = st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=40)


@given(st.integers(1, 400), st.floats(0.001, 0.999), st.data())
def test_the_binomial_tail_is_scipys(n: int, chance: float, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    assert binomial_tail(n, chance, k) == pytest.approx(
        max(float(stats.binom.sf(k - 1, n, chance)), 1e-300), rel=1e-7, abs=1e-290
    )


@given(st.integers(1, 3_000), st.data())
def test_the_hypergeometric_tail_is_scipys(total: int, data: st.DataObject) -> None:
    marked = data.draw(st.integers(0, total))
    drawn = data.draw(st.integers(0, min(total, 300)))
    k = data.draw(st.integers(0, drawn))
    told = hypergeometric_tail(total, marked, drawn, k)
    assert told == pytest.approx(
        float(stats.hypergeom.sf(k - 1, total, marked, drawn)), rel=1e-6, abs=1e-280
    )


@pytest.mark.parametrize("k", [50, 499_000, 500_000, 501_500, 600_000])
def test_the_tail_of_a_million_takes_few_terms(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    terms = 0

    def choose(n: int, k: int) -> float:
        nonlocal terms
        terms += 1
        return _choose(n, k)

    monkeypatch.setattr(statistics, "_choose", choose)
    told = binomial_tail(1_000_000, 0.5, k)
    assert told == pytest.approx(
        max(float(stats.binom.sf(k - 1, 1_000_000, 0.5)), SMALLEST), rel=1e-6
    )
    assert terms < 20_000


@given(CHANCES)
def test_q_values_are_those_of_benjamini_and_hochberg(chances: list[float]) -> None:
    told = q_values(chances, tests=len(chances))
    assert told == pytest.approx(list(stats.false_discovery_control(chances)), rel=1e-9)


@given(CHANCES, st.integers(1, 10_000))
def test_more_tests_make_no_q_value_smaller(chances: list[float], more: int) -> None:
    few = q_values(chances, tests=len(chances))
    many = q_values(chances, tests=len(chances) + more)
    assert all(a <= b * (1 + 1e-9) for a, b in zip(few, many, strict=True))
    assert all(p <= q * (1 + 1e-9) for p, q in zip(chances, few, strict=True))


@given(st.integers(1, 200), st.floats(0.01, 0.9), st.data())
def test_the_screen_bounds_the_tail(n: int, chance: float, data: st.DataObject) -> None:
    k = data.draw(st.integers(int(np.ceil(n * chance)), n))
    bound = float(np.exp(-n * divergence(np.array([k / n]), np.array([chance]))[0]))
    assert binomial_tail(n, chance, k) <= max(bound, SMALLEST) * (1 + 1e-6)


def test_one_outlier_does_not_move_the_robust_spread() -> None:
    values = np.random.default_rng(1).normal(0, 2.0, 4_000)
    assert robust_spread(values) == pytest.approx(2.0, rel=0.1)
    assert robust_spread(np.append(values, 1e9)) == pytest.approx(robust_spread(values), rel=0.01)
    assert robust_spread(np.array([3.0])) == 0.0


def test_a_distance_of_two_sigma_is_one_in_twenty() -> None:
    assert two_sided(1.959964) == pytest.approx(0.05, rel=1e-5)
    assert two_sided(-1.959964) == two_sided(1.959964)
