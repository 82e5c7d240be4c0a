from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.rating.ranks import rank_bounds

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
