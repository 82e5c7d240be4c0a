"""Ratings and errors beside statsmodels, on drawn votes and on those of a crowd."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.discrete.conditional_models import ConditionalLogit
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.tools.numdiff import approx_fprime_cs, approx_hess_cs

from arena.rating.bradley_terry import fit
from arena.rating.tallies import Floats, Ints, Tallies, tally_codes
from tests.arena.rating.boards import POINTS, centred, crowd_codes, drawn_votes, names

Codes = tuple[list[str], Ints, Ints, Ints]


def drawn_codes(m: int = 8, n_votes: int = 900, seed: int = 3) -> Codes:
    rng = np.random.default_rng(seed)
    return names(m), *drawn_votes(rng, rng.normal(scale=0.5, size=m), n_votes)


def design(m: int, a: Ints, b: Ints) -> Floats:
    """One line a vote; the last model is the one the others are measured from."""
    x = np.zeros((len(a), m))
    x[np.arange(len(a)), a] += 1.0
    x[np.arange(len(a)), b] -= 1.0
    return x[:, :-1]


def about_the_mean(params: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Ratings and their standard errors from estimates against the last model."""
    m = len(params) + 1
    centring = (np.eye(m) - 1.0 / m)[:, :-1]
    errors = np.sqrt(np.diag(centring @ covariance @ centring.T))
    return centred(np.append(params, 0.0)), POINTS * errors


@pytest.mark.parametrize("source", ["drawn", "crowd"])
def test_ratings_and_errors_are_those_of_a_logistic_regression(source: str) -> None:
    models, a, b, half_points = drawn_codes() if source == "drawn" else crowd_codes()
    board = fit(tally_codes(models, a, b, half_points))
    glm = sm.GLM(half_points / 2, design(len(models), a, b), family=sm.families.Binomial())
    result = glm.fit(cov_type="HC0", tol=1e-14, maxiter=200)
    ratings, errors = about_the_mean(result.params, result.cov_params())
    np.testing.assert_allclose(board.ratings, ratings, rtol=0, atol=1e-6)
    np.testing.assert_allclose(board.standard_errors, errors, rtol=1e-6)


@pytest.mark.parametrize("source", ["drawn", "crowd"])
def test_weighed_votes_are_those_of_a_weighed_logistic_regression(source: str) -> None:
    models, a, b, half_points = drawn_codes() if source == "drawn" else crowd_codes()
    weights = np.random.default_rng(5).choice([0.25, 0.5, 1.0], size=len(a))
    board = fit(tally_codes(models, a, b, half_points, weights=weights))
    glm = sm.GLM(
        half_points / 2,
        design(len(models), a, b),
        family=sm.families.Binomial(),
        var_weights=weights,
    )
    result = glm.fit(tol=1e-14, maxiter=200)
    x, p = glm.exog, glm.predict(result.params)
    scores = x * (weights * (half_points / 2 - p))[:, None]
    bread = np.linalg.inv(x.T @ (x * (weights * p * (1 - p))[:, None]))
    ratings, errors = about_the_mean(result.params, bread @ scores.T @ scores @ bread)
    np.testing.assert_allclose(board.ratings, ratings, rtol=0, atol=1e-6)
    np.testing.assert_allclose(board.standard_errors, errors, rtol=1e-6)


def test_davidson_is_a_conditional_logit_of_three_outcomes() -> None:
    models, a, b, half_points = drawn_codes(m=5, n_votes=250)
    board = fit(tally_codes(models, a, b, half_points), ties="davidson")
    gaps = design(len(models), a, b)
    n, k = gaps.shape
    features = np.zeros((n, 3, k + 1))
    features[:, 0, :k], features[:, 1, :k], features[:, 2, k] = 0.5 * gaps, -0.5 * gaps, 1.0
    chosen = np.zeros((n, 3))
    chosen[np.arange(n), np.array([1, 2, 0])[half_points]] = 1.0
    model = ConditionalLogit(
        chosen.ravel(), features.reshape(3 * n, k + 1), groups=np.repeat(np.arange(n), 3)
    )
    params = newton(model.score, model.hessian, np.zeros(k + 1))
    np.testing.assert_allclose(
        board.ratings, centred(np.append(params[:-1], 0.0)), rtol=0, atol=1e-6
    )
    assert board.tie_parameter == pytest.approx(float(np.exp(params[-1])), rel=1e-8)
    powers = np.exp(features @ params)
    chances = powers / powers.sum(axis=1, keepdims=True)
    seen, expected = (np.einsum("no,nok->nk", share, features) for share in (chosen, chances))
    scores = seen - expected
    bread = np.linalg.inv(model.hessian(params))
    covariance = bread @ scores.T @ scores @ bread
    _, errors = about_the_mean(params[:-1], covariance[:-1, :-1])
    np.testing.assert_allclose(board.standard_errors, errors, rtol=1e-6)
    assert board.tie_error == pytest.approx(board.tie_parameter * covariance[-1, -1] ** 0.5)


