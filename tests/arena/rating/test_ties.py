from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.rating.bradley_terry import Fit, fit
from arena.rating.connectivity import ties_have_a_measure
from arena.rating.tallies import Floats, tally
from arena.rating.ties import MODELS, TieModel, Ties
from tests.arena.rating.boards import random_tallies

names = st.sampled_from(list("abcde"))
counts = st.integers(0, 20)
any_rows = st.lists(st.tuples(names, names, counts, counts, counts), max_size=15)
both = pytest.mark.parametrize("ties", ["davidson", "rao_kupper"])
models = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())

MARGINS = np.array([-30.0, -3.0, -0.4, 0.0, 0.4, 3.0, 30.0])


@models
def test_chances_add_up_to_one_and_turn_with_the_sides(model: TieModel) -> None:
    chances = model.chances(MARGINS, 0.7)
    np.testing.assert_allclose(chances.sum(axis=0), 1.0, rtol=1e-12)
    np.testing.assert_allclose(chances[:2], chances[1::-1, ::-1], rtol=1e-12)
    np.testing.assert_allclose(chances[2], chances[2, ::-1], rtol=1e-12)


@models
def test_derivatives_are_those_of_the_log_chances(model: TieModel) -> None:
    margins, step = np.linspace(-3, 3, 13), 1e-5
    weights = np.array([2.0, 3.0, 5.0])[:, None] * np.ones(13)

    def by_margin(parameter: float) -> Floats:
        return model.scores(margins, parameter)[0]

    ahead, behind = (model.log_chances(margins + s, 0.7) for s in (step, -step))
    np.testing.assert_allclose(by_margin(0.7), (ahead - behind) / (2 * step), atol=1e-8)
    more, less = (model.log_chances(margins, 0.7 + s) for s in (step, -step))
    np.testing.assert_allclose(
        model.scores(margins, 0.7)[1], (more - less) / (2 * step) * model.n_parameters, atol=1e-8
    )
    x_ahead, x_behind = (model.scores(margins + s, 0.7) for s in (step, -step))
    y_more, y_less = (model.scores(margins, 0.7 + s) for s in (step, -step))
    seconds = [
        x_ahead[0] - x_behind[0],
        y_more[0] - y_less[0],
        y_more[1] - y_less[1],
    ]
    expected = [-(weights * second).sum(axis=0) / (2 * step) for second in seconds]
    np.testing.assert_allclose(model.curvatures(margins, 0.7, weights), expected, atol=1e-7)


@models
def test_scores_average_to_nothing_under_the_model(model: TieModel) -> None:
    chances = model.chances(MARGINS, 0.7)
    for scores in model.scores(MARGINS, 0.7):
        np.testing.assert_allclose((chances * scores).sum(axis=0), 0.0, atol=1e-12)


@both
@given(any_rows)
@settings(max_examples=100, deadline=None)
def test_any_votes_at_all_give_finite_numbers(
    ties: Ties, rows: list[tuple[str, str, int, int, int]]
) -> None:
    result = fit(tally(rows), ties=ties)
    assert result.converged
    for values in (result.ratings, result.standard_errors):
        assert np.isfinite(values).all()
    assert (result.standard_errors > 0).all()
    assert result.tie_parameter is not None
    assert np.isfinite(result.tie_parameter)


@both
@given(st.integers(0, 10**6), st.integers(2, 500))
@settings(max_examples=20, deadline=None)
def test_the_same_votes_many_times_keep_ratings_and_shrink_intervals(
    ties: Ties, seed: int, times: int
) -> None:
    tallies = random_tallies(seed, m=5)
    rows = [
        (tallies.models[i], tallies.models[j], *(times * tallies.counts[:, k]).tolist())
        for k, (i, j) in enumerate(zip(tallies.left, tallies.right, strict=True))
    ]
    one, many = fit(tallies, ties=ties), fit(tally(rows), ties=ties)
    np.testing.assert_allclose(one.ratings, many.ratings, rtol=0, atol=1e-6)
    expected = one.standard_errors / np.sqrt(times)
    np.testing.assert_allclose(many.standard_errors, expected, rtol=1e-6)
    assert one.tie_error is not None
    assert many.tie_error == pytest.approx(one.tie_error / np.sqrt(times))


@both
def test_new_names_change_no_rating(ties: Ties) -> None:
    tallies = random_tallies(4, m=6)
    rows = [
        (f"z{9 - i}", f"z{9 - j}", *tallies.counts[:, k].tolist())
        for k, (i, j) in enumerate(zip(tallies.left.tolist(), tallies.right.tolist(), strict=True))
    ]
    one, other = fit(tallies, ties=ties), fit(tally(rows), ties=ties)
    np.testing.assert_allclose(one.ratings, other.ratings[::-1], atol=1e-6)
    assert other.tie_parameter == pytest.approx(one.tie_parameter)


@both
def test_votes_drawn_from_the_model_give_its_parameters_back(ties: Ties) -> None:
    theta = np.array([0.8, 0.2, -0.3, -0.7])
    rng, rows = np.random.default_rng(8), []
    for i in range(4):
        for j in range(i):
            chances = MODELS[ties].chances(np.array([theta[i] - theta[j]]), 0.6)[:, 0]
            rows.append((f"m{i}", f"m{j}", *rng.multinomial(200_000, chances).tolist()))
    result = fit(tally(rows), ties=ties)
    np.testing.assert_allclose(result.theta, theta, atol=0.02)
    assert result.tie_parameter == pytest.approx(np.exp(0.6), rel=0.01)


def measured(*rows: tuple[str, str, int, int, int]) -> tuple[bool, Fit]:
    tallies = tally(rows)
    return ties_have_a_measure(tallies), fit(tallies, ties="davidson")


def test_a_parameter_that_the_votes_leave_open_is_held_by_the_prior() -> None:
    # Wins one way and ties: the more ties there are between equals, the better both are explained.
    has_measure, result = measured(("a", "b", 5, 0, 3))
    assert not has_measure
    assert result.tie_parameter is not None
    assert 1 < result.tie_parameter < 1000
    assert not measured(("a", "b", 0, 0, 9))[0]
    assert not measured(("a", "b", 3, 0, 0), ("b", "c", 0, 0, 3), ("c", "a", 0, 0, 2))[0]


def test_a_round_of_more_wins_than_ties_gives_the_parameter_a_measure() -> None:
    assert measured(("a", "b", 5, 1, 3))[0]
    assert measured(("a", "b", 1, 0, 0), ("b", "c", 1, 0, 0), ("c", "a", 0, 0, 1))[0]
    assert measured(("a", "b", 1, 0, 0), ("b", "c", 1, 0, 0), ("c", "a", 1, 0, 0))[0]
