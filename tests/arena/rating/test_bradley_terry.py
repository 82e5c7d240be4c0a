from __future__ import annotations

from random import Random

import choix
import evalica
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.rating.bradley_terry import PRIOR_PRECISION, Fit, Z, fit
from arena.rating.tallies import Tallies, tally

POINTS = 400.0 / np.log(10.0)
Rows = list[tuple[str, str, int, int, int]]

names = st.sampled_from(list("abcdefg"))
counts = st.integers(0, 40)
any_rows = st.lists(st.tuples(names, names, counts, counts, counts), max_size=25)


@st.composite
def connected_rows(draw: st.DrawFn) -> Rows:
    """A ring in which each model beats the next makes any further votes strongly connected."""
    ring = list("abcdefg")[: draw(st.integers(2, 7))]
    rows = [
        (a, b, draw(st.integers(1, 9)), draw(counts), draw(counts))
        for a, b in zip(ring, ring[1:] + ring[:1], strict=True)
    ]
    pick = st.sampled_from(ring)
    return rows + draw(st.lists(st.tuples(pick, pick, counts, counts, counts), max_size=12))


def assert_same_board(one: Fit, other: Fit, tolerance: float = 1e-6) -> None:
    assert one.models == other.models
    np.testing.assert_allclose(one.ratings, other.ratings, rtol=0, atol=tolerance)
    np.testing.assert_allclose(one.standard_errors, other.standard_errors, rtol=0, atol=tolerance)


def assert_sensible(result: Fit) -> None:
    m = len(result.models)
    for values in (result.ratings, result.standard_errors, result.lower, result.upper):
        assert values.shape == (m,)
        assert np.isfinite(values).all()
    assert result.covariance.shape == (m, m)
    assert (result.standard_errors > 0).all()
    assert result.converged
    np.testing.assert_array_equal(result.n_battles, result.wins + result.losses + result.ties)


def points_matrix(tallies: Tallies) -> npt.NDArray[np.float64]:
    m = len(tallies.models)
    matrix = np.zeros((m, m))
    matrix[tallies.left, tallies.right] = tallies.left_wins + 0.5 * tallies.ties
    matrix[tallies.right, tallies.left] = tallies.right_wins + 0.5 * tallies.ties
    return matrix


def random_tallies(seed: int, m: int = 12, mean: float = 20.0) -> Tallies:
    rng = np.random.default_rng(seed)
    strength = rng.normal(size=m)
    rows: Rows = []
    for i in range(m):
        for j in range(i):
            n = int(rng.poisson(mean))
            p = 1 / (1 + np.exp(strength[j] - strength[i]))
            won, lost, tied = rng.multinomial(n, [0.75 * p, 0.75 * (1 - p), 0.25]).tolist()
            rows.append((f"m{i:02}", f"m{j:02}", won, lost, tied))
    ring = [(f"m{i:02}", f"m{(i + 1) % m:02}", 1, 0, 0) for i in range(m)]
    return tally(rows + ring)


@given(any_rows)
@settings(max_examples=150, deadline=None)
def test_any_votes_at_all_give_finite_numbers(rows: Rows) -> None:
    assert_sensible(fit(tally(rows)))


