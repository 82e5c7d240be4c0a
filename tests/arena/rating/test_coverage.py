"""How often intervals hold what is true, over boards drawn from known strengths."""

from __future__ import annotations

import numpy as np
import pytest

from arena.rating.anytime import anytime_bounds
from arena.rating.bradley_terry import Bools, Fit, fit
from arena.rating.ranks import rank_bounds, simultaneous_bounds, simultaneous_rank_bounds
from arena.rating.tallies import Floats, tally_codes
from tests.arena.rating.boards import POINTS, drawn_votes, names

THETA = np.array([0.9, 0.5, 0.2, 0.1, 0.0, -0.3, -0.5, -0.9])
TRUTH = 1000.0 + POINTS * THETA


def holds(lower: Floats, upper: Floats) -> Bools:
    """Of each model, whether the interval has the true rating in it."""
    return np.asarray((lower <= TRUTH) & (upper >= TRUTH), dtype=bool)


def drawn_board(rng: np.random.Generator, n_votes: int = 1500) -> Fit:
    return fit(tally_codes(names(len(THETA)), *drawn_votes(rng, THETA, n_votes)))


@pytest.fixture(scope="module")
def boards() -> list[Fit]:
    rng = np.random.default_rng(21)
    return [drawn_board(rng) for _ in range(500)]


def test_intervals_hold_the_true_rating_95_times_in_a_hundred(boards: list[Fit]) -> None:
    held = np.array([holds(board.lower, board.upper) for board in boards])
    # 4,000 intervals, correlated within a board: a standard error of about half a percent.
    assert held.mean() == pytest.approx(0.95, abs=0.015)
    assert held.mean(axis=0).min() > 0.91


def test_simultaneous_intervals_hold_all_ratings_at_once(boards: list[Fit]) -> None:
    rng, alone, together = np.random.default_rng(1), [], []
    for board in boards:
        lower, upper = simultaneous_bounds(board, rng=rng, draws=500)
        alone.append(bool(np.all(holds(board.lower, board.upper))))
        together.append(bool(np.all(holds(lower, upper))))
    assert np.mean(together) == pytest.approx(0.95, abs=0.03)
    assert np.mean(alone) < 0.85


def test_simultaneous_ranks_hold_all_true_ranks_and_say_more_than_overlap(
    boards: list[Fit],
) -> None:
    rng, ranks, held = np.random.default_rng(1), np.arange(1, 9), []
    narrower = 0
    for board in boards[:200]:
        best, worst = simultaneous_rank_bounds(board, rng=rng, draws=500)
        held.append(bool(np.all((best <= ranks) & (ranks <= worst))))
        low, high = rank_bounds(*simultaneous_bounds(board, rng=rng, draws=500))
        narrower += int((high - low).sum() - (worst - best).sum())
    assert np.mean(held) >= 0.93
    assert narrower > 0


def test_looking_often_breaks_an_interval_and_not_a_confidence_sequence() -> None:
    rng, looks = np.random.default_rng(7), range(250, 4001, 250)
    missed_once, missed_anytime = [], []
    for _ in range(100):
        a, b, half_points = drawn_votes(rng, THETA, looks[-1])
        once, anytime = False, False
        for n in looks:
            board = fit(tally_codes(names(8), a[:n], b[:n], half_points[:n]))
            lower, upper = anytime_bounds(board)
            once |= not holds(board.lower, board.upper)[0]
            anytime |= not holds(lower, upper)[0]
        missed_once.append(once)
        missed_anytime.append(anytime)
    assert np.mean(missed_once) > 0.12
    assert np.mean(missed_anytime) <= 0.05
