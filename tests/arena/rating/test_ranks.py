from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.rating.bradley_terry import fit
from arena.rating.ranks import rank_bounds, simultaneous_bounds, simultaneous_rank_bounds
from arena.rating.tallies import tally
from tests.arena.rating.boards import random_tallies

intervals = st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 5)), max_size=12)


def test_separate_intervals_have_one_rank_and_touching_ones_share() -> None:
    lower, upper = np.array([5.0, 1.0, 3.0]), np.array([6.0, 2.0, 4.0])
    assert [part.tolist() for part in rank_bounds(lower, upper)] == [[1, 3, 2], [1, 3, 2]]
    lower, upper = np.array([4.0, 1.0, 3.0]), np.array([6.0, 2.0, 4.0])
    assert [part.tolist() for part in rank_bounds(lower, upper)] == [[1, 3, 1], [2, 3, 2]]


@given(intervals)
def test_ranks_follow_their_definition(drawn: list[tuple[int, int]]) -> None:
    lower = np.array([low for low, _ in drawn], dtype=np.float64)
    upper = np.array([low + width for low, width in drawn], dtype=np.float64)
    best, worst = rank_bounds(lower, upper)
    assert best.tolist() == [1 + int((lower > high).sum()) for high in upper]
    assert worst.tolist() == [len(drawn) - int((upper < low).sum()) for low in lower]
    assert (best <= worst).all()


@pytest.mark.parametrize("lower", [2.0, float("nan")])
def test_an_interval_inside_out_is_refused(lower: float) -> None:
    with pytest.raises(ValueError, match="lower bound"):
        rank_bounds(np.array([lower]), np.array([1.0]))


def test_models_that_never_met_are_neither_above_nor_below() -> None:
    lower, upper = np.array([5.0, 1.0, 9.0]), np.array([6.0, 2.0, 10.0])
    component = np.array([0, 0, 1])
    best, worst = rank_bounds(lower, upper, component=component)
    assert best.tolist() == [1, 2, 1]
    assert worst.tolist() == [2, 3, 3]


def test_simultaneous_intervals_are_wider_and_the_same_for_the_same_seed() -> None:
    fitted = fit(random_tallies(1))
    first, again = (simultaneous_bounds(fitted, rng=np.random.default_rng(2)) for _ in range(2))
    assert [part.tobytes() for part in first] == [part.tobytes() for part in again]
    critical = (first[1] - first[0]) / 2 / fitted.standard_errors
    np.testing.assert_allclose(critical, critical[0])
    assert 2.3 < critical[0] < 3.3


def test_simultaneous_ranks_compare_within_components_only() -> None:
    tallies = tally([("a", "b", 900, 100, 0), ("y", "z", 900, 100, 0)])
    best, worst = simultaneous_rank_bounds(fit(tallies), rng=np.random.default_rng(2))
    assert best.tolist() == [1, 2, 1, 2]
    assert worst.tolist() == [3, 4, 3, 4]


@pytest.mark.parametrize("models", [(), ("alone",), ("a", "b")])
def test_without_votes_every_rank_is_open(models: tuple[str, ...]) -> None:
    fitted, rng = fit(tally([], models=models)), np.random.default_rng(2)
    lower, upper = simultaneous_bounds(fitted, rng=rng)
    assert np.isfinite(lower).all()
    assert np.isfinite(upper).all()
    best, worst = simultaneous_rank_bounds(fitted, rng=rng)
    assert best.tolist() == [1] * len(models)
    assert worst.tolist() == [len(models)] * len(models)


def test_an_impossible_level_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        simultaneous_bounds(fit(random_tallies(1)), rng=np.random.default_rng(2), level=1.0)
