"""Ratings that listen more to voters who judge as others do."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.rating.bradley_terry import fit
from arena.rating.reliability import fit_reliable
from arena.rating.tallies import Floats, tally_codes

CROWD = Path(__file__).parents[4] / "shared/data/crowd-comparisons/llmfao_votes_crowd.csv"
POINTS = 400.0 / np.log(10.0)
Codes = npt.NDArray[np.int64]
Rows = tuple[list[str], Codes, Codes, Codes, Codes]


def made(seed: int, alpha: Floats, *, n: int = 6000, m: int = 8) -> tuple[Rows, Floats]:
    rng = np.random.default_rng(seed)
    theta = rng.normal(scale=0.8, size=m)
    theta -= theta.mean()
    voters = rng.integers(len(alpha), size=n)
    a = rng.integers(m, size=n)
    b = (a + rng.integers(1, m, size=n)) % m
    wins = rng.random(n) < 1 / (1 + np.exp(-alpha[voters] * (theta[a] - theta[b])))
    return ([f"m{i}" for i in range(m)], a, b, 2 * wins, voters), theta


def rated(rows: Rows, n_voters: int, spread: float = 0.5) -> tuple[Floats, Floats]:
    found = fit_reliable(*rows, n_voters=n_voters, prior_spread=spread)
    assert found.board.converged
    return found.board.ratings, found.reliabilities


def plain(rows: Rows) -> Floats:
    return fit(tally_codes(*rows[:4])).ratings


def test_voters_who_toss_coins_are_found_and_weigh_little() -> None:
    alpha = np.repeat([1.5, 0.0], 60)
    closer = []
    for seed in range(8):
        rows, theta = made(seed, alpha)
        ratings, found = rated(rows, 120)
        assert found[:60].mean() - found[60:].mean() > 0.7
        truth = theta / theta.std()
        errors = [
            float(np.abs((r - 1000) / np.std(r) - truth).mean()) for r in (ratings, plain(rows))
        ]
        closer.append(errors[0] < errors[1])
    assert sum(closer) >= 7


def test_voters_who_are_all_alike_make_nearly_the_plain_board() -> None:
    rows, _ = made(0, np.ones(40), n=20_000)
    ratings, found = rated(rows, 40)
    assert float(np.abs(found - 1).max()) < 0.4
    np.testing.assert_allclose(ratings, plain(rows), atol=8)


def test_with_a_narrow_prior_it_is_the_plain_board() -> None:
    rows, _ = made(1, np.repeat([1.5, 0.2], 20))
    np.testing.assert_allclose(rated(rows, 40, spread=1e-6)[0], plain(rows), atol=1e-5)


def test_unknown_voters_make_the_plain_board_with_its_intervals() -> None:
    rows, _ = made(2, np.ones(5))
    nobody = (*rows[:4], np.full(len(rows[1]), -1))
    found = fit_reliable(*nobody, n_voters=0)
    board = fit(tally_codes(*rows[:4]))
    np.testing.assert_allclose(found.board.ratings, board.ratings, atol=1e-6)
    np.testing.assert_allclose(found.board.standard_errors, board.standard_errors, rtol=1e-6)


def test_a_voter_against_all_others_counts_for_nothing_and_never_backwards() -> None:
    rows, _ = made(3, np.append(np.full(30, 1.5), -1.5), n=9000)
    models, a, b, points, voters = rows
    found = fit_reliable(*rows, n_voters=31, prior_spread=2.0)
    assert found.reliabilities[30] == 0.0
    others = voters != 30
    without = fit_reliable(
        models, a[others], b[others], points[others], voters[others], n_voters=31, prior_spread=2.0
    )
    shift = np.ptp(without.board.ratings) / np.ptp(found.board.ratings)
    centred = (found.board.ratings - 1000) * shift + 1000
    np.testing.assert_allclose(centred, without.board.ratings, atol=1e-3)


def posterior(rows: Rows, theta: Floats, alpha: Floats, spread: float) -> float:
    _, a, b, points, voters = rows
    margins = alpha[voters] * (theta[a] - theta[b])
    loss = points / 2 * np.logaddexp(0, -margins) + (1 - points / 2) * np.logaddexp(0, margins)
    return -float(loss.sum()) - float(((alpha - 1) ** 2).sum()) / (2 * spread**2)


def test_the_maximum_is_one() -> None:
    rows, _ = made(4, np.repeat([1.2, 0.5], 6), n=900, m=4)
    ratings, alpha = rated(rows, 12)
    theta, rng = (ratings - 1000) / POINTS, np.random.default_rng(0)
    best = posterior(rows, theta, alpha, 0.5)
    for size in (1e-1, 1e-2, 1e-3):
        for _ in range(40):
            near = theta + size * rng.normal(size=4)
            nearby = np.maximum(alpha + size * rng.normal(size=12), 0)
            assert posterior(rows, near, nearby, 0.5) < best


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1000))
def test_order_and_sides_do_not_matter(seed: int) -> None:
    rows, _ = made(seed, np.repeat([1.3, 0.3], 5), n=400, m=4)
    models, a, b, points, voters = rows
    rng = np.random.default_rng(seed)
    order, turn = rng.permutation(400), rng.random(400) < 0.5
    turned = (
        models,
        np.where(turn, b, a)[order],
        np.where(turn, a, b)[order],
        np.where(turn, 2 - points, points)[order],
        voters[order],
    )
    for left, right in zip(rated(rows, 10), rated(turned, 10), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-5)


@pytest.mark.parametrize(
    ("m", "votes"),
    [
        (0, []),
        (2, []),
        (2, [(0, 1, 2, 0)]),
        (2, [(0, 1, 1, 0), (0, 1, 1, 1)]),
        (4, [(0, 1, 2, 0), (2, 3, 0, -1)]),
        (2, [(0, 1, 2, 0), (0, 1, 0, 0)]),
        (2, [(1, 1, 2, 0)]),
    ],
)
def test_ill_posed_votes_give_finite_numbers(m: int, votes: list[tuple[int, ...]]) -> None:
    a, b, points, voters = np.array(votes, dtype=np.int64).reshape(-1, 4).T
    found = fit_reliable([f"m{i}" for i in range(m)], a, b, points, voters, n_voters=2)
    for array in (found.board.ratings, found.board.standard_errors, found.reliabilities):
        assert np.isfinite(array).all()


def test_real_annotators_are_told_apart() -> None:
    if not CROWD.exists():
        pytest.skip("the crowd votes are not beside this checkout, in ../shared/data/")
    with CROWD.open(encoding="utf-8", newline="") as file:
        votes = list(csv.DictReader(file))
    models = sorted({row[side] for row in votes for side in ("model_a", "model_b")})
    index = {model: code for code, model in enumerate(models)}
    points = {"model_a": 2, "tie": 1, "model_b": 0}
    voters = {worker: code for code, worker in enumerate(sorted({row["worker"] for row in votes}))}
    codes = [
        (index[r["model_a"]], index[r["model_b"]], points[r["winner"]], voters[r["worker"]])
        for r in votes
    ]
    a, b, half_points, voter = np.array(codes, dtype=np.int64).T
    found = fit_reliable(models, a, b, half_points, voter, n_voters=len(voters))
    assert found.board.converged
    assert int(found.n_votes.sum()) == 8931
    assert found.reliabilities.min() < 0.5
    assert found.reliabilities.max() > 1.3
    board = fit(tally_codes(models, a, b, half_points))
    assert float(np.corrcoef(found.board.ratings, board.ratings)[0, 1]) > 0.95


def test_codes_out_of_range_are_refused() -> None:
    rows, _ = made(0, np.ones(3), n=10)
    with pytest.raises(ValueError, match="voters must lie"):
        fit_reliable(*rows, n_voters=1)
    with pytest.raises(ValueError, match="prior_spread"):
        fit_reliable(*rows, n_voters=3, prior_spread=0.0)
