from __future__ import annotations

import evalica
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.rating.elo import replay, update
from arena.rating.tallies import Ints

finite = st.floats(-1e6, 1e6)


def test_equals_who_draw_stay_and_a_win_between_them_is_worth_half_of_k() -> None:
    assert update(1000.0, 1000.0, 0.5) == (1000.0, 1000.0)
    assert update(1000.0, 1000.0, 1.0) == (1002.0, 998.0)
    assert update(1000.0, 1000.0, 0.0, k=32.0) == (984.0, 1016.0)


def test_four_hundred_points_are_ten_to_one() -> None:
    a, b = update(1400.0, 1000.0, 1.0, k=11.0)
    assert a - 1400.0 == pytest.approx(1.0)
    assert b - 1000.0 == pytest.approx(-1.0)


@given(finite, finite, st.sampled_from([0.0, 0.5, 1.0]))
def test_no_update_overflows_or_moves_by_more_than_k(a: float, b: float, score: float) -> None:
    new_a, new_b = update(a, b, score)
    assert abs(new_a - a) <= 4.0 + 1e-6
    assert new_a + new_b == pytest.approx(a + b, abs=1e-6)


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan")])
def test_impossible_scores_are_refused(score: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        update(1000.0, 1000.0, score)


def random_votes(n: int = 2000, m: int = 9) -> tuple[Ints, Ints, Ints]:
    rng = np.random.default_rng(7)
    a = rng.integers(m, size=n)
    return a, (a + rng.integers(1, m, size=n)) % m, rng.integers(3, size=n)


def test_a_replay_is_its_updates_one_by_one() -> None:
    a, b, half_points = random_votes()
    ratings = [1000.0] * 9
    for i, j, points in zip(a, b, half_points, strict=True):
        ratings[i], ratings[j] = update(ratings[i], ratings[j], points / 2)
    np.testing.assert_allclose(replay(a, b, half_points, n_models=9), ratings, atol=1e-9)


def test_a_replay_agrees_with_evalica() -> None:
    a, b, half_points = random_votes()
    winners = [(evalica.Winner.Y, evalica.Winner.Draw, evalica.Winner.X)[s] for s in half_points]
    expected = evalica.elo(a.tolist(), b.tolist(), winners).scores[list(range(9))]
    ours = replay(a, b, half_points, n_models=9)
    np.testing.assert_allclose(ours, expected.to_numpy(), atol=1e-9)


def test_self_battles_change_nothing_and_no_votes_leave_the_start() -> None:
    same = np.array([1])
    assert replay(same, same, np.array([2]), n_models=2).tolist() == [1000.0, 1000.0]
    none = np.array([], dtype=np.int64)
    assert replay(none, none, none, n_models=1, start=1200.0).tolist() == [1200.0]


@pytest.mark.parametrize(("a", "b", "half_points"), [(-1, 0, 0), (0, 2, 0), (0, 1, 3)])
def test_codes_out_of_range_are_refused(a: int, b: int, half_points: int) -> None:
    with pytest.raises(ValueError, match="must lie in"):
        replay(np.array([a]), np.array([b]), np.array([half_points]), n_models=2)
