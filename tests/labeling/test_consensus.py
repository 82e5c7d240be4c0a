"""Consensus: majority, weighted, adjudicated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.quality.consensus import UNDECIDED, adjudicated, majority, weighted

votes = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), min_size=1, max_size=40)


def test_the_majority_decides_and_a_draw_does_not() -> None:
    found = majority([1, 1, 1, 2, 2, 3], [0, 0, 2, 0, 1, 2], n_classes=3)
    assert found.units.tolist() == [1, 2, 3]
    assert found.values.tolist() == [0, UNDECIDED, 2]
    assert found.shares == pytest.approx([2 / 3, 1 / 2, 1.0])
    assert found.n_undecided == 1


def test_one_reliable_labeler_outweighs_two_guessing_ones() -> None:
    found = weighted([1, 1, 1], [0, 2, 2], [0.95, 0.4, 0.4], n_classes=3)
    assert found.values.tolist() == [0]
    assert majority([1, 1, 1], [0, 2, 2], n_classes=3).values.tolist() == [2]


def test_nobody_better_than_chance_decides_nothing() -> None:
    found = weighted([1, 1], [0, 0], [0.2, 0.3], n_classes=3)
    assert found.values.tolist() == [UNDECIDED]
    assert found.shares.tolist() == [0.0]


def test_a_settlement_counts_and_without_one_only_unanimity() -> None:
    units, values = [1, 1, 2, 2, 3, 3], [0, 2, 1, 1, 0, 1]
    found = adjudicated(units, values, {1: 2, 9: 0}, n_classes=3)
    assert found.values.tolist() == [2, 1, UNDECIDED]


def test_of_nothing_comes_nothing() -> None:
    assert majority([], [], n_classes=3).units.tolist() == []


@given(votes)
def test_order_does_not_matter(rows: list[tuple[int, int]]) -> None:
    turned = rows[::-1]
    one = majority([r[0] for r in rows], [r[1] for r in rows], n_classes=3)
    other = majority([r[0] for r in turned], [r[1] for r in turned], n_classes=3)
    assert one.values.tolist() == other.values.tolist()


@given(votes)
def test_equal_reliability_is_a_majority(rows: list[tuple[int, int]]) -> None:
    units, values = [r[0] for r in rows], [r[1] for r in rows]
    same = weighted(units, values, np.full(len(rows), 0.8), n_classes=3)
    plain = majority(units, values, n_classes=3)
    assert same.values.tolist() == plain.values.tolist()
    assert same.shares == pytest.approx(plain.shares)
