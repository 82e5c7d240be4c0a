from __future__ import annotations

import numpy as np
import pytest

from arena.rating.bradley_terry import fit
from arena.rating.incremental import after_vote, running
from arena.rating.tallies import tally, tally_codes
from arena.rating.ties import Ties
from tests.arena.rating.boards import crowd_codes, drawn_votes, names, random_tallies

THETA = np.linspace(-0.8, 0.8, 10)


def test_one_vote_moves_the_ratings_as_a_fit_with_it_does() -> None:
    rng = np.random.default_rng(4)
    a, b, half_points = drawn_votes(rng, THETA, 5000)
    before = tally_codes(names(10), a, b, half_points)
    step = after_vote(running(before, fit(before)), 0, 9, 1.0)
    upset = (np.append(codes, code) for codes, code in ((a, 0), (b, 9), (half_points, 2)))
    exact = fit(tally_codes(names(10), *upset))
    moved = np.abs(exact.ratings - fit(before).ratings).max()
    assert moved > 0.1
    np.testing.assert_allclose(step.ratings, exact.ratings, rtol=0, atol=0.01 * moved)


def test_after_many_votes_it_is_still_close_to_the_fit() -> None:
    models, a, b, half_points = crowd_codes()
    n = len(a) - 500
    before = tally_codes(models, a[:n], b[:n], half_points[:n])
    board = running(before, fit(before))
    for i, j, points in zip(a[n:].tolist(), b[n:].tolist(), half_points[n:].tolist(), strict=True):
        board = after_vote(board, i, j, points / 2)
    exact = fit(tally_codes(models, a, b, half_points))
    assert (np.abs(board.ratings - exact.ratings) < 0.05 * exact.standard_errors).all()


def test_a_vote_taken_back_leaves_what_was() -> None:
    tallies = random_tallies(2)
    board = running(tallies, fit(tallies))
    back = after_vote(after_vote(board, 0, 1, 1.0, weight=0.5), 0, 1, 1.0, weight=-0.5)
    np.testing.assert_allclose(back.ratings, board.ratings, atol=0.05)
    np.testing.assert_allclose(back.inverse, board.inverse, rtol=0.02, atol=1e-3)


def test_units_and_anchor_are_those_of_the_fit() -> None:
    tallies = random_tallies(2)
    fitted = fit(tallies, anchor=("m03", 1500.0), scale=100.0, base=2.0)
    np.testing.assert_allclose(running(tallies, fitted).ratings, fitted.ratings, atol=1e-9)


def test_a_newcomer_is_rated_from_its_first_vote() -> None:
    tallies = tally([("a", "b", 30, 20, 10)], models=["new"])
    board = after_vote(running(tallies, fit(tallies)), 2, 0, 1.0)
    assert board.ratings[2] > board.ratings[0]
    assert np.isfinite(board.ratings).all()


def test_a_model_against_itself_changes_nothing_and_nonsense_is_refused() -> None:
    tallies = tally([("a", "b", 3, 2, 1)])
    board = running(tallies, fit(tallies))
    assert after_vote(board, 1, 1, 1.0) is board
    with pytest.raises(ValueError, match="between 0 and 1"):
        after_vote(board, 0, 1, 2.0)
    with pytest.raises(ValueError, match="taken back"):
        after_vote(board, 0, 1, 1.0, weight=-100.0)
    with pytest.raises(ValueError, match="half a win"):
        running(tallies, fit(tallies, ties="davidson"))


def test_no_models_are_no_trouble() -> None:
    tallies = tally([])
    assert running(tallies, fit(tallies)).ratings.shape == (0,)


@pytest.mark.parametrize("seed", range(3))
def test_a_warm_refit_is_the_cold_one_in_fewer_iterations(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b, half_points = drawn_votes(rng, THETA, 20_000)
    before = fit(tally_codes(names(10), a[:-9], b[:-9], half_points[:-9]))
    tallies = tally_codes(names(10), a, b, half_points)
    cold, warm = fit(tallies), fit(tallies, start=before)
    assert warm.iterations < cold.iterations
    np.testing.assert_allclose(warm.ratings, cold.ratings, rtol=0, atol=1e-8)
    again = fit(tallies, start=cold)
    assert again.iterations == 1
    np.testing.assert_allclose(again.covariance, cold.covariance, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("ties", ["half", "davidson", "rao_kupper"])
def test_a_start_from_other_models_changes_no_result(ties: Ties) -> None:
    before = fit(random_tallies(1, m=5), ties=ties)
    tallies = random_tallies(1, m=8)
    cold, warm = fit(tallies, ties=ties), fit(tallies, ties=ties, start=before)
    np.testing.assert_allclose(warm.ratings, cold.ratings, rtol=0, atol=1e-7)
