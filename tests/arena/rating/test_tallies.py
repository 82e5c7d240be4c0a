from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.rating.tallies import Row, Tallies, tally, tally_codes

MODELS = ("a", "b", "c", "d")
votes = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)), max_size=40)


def as_rows(tallies: Tallies) -> list[tuple[str, str, int, int, int]]:
    columns = (tallies.left_wins, tallies.right_wins, tallies.ties)
    return [
        (tallies.models[i], tallies.models[j], *(int(column[k]) for column in columns))
        for k, (i, j) in enumerate(zip(tallies.left, tallies.right, strict=True))
    ]


def test_both_orientations_merge_and_self_battles_drop() -> None:
    tallies = tally([("b", "a", 1, 2, 3), ("a", "b", 10, 20, 30), ("c", "c", 9, 9, 9)])
    assert tallies.models == ("a", "b", "c")
    assert as_rows(tallies) == [("a", "b", 12, 21, 33)]


def test_pairs_without_votes_leave_only_their_names() -> None:
    tallies = tally([("b", "a", 0, 0, 0)], models=["z"])
    assert tallies.models == ("a", "b", "z")
    assert as_rows(tallies) == []


def test_numpy_counts_and_truth_values_count() -> None:
    assert as_rows(tally([("a", "b", np.int64(2), True, False)])) == [("a", "b", 2, 1, 0)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("", "b", 1, 0, 0), "Row 0: a model's name is empty"),
        (("a", "b", -1, 0, 0), "Row 0: a count is below zero"),
        (("a", "b", 0.5, 0, 0), "Row 0: three whole counts are needed"),
        (("a", "b", 1, 0), "Row 0: three whole counts are needed"),
    ],
)
def test_bad_rows_are_named(row: Row, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tally([row])


@given(votes)
def test_codes_and_rows_count_alike(codes: list[tuple[int, int, int]]) -> None:
    a, b, half_points = np.array(codes, dtype=np.int64).reshape(-1, 3).T
    from_codes = tally_codes(MODELS, a, b, half_points)
    rows = [(MODELS[i], MODELS[j], s == 2, s == 0, s == 1) for i, j, s in codes]
    from_rows = tally(rows, models=MODELS)
    assert from_codes.models == from_rows.models
    assert as_rows(from_codes) == as_rows(from_rows)


@pytest.mark.parametrize(
    ("models", "b", "half_points", "message"),
    [
        (("b", "a"), [1], [2], "sorted"),
        (("a", "a"), [1], [2], "without repeats"),
        (("a", "b"), [2], [2], "b must lie in 0…1"),
        (("a", "b"), [-1], [2], "b must lie in 0…1"),
        (("a", "b"), [1], [3], "half_points must lie in 0…2"),
        (("a", "b"), [1, 1], [2], "same length"),
    ],
)
def test_bad_codes_are_refused(
    models: tuple[str, ...], b: list[int], half_points: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        tally_codes(models, np.array([0]), np.array(b), np.array(half_points))
