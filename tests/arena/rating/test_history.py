"""Ratings through time."""

from __future__ import annotations

import numpy as np
import pytest

from arena.rating.bradley_terry import fit
from arena.rating.history import history
from arena.rating.tallies import Tallies, tally

Row = tuple[str, str, int, int, int]
FIRST: list[Row] = [("ash", "birch", 3, 2, 1), ("birch", "elm", 2, 2, 0)]
SECOND: list[Row] = [("oak", "ash", 4, 1, 0), ("elm", "birch", 1, 3, 2), ("ash", "elm", 1, 1, 1)]


def test_each_period_shows_the_board_of_all_votes_until_then() -> None:
    found = history([tally(FIRST), tally([]), tally(SECOND)])
    assert found.models == ("ash", "birch", "elm", "oak")
    for day, rows in enumerate((FIRST, FIRST, FIRST + SECOND)):
        board = fit(tally(rows))
        seen = [found.models.index(name) for name in board.models]
        np.testing.assert_allclose(found.ratings[day, seen], board.ratings, atol=1e-6)
        np.testing.assert_allclose(found.lower[day, seen], board.lower, atol=1e-6)
        np.testing.assert_allclose(found.upper[day, seen], board.upper, atol=1e-6)
        np.testing.assert_array_equal(found.n_votes[day, seen], board.n_battles)
        assert found.is_regularised[day] == board.is_regularised
    assert np.isnan(found.ratings[:2, 3]).all()
    assert not np.isnan(found.ratings[2]).any()


def test_an_anchor_holds_from_when_it_is_seen() -> None:
    found = history([tally(FIRST), tally(SECOND)], anchor=("oak", 1200.0))
    assert np.isnan(found.ratings[0, 3])
    assert found.ratings[1, 3] == pytest.approx(1200.0)


def test_nothing_has_no_history() -> None:
    assert history([]).ratings.shape == (0, 0)
    nobody = history([tally([]), tally([], models=["ash"])])
    assert nobody.ratings.shape == (2, 1)
    assert np.isnan(nobody.ratings).all()


def test_weights_count_through_time() -> None:
    halves = [weighed(tally(FIRST), 0.5), weighed(tally(SECOND), 0.5)]
    board, found = fit(weighed(tally(FIRST + SECOND), 0.5)), history(halves)
    np.testing.assert_array_equal(found.n_votes[1], board.n_battles)
    np.testing.assert_allclose(found.ratings[1], board.ratings, atol=1e-6)
    np.testing.assert_allclose(found.lower[1], board.lower, atol=1e-6)


def weighed(part: Tallies, weight: float) -> Tallies:
    return Tallies(
        part.models, part.left, part.right, part.left_wins, part.right_wins, part.ties,
        np.multiply(part.counts, weight, dtype=np.float64),
        np.multiply(part.counts, weight**2, dtype=np.float64),
    )  # fmt: skip
