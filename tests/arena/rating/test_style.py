"""Style-controlled ratings, beside statsmodels and on votes made by a known model."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.boards.style import difference
from arena.rating import style
from arena.rating.bradley_terry import fit
from arena.rating.style import StyledFit, fit_styled
from arena.rating.style_votes import StyleVotes, style_votes
from arena.rating.tallies import Floats, tally_codes

CROWD = Path(__file__).parents[4] / "shared/data/crowd-comparisons/llmfao_votes_crowd.csv"
POINTS = 400.0 / np.log(10.0)
FEATURES = ("length", "headers", "bold", "lists")
Codes = npt.NDArray[np.int64]
Rows = tuple[list[str], Codes, Codes, Codes, Floats]


def made(n: int = 3000, m: int = 6, f: int = 2, seed: int = 0) -> Rows:
    """Votes by a known model in which one model wins by its looks alone."""
    rng = np.random.default_rng(seed)
    theta, beta = rng.normal(scale=0.7, size=m), np.array([0.8, -0.4, 0.0, 0.3])[:f]
    a = rng.integers(m, size=n)
    b = (a + rng.integers(1, m, size=n)) % m
    z = np.clip(rng.normal(scale=0.4, size=(n, f)) + 0.1 * (a - b)[:, None], -0.99, 0.99)
    chance = 1 / (1 + np.exp(-(theta[a] - theta[b] + z @ beta)))
    points = np.where(rng.random(n) < 0.2, 1, 2 * (rng.random(n) < chance))
    return [f"m{i}" for i in range(m)], a, b, points, z


def laid_out(rows: Rows, **more: Any) -> StyleVotes:
    models, a, b, points, z = rows
    return style_votes(models, FEATURES[: z.shape[1]], a, b, points, z, **more)


def by_statsmodels(rows: Rows, weights: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """Ratings, their standard errors and β per typical difference: half-wins as two rows."""
    models, a, b, points, z = rows
    n, m = len(a), len(models)
    w = np.ones(n) if weights is None else weights
    design = np.zeros((n, m + z.shape[1]))
    design[np.arange(n), a] += 1.0
    design[np.arange(n), b] -= 1.0
    typical = np.sqrt(np.average(z**2, axis=0, weights=w))
    design[:, m:] = z / typical
    # The mean of θ is pinned by dropping the last model's column and centring afterwards.
    free = np.delete(design, m - 1, axis=1)
    model = sm.GLM(points / 2.0, free, family=sm.families.Binomial(), var_weights=w)
    result = model.fit(tol=1e-14, maxiter=200)
    mu = result.mu
    bread = np.linalg.inv((free.T * (w * mu * (1 - mu))) @ free)
    meat = (free.T * (w * (points / 2.0 - mu)) ** 2) @ free
    covariance = bread @ meat @ bread
    spread = np.zeros((m + z.shape[1], m + z.shape[1] - 1))
    spread[: m - 1, : m - 1] = np.eye(m - 1)
    spread[m:, m - 1 :] = np.eye(z.shape[1])
    spread[:m] -= spread[:m].mean(axis=0)
    full = spread @ covariance @ spread.T
    values = spread @ result.params
    return 1000 + POINTS * values[:m], POINTS * np.sqrt(np.diag(full)), POINTS * values[m:]


def agrees(found: StyledFit, rows: Rows, weights: Floats | None = None) -> None:
    ratings, errors, coefficients = by_statsmodels(rows, weights)
    m = len(rows[0])
    np.testing.assert_allclose(found.board.ratings, ratings, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.coefficients, coefficients, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.board.standard_errors, errors[:m], rtol=1e-6)
    np.testing.assert_allclose(found.errors, errors[m:], rtol=1e-6)


def test_an_independent_logistic_regression_finds_the_same() -> None:
    rows = made()
    found = fit_styled(laid_out(rows))
    assert found.board.converged
    assert not found.board.is_regularised
    agrees(found, rows)


def test_and_so_it_does_with_weights() -> None:
    rows = made(seed=1)
    weights = np.random.default_rng(2).random(3000)
    agrees(fit_styled(laid_out(rows, weights=weights)), rows, weights)


def test_and_on_real_votes() -> None:
    if not CROWD.exists():
        pytest.skip("the crowd votes are not beside this checkout, in ../shared/data/")
    rows = crowd()
    found = fit_styled(laid_out(rows))
    agrees(found, rows)
    models, a, b, points, _ = rows
    plain = fit(tally_codes(models, a, b, points))
    assert found.coefficients[0] > 2 * found.errors[0]
    assert 1.0 < float(np.abs(found.board.ratings - plain.ratings).max()) < 200.0


def crowd() -> Rows:
    with CROWD.open(encoding="utf-8", newline="") as file:
        votes = list(csv.DictReader(file))
    models = sorted({row[side] for row in votes for side in ("model_a", "model_b")})
    index = {model: code for code, model in enumerate(models)}
    points = {"model_a": 2, "tie": 1, "model_b": 0}
    codes = [(index[r["model_a"]], index[r["model_b"]], points[r["winner"]]) for r in votes]
    a, b, half_points = np.array(codes, dtype=np.int64).T
    sides = [
        [[float(row[f"{look}_{side}"]) for look in ("chars", "headers", "bold", "lists")]
         for row in votes]
        for side in "ab"
    ]  # fmt: skip
    z = np.array([difference(x, y) for x, y in zip(*sides, strict=True)])
    return models, a, b, half_points, z


def test_without_features_it_is_the_plain_board() -> None:
    models, a, b, points, z = made()
    found = fit_styled(style_votes(models, (), a, b, points, z[:, :0]))
    plain = fit(tally_codes(models, a, b, points))
    np.testing.assert_allclose(found.board.ratings, plain.ratings, atol=1e-6)
    np.testing.assert_allclose(found.board.standard_errors, plain.standard_errors, rtol=1e-9)


def test_looks_are_taken_out_of_the_ratings() -> None:
    rng = np.random.default_rng(3)
    n, m = 40_000, 5
    a = rng.integers(m, size=n)
    b = (a + rng.integers(1, m, size=n)) % m
    z = np.clip(0.3 * (a - b) / m + rng.normal(scale=0.2, size=n), -1, 1)[:, None]
    wins = rng.random(n) < 1 / (1 + np.exp(-3.0 * z[:, 0]))
    rows: Rows = ([f"m{i}" for i in range(m)], a, b, 2 * wins, z)
    found = fit_styled(laid_out(rows))
    plain = fit(tally_codes(rows[0], a, b, 2 * wins))
    assert float(np.ptp(plain.ratings)) > 100
    assert np.all(np.abs(found.board.ratings - 1000) < 4 * found.board.standard_errors)
    slope = found.coefficients[0] / found.typical[0] / POINTS
    assert abs(slope - 3.0) < 4 * found.errors[0] / found.typical[0] / POINTS


def test_rows_of_several_votes_are_as_good_as_the_votes() -> None:
    models, a, b, points, z = made(600)
    z = np.round(z * 2) / 2
    whole, counts = np.unique(np.column_stack([a, b, points, z]), axis=0, return_counts=True)
    a2, b2, points2 = whole[:, :3].astype(np.int64).T
    merged = style_votes(models, FEATURES[:2], a2, b2, points2, whole[:, 3:], counts=counts)
    assert merged.n_rows < 600
    same(fit_styled(merged), fit_styled(laid_out((models, a, b, points, z))))


def same(left: StyledFit, right: StyledFit, atol: float = 1e-6) -> None:
    for name in ("ratings", "standard_errors", "lower", "upper"):
        np.testing.assert_allclose(
            getattr(left.board, name), getattr(right.board, name), rtol=0, atol=atol
        )
    np.testing.assert_array_equal(left.board.n_battles, right.board.n_battles)
    np.testing.assert_allclose(left.coefficients, right.coefficients, rtol=0, atol=atol)
    np.testing.assert_allclose(left.errors, right.errors, rtol=0, atol=atol)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000))
def test_order_sides_and_units_do_not_matter(seed: int) -> None:
    rows = models, a, b, points, z = made(400, seed=seed)
    board = fit_styled(laid_out(rows))
    rng = np.random.default_rng(seed)
    order = rng.permutation(400)
    turn = rng.random(400) < 0.5
    turned: Rows = (
        models,
        np.where(turn, b, a)[order],
        np.where(turn, a, b)[order],
        np.where(turn, 2 - points, points)[order],
        (np.where(turn[:, None], -z, z) * 7.0)[order],
    )
    same(fit_styled(laid_out(turned)), board)


def test_twice_the_votes_shrink_the_intervals_by_the_root_of_two() -> None:
    models, a, b, points, z = made()
    once = fit_styled(laid_out((models, a, b, points, z)))
    doubled: Rows = (models, *(np.concatenate([x, x]) for x in (a, b, points, z)))  # type: ignore[assignment]
    twice = fit_styled(laid_out(doubled))
    np.testing.assert_allclose(twice.board.ratings, once.board.ratings, atol=1e-6)
    np.testing.assert_allclose(
        twice.board.standard_errors * np.sqrt(2), once.board.standard_errors, rtol=1e-9
    )


def test_a_start_changes_the_time_and_not_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    votes = laid_out(made(20_000, f=4))
    cold = fit_styled(votes)
    warm = fit_styled(votes, start=cold.solution)
    assert warm.board.iterations == 1
    same(warm, cold)
    monkeypatch.setattr(style, "SAMPLE", 1000)
    same(fit_styled(votes), cold)


def test_small_blocks_add_up_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    votes = laid_out(made(1000))
    whole = fit_styled(votes)
    monkeypatch.setattr(style, "BLOCK", 7)
    same(fit_styled(votes), whole)


def test_differences_in_small_integers_are_their_own_unit() -> None:
    models, a, b, points, z = made()
    steps = np.round(z * 127)
    same(
        fit_styled(style_votes(models, FEATURES[:2], a, b, points, steps.astype(np.int8))),
        fit_styled(laid_out((models, a, b, points, steps))),
    )


def test_some_of_the_rows_are_those_votes() -> None:
    models, a, b, points, z = made()
    votes = laid_out((models, a, b, points, z))
    masked = votes.taken(votes.differences[0] > 0)
    turned = np.where(a < b, z[:, 0], -z[:, 0]) > 0
    same(
        fit_styled(masked),
        fit_styled(laid_out((models, a[turned], b[turned], points[turned], z[turned]))),
    )


def test_an_anchor_shifts_the_board_and_keeps_its_intervals() -> None:
    votes = laid_out(made())
    free, held = fit_styled(votes), fit_styled(votes, anchor=("m2", 1234.0))
    assert held.board.is_anchored
    assert held.board.ratings[2] == 1234.0
    np.testing.assert_allclose(np.diff(held.board.ratings), np.diff(free.board.ratings))
    np.testing.assert_array_equal(held.board.standard_errors, free.board.standard_errors)


def finite(found: StyledFit) -> bool:
    board = found.board
    arrays = (board.ratings, board.standard_errors, board.covariance, found.coefficients)
    return all(bool(np.isfinite(array).all()) for array in arrays)


def ill(models: int, votes: list[tuple[int, int, int, float]]) -> StyledFit:
    table = np.array(votes, dtype=np.float64).reshape(-1, 4)
    a, b, points = table[:, :3].astype(np.int64).T
    names = [f"m{i}" for i in range(models)]
    return fit_styled(style_votes(names, ("length",), a, b, points, table[:, 3:]))


def test_ill_posed_votes_give_finite_numbers_and_say_so() -> None:
    for models, votes in (
        (0, []), (1, []), (3, []), (2, [(0, 1, 2, 0.5)]), (2, [(0, 1, 1, 0.0)] * 5),
        (4, [(0, 1, 2, 0.1), (1, 0, 2, 0.3), (2, 3, 1, 0.2)]),
        (2, [(0, 0, 2, 0.3)]),
    ):  # fmt: skip
        found = ill(models, votes)
        assert finite(found), votes
        assert found.board.converged


def test_groups_that_never_met_are_rated_apart_and_share_the_looks() -> None:
    models, a, b, points, z = made(2000, m=3)
    _, a2, b2, points2, z2 = made(2000, m=3, seed=5)
    names = [f"m{i}" for i in range(6)]
    both = fit_styled(
        style_votes(
            names,
            FEATURES[:2],
            np.append(a, a2 + 3),
            np.append(b, b2 + 3),
            np.append(points, points2),
            np.concatenate([z, z2]),
        )
    )
    assert both.board.is_regularised
    assert not both.board.leans_on_prior.any()
    np.testing.assert_allclose(both.board.ratings[:3].mean(), 1000.0)
    np.testing.assert_allclose(both.board.ratings[3:].mean(), 1000.0)
    alone = fit_styled(laid_out((models, a, b, points, z)))
    np.testing.assert_allclose(both.board.ratings[:3], alone.board.ratings, atol=5.0)


def test_looks_that_never_fail_to_win_are_held_by_the_prior() -> None:
    rng = np.random.default_rng(0)
    z = rng.choice([-0.5, 0.5], size=300)
    found = ill(3, [(i % 3, (i + 1) % 3, 2 if z[i] > 0 else 0, z[i]) for i in range(300)])
    assert found.board.is_regularised
    assert found.board.converged
    assert finite(found)
    assert found.coefficients[0] > 300


def test_a_feature_that_never_differs_and_one_said_twice_change_nothing() -> None:
    models, a, b, points, z = made()
    plain = fit_styled(laid_out((models, a, b, points, z)))
    more = np.column_stack([z, np.zeros(len(a)), z[:, 0]])
    found = fit_styled(laid_out((models, a, b, points, more)))
    assert found.coefficients[2] == found.errors[2] == 0.0
    np.testing.assert_allclose(found.board.ratings, plain.board.ratings, atol=1e-4)
    assert finite(found)


def test_bad_rows_are_refused() -> None:
    models, a, b, points, z = made(10)
    for change in (
        {"differences": z * np.nan},
        {"differences": z[:5]},
        {"half_points": points + 2},
        {"a": a + 6},
        {"weights": -np.ones(10)},
        {"squares": np.ones(10)},
        {"weights": np.ones(10), "counts": np.ones(10, dtype=np.int64)},
    ):
        given: dict[str, Any] = {"a": a, "b": b, "half_points": points, "differences": z, **change}
        with pytest.raises(ValueError):
            style_votes(models, FEATURES[:2], **given)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    hits, truth = [], np.linspace(-0.6, 0.6, 4)
    for seed in range(150):
        rng = np.random.default_rng(seed)
        a = rng.integers(4, size=800)
        b = (a + rng.integers(1, 4, size=800)) % 4
        z = rng.normal(scale=0.4, size=(800, 1)) + 0.2 * (a - b)[:, None]
        wins = rng.random(800) < 1 / (1 + np.exp(-(truth[a] - truth[b] + z[:, 0])))
        found = fit_styled(laid_out(([f"m{i}" for i in range(4)], a, b, 2 * wins, z)))
        miss = np.abs(found.board.ratings - 1000 - POINTS * truth)
        hits.append(miss <= 1.96 * found.board.standard_errors)
    assert 0.925 < float(np.mean(hits)) < 0.975