@given(connected_rows(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_changes_no_bit(rows: Rows, random: Random) -> None:
    shuffled = random.sample(rows, len(rows))
    one, other = fit(tally(rows)), fit(tally(shuffled))
    assert one.ratings.tobytes() == other.ratings.tobytes()
    assert one.covariance.tobytes() == other.covariance.tobytes()


@given(connected_rows())
@settings(max_examples=60, deadline=None)
def test_swapping_sides_changes_no_bit(rows: Rows) -> None:
    swapped = [(b, a, lost, won, tied) for a, b, won, lost, tied in rows]
    assert fit(tally(rows)).ratings.tobytes() == fit(tally(swapped)).ratings.tobytes()


@given(any_rows)
@settings(max_examples=60, deadline=None)
def test_new_names_change_no_rating(rows: Rows) -> None:
    renamed = [(chr(219 - ord(a)), chr(219 - ord(b)), w, x, t) for a, b, w, x, t in rows]
    one, other = fit(tally(rows)), fit(tally(renamed))
    assert [chr(219 - ord(name)) for name in reversed(other.models)] == list(one.models)
    np.testing.assert_allclose(one.ratings, other.ratings[::-1], rtol=0, atol=1e-6)
    np.testing.assert_allclose(one.standard_errors, other.standard_errors[::-1], atol=1e-6)


@given(any_rows)
@settings(max_examples=60, deadline=None)
def test_reversing_every_verdict_mirrors_the_board(rows: Rows) -> None:
    mirrored = fit(tally([(a, b, lost, won, tied) for a, b, won, lost, tied in rows]))
    np.testing.assert_allclose(fit(tally(rows)).ratings, 2000 - mirrored.ratings, atol=1e-6)


@given(connected_rows(), st.integers(2, 1000))
@settings(max_examples=60, deadline=None)
def test_the_same_votes_many_times_keep_ratings_and_shrink_intervals(
    rows: Rows, times: int
) -> None:
    one = fit(tally(rows))
    many = fit(tally([(a, b, times * w, times * x, times * t) for a, b, w, x, t in rows]))
    np.testing.assert_allclose(one.ratings, many.ratings, rtol=0, atol=1e-6)
    expected = one.standard_errors / np.sqrt(times)
    np.testing.assert_allclose(many.standard_errors, expected, rtol=1e-6)


@given(connected_rows())
@settings(max_examples=60, deadline=None)
def test_every_model_took_the_points_its_rating_expects(rows: Rows) -> None:
    tallies = tally(rows)
    result = fit(tallies)
    assert not result.is_regularised
    taken = points_matrix(tallies)
    gaps = (result.ratings[:, None] - result.ratings[None, :]) / POINTS
    expected = (taken + taken.T) / (1 + np.exp(-gaps))
    np.testing.assert_allclose(taken.sum(axis=1), expected.sum(axis=1), rtol=0, atol=1e-6)
    assert result.ratings.mean() == pytest.approx(1000.0, abs=1e-9)


def test_an_anchor_shifts_the_board_and_nothing_else() -> None:
    tallies = random_tallies(1)
    free, anchored = fit(tallies), fit(tallies, anchor=("m03", 1234.0))
    assert anchored.is_anchored
    assert anchored.ratings[3] == pytest.approx(1234.0, abs=1e-9)
    np.testing.assert_allclose(np.diff(anchored.ratings), np.diff(free.ratings), atol=1e-9)
    np.testing.assert_array_equal(anchored.standard_errors, free.standard_errors)


def test_an_anchor_nobody_voted_on_is_left_out_and_said_so() -> None:
    result = fit(random_tallies(1), anchor=("unseen", 1234.0))
    assert not result.is_anchored
    assert result.ratings.mean() == pytest.approx(1000.0)


def test_scale_base_and_centre_are_units_only() -> None:
    tallies = random_tallies(2)
    natural = fit(tallies, scale=1.0, base=float(np.e), centre=0.0)
    np.testing.assert_allclose(1000 + POINTS * natural.ratings, fit(tallies).ratings, atol=1e-9)


def test_intervals_are_95_percent_about_the_rating() -> None:
    result = fit(random_tallies(2))
    np.testing.assert_allclose(result.upper - result.ratings, Z * result.standard_errors)
    np.testing.assert_allclose(result.ratings - result.lower, Z * result.standard_errors)
    np.testing.assert_allclose(np.sqrt(np.diag(result.covariance)), result.standard_errors)


@pytest.mark.parametrize("seed", range(8))
def test_ratings_agree_with_choix(seed: int) -> None:
    tallies = random_tallies(seed)
    theta = choix.ilsr_pairwise_dense(points_matrix(tallies), max_iter=2000, tol=1e-12)
    expected = 1000 + POINTS * (theta - theta.mean())
    np.testing.assert_allclose(fit(tallies).ratings, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_ratings_agree_with_evalica(seed: int) -> None:
    tallies = random_tallies(seed)
    np.testing.assert_allclose(fit(tallies).ratings, by_evalica(tallies), rtol=0, atol=1e-6)


def by_evalica(tallies: Tallies) -> npt.NDArray[np.float64]:
    xs, ys, winners, weights = [], [], [], []
    outcomes = (
        (evalica.Winner.X, tallies.left_wins),
        (evalica.Winner.Y, tallies.right_wins),
        (evalica.Winner.Draw, tallies.ties),
    )
    for winner, votes in outcomes:
        xs += [tallies.models[i] for i in tallies.left]
        ys += [tallies.models[j] for j in tallies.right]
        winners += [winner] * len(votes)
        weights += votes.astype(float).tolist()
    result = evalica.bradley_terry(xs, ys, winners, weights=weights, tolerance=1e-13, limit=100_000)
    theta = np.log(result.scores[list(tallies.models)].to_numpy())
    return np.asarray(1000 + POINTS * (theta - theta.mean()), dtype=np.float64)


def test_standard_errors_agree_with_resampling_the_votes() -> None:
    tallies = random_tallies(5, m=8, mean=60.0)
    columns = np.stack([tallies.left_wins, tallies.right_wins, tallies.ties], axis=1)
    rng = np.random.default_rng(11)
    total = int(columns.sum())
    draws = rng.multinomial(total, (columns / total).ravel(), size=600).reshape(600, -1, 3)
    boards = [
        fit(Tallies(tallies.models, tallies.left, tallies.right, *draw.T)).ratings for draw in draws
    ]
    spread = np.std(boards, axis=0, ddof=1)
    # 600 draws know a standard deviation to about 3 %; allow four times that.
    np.testing.assert_allclose(fit(tallies).standard_errors, spread, rtol=0.12)


def test_two_models_have_the_interval_worked_out_by_hand() -> None:
    result = fit(tally([("a", "b", 60, 20, 20)]))
    p, n = 0.7, 100
    squared_scores = 60 * 0.3**2 + 20 * 0.7**2 + 20 * 0.2**2
    gap_error = np.sqrt(squared_scores) / (n * p * (1 - p))
    assert result.ratings[0] - result.ratings[1] == pytest.approx(POINTS * np.log(0.7 / 0.3))
    np.testing.assert_allclose(result.standard_errors, POINTS * gap_error / 2)


def test_no_votes_give_an_empty_board() -> None:
    result = fit(tally([]))
    assert result.models == ()
    assert result.ratings.shape == (0,)
    assert result.converged
    assert not result.is_regularised


def test_a_model_without_a_battle_stays_at_the_centre_as_unsure_as_the_prior() -> None:
    result = fit(tally([("alone", "alone", 3, 0, 0)]))
    assert_sensible(result)
    assert result.is_regularised
    assert result.n_battles.tolist() == [0]
    assert result.ratings.tolist() == [1000.0]
    np.testing.assert_allclose(result.standard_errors, POINTS / np.sqrt(PRIOR_PRECISION))


def test_only_ties_give_equal_ratings_that_are_not_certain() -> None:
    few, many = fit(tally([("a", "b", 0, 0, 1)])), fit(tally([("a", "b", 0, 0, 100)]))
    for result in (few, many):
        assert_sensible(result)
        assert not result.is_regularised
        np.testing.assert_allclose(result.ratings, 1000.0)
    np.testing.assert_allclose(many.standard_errors * 10, few.standard_errors)


def test_a_perfect_winner_is_first_with_a_wide_interval() -> None:
    rows: Rows = [("best", "x", 9, 0, 0), ("best", "y", 9, 0, 0), ("x", "y", 30, 30, 9)]
    result = fit(tally(rows))
    assert_sensible(result)
    assert result.is_regularised
    assert result.component.tolist() == [0, 0, 0]
    assert result.models[int(result.ratings.argmax())] == "best"
    assert result.ratings[0] < 3000
    assert result.standard_errors[0] > 3 * result.covariance[1, 1] ** 0.5 / 2
    gap = result.covariance[1, 1] + result.covariance[2, 2] - 2 * result.covariance[1, 2]
    assert np.sqrt(gap) < 60, "what is known of the others stays known"


def test_more_wins_without_a_loss_raise_a_perfect_winner() -> None:
    gaps = [-np.diff(fit(tally([("a", "b", n, 0, 0)])).ratings)[0] for n in (1, 10, 100, 1000)]
    assert gaps == sorted(gaps)
    assert gaps[0] > 100


def test_groups_that_never_met_are_named_and_each_centred() -> None:
    rows: Rows = [("a", "b", 3, 2, 0), ("b", "c", 3, 2, 0), ("y", "z", 5, 1, 1)]
    result = fit(tally(rows))
    assert_sensible(result)
    assert result.is_regularised
    assert result.component.tolist() == [0, 0, 0, 1, 1]
    assert result.ratings[:3].mean() == pytest.approx(1000.0)
    assert result.ratings[3:].mean() == pytest.approx(1000.0)


@pytest.mark.parametrize("votes", [10**6, 10**9, 10**12, 10**15])
def test_extremely_lopsided_votes_still_converge(votes: int) -> None:
    rows: Rows = [("a", "b", votes, 1, 0), ("b", "c", votes, 1, 0), ("c", "d", 1, 2, 0)]
    result = fit(tally(rows))
    assert_sensible(result)
    assert not result.is_regularised
    assert result.ratings[0] - result.ratings[1] == pytest.approx(POINTS * np.log(votes), abs=1e-3)


def test_running_out_of_iterations_is_said() -> None:
    result = fit(random_tallies(3), max_iterations=1)
    assert not result.converged
    assert result.iterations == 1


def test_results_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        fit(random_tallies(3)).ratings[0] = 0.0


@pytest.mark.parametrize("bad", [{"scale": 0.0}, {"base": 1.0}, {"prior_precision": 0.0}])
def test_impossible_units_are_refused(bad: dict[str, float]) -> None:
    units = {"scale": 400.0, "base": 10.0, "prior_precision": 0.1} | bad
    with pytest.raises(ValueError, match="above"):
        fit(
            tally([]),
            scale=units["scale"],
            base=units["base"],
            prior_precision=units["prior_precision"],
        )