def test_rao_kupper_is_an_ordered_logit_with_symmetric_thresholds() -> None:
    models, a, b, half_points = drawn_codes(m=5, n_votes=250)
    tallies = tally_codes(models, a, b, half_points)
    board = fit(tallies, ties="rao_kupper")
    gaps, k = design(len(models), a, b), len(models) - 1
    # Each vote from both sides: the thresholds that fit best are then the same on both.
    ordered = OrderedModel(
        np.concatenate([half_points, 2 - half_points]), np.vstack([gaps, -gaps]), distr="logit"
    )
    result = ordered.fit(method="newton", disp=False, maxiter=100, tol=1e-14)
    params = np.asarray(result.params)
    thresholds = ordered.transform_threshold_params(params[k:])[1:-1]
    np.testing.assert_allclose(
        board.ratings, centred(np.append(params[:k], 0.0)), rtol=0, atol=1e-4
    )
    assert board.tie_parameter == pytest.approx(float(np.exp(thresholds[1])), rel=1e-6)


def test_rao_kupper_errors_follow_from_its_likelihood_differentiated_by_machine() -> None:
    models, a, b, half_points = drawn_codes()
    board = fit(tally_codes(models, a, b, half_points), ties="rao_kupper")
    gaps = design(len(models), a, b)

    def per_vote(params: Floats) -> Floats:
        margins, delta = gaps @ params[:-1], params[-1]
        wins = 1 / (1 + np.exp(delta - margins))
        losses = 1 / (1 + np.exp(delta + margins))
        chances = np.stack([losses, 1 - wins - losses, wins])
        # Complex steps pass through here, so no dtype is forced.
        logs: Floats = np.log(chances[half_points, np.arange(len(gaps))])
        return logs

    theta = (board.ratings - board.ratings[-1]) / POINTS
    assert board.tie_parameter is not None
    params = np.append(theta[:-1], np.log(board.tie_parameter))
    scores = approx_fprime_cs(params, per_vote)
    assert np.abs(scores.sum(axis=0)).max() < 1e-8
    bread = np.linalg.inv(approx_hess_cs(params, lambda values: per_vote(values).sum()))
    covariance = bread @ scores.T @ scores @ bread
    _, errors = about_the_mean(params[:-1], covariance[:-1, :-1])
    np.testing.assert_allclose(board.standard_errors, errors, rtol=1e-6)
    assert board.tie_error == pytest.approx(board.tie_parameter * covariance[-1, -1] ** 0.5)


def test_without_ties_all_three_are_plain_bradley_terry() -> None:
    models, a, b, half_points = drawn_codes()
    decided = half_points != 1
    tallies: Tallies = tally_codes(models, a[decided], b[decided], half_points[decided])
    plain = fit(tallies)
    for ties, at_equals in (("davidson", 0.0), ("rao_kupper", 1.0)):
        board = fit(tallies, ties="davidson" if ties == "davidson" else "rao_kupper")
        assert board.ratings.tobytes() == plain.ratings.tobytes()
        assert (board.tie_parameter, board.tie_error) == (at_equals, None)


def newton(score: object, hessian: object, params: Floats) -> Floats:
    assert callable(score)
    assert callable(hessian)
    for _ in range(30):
        params = params - np.linalg.solve(hessian(params), score(params))
    return params
