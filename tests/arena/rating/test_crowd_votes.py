"""The whole road on real votes: 8,931 judgements of 59 models, 39 % of them ties."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import choix
import evalica
import numpy as np
import numpy.typing as npt
import pytest

from arena.rating.bradley_terry import fit
from arena.rating.tallies import tally

VOTES = Path(__file__).parents[4] / "shared/data/crowd-comparisons/llmfao_votes_crowd.csv"
POINTS = 400.0 / np.log(10.0)
Votes = list[tuple[str, str, str]]
Oracle = Callable[[Votes, tuple[str, ...]], npt.NDArray[np.float64]]


@pytest.fixture(scope="module")
def votes() -> Votes:
    if not VOTES.exists():
        pytest.skip("the crowd votes are not beside this checkout, in ../shared/data/")
    with VOTES.open(encoding="utf-8", newline="") as file:
        return [(row["model_a"], row["model_b"], row["winner"]) for row in csv.DictReader(file)]


def by_evalica(votes: Votes, models: tuple[str, ...]) -> npt.NDArray[np.float64]:
    verdicts = {
        "model_a": evalica.Winner.X, "model_b": evalica.Winner.Y, "tie": evalica.Winner.Draw,
    }  # fmt: skip
    a, b, winners = zip(*votes, strict=True)
    scores = evalica.bradley_terry(
        a, b, [verdicts[winner] for winner in winners], tolerance=1e-13, limit=100_000
    ).scores
    return np.asarray(np.log(scores[list(models)].to_numpy()), dtype=np.float64)


def by_choix(votes: Votes, models: tuple[str, ...]) -> npt.NDArray[np.float64]:
    points = np.zeros((len(models), len(models)))
    share = {"model_a": 1.0, "model_b": 0.0, "tie": 0.5}
    for a, b, winner in votes:
        points[models.index(a), models.index(b)] += share[winner]
        points[models.index(b), models.index(a)] += 1.0 - share[winner]
    theta = choix.ilsr_pairwise_dense(points, max_iter=2000, tol=1e-12)
    return np.asarray(theta, dtype=np.float64)


@pytest.mark.parametrize("independent", [by_evalica, by_choix])
def test_the_board_is_the_one_independent_programs_find(votes: Votes, independent: Oracle) -> None:
    board = fit(tally((a, b, w == "model_a", w == "model_b", w == "tie") for a, b, w in votes))
    theta = independent(votes, board.models)
    assert len(board.models) == 59
    assert int(board.n_battles.sum()) == 2 * 8931
    assert board.converged
    assert not board.is_regularised
    expected = 1000 + POINTS * (theta - theta.mean())
    np.testing.assert_allclose(board.ratings, expected, rtol=0, atol=1e-6)
    assert np.argsort(board.ratings).tolist() == np.argsort(expected).tolist()
