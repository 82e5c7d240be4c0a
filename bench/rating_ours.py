"""Our ratings as contestants: `python -m bench.rating_ours TASK FOLDER REPEATS OUT`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import numpy as np

from arena.rating.bootstrap import bootstrap
from arena.rating.bradley_terry import fit
from arena.rating.elo import replay
from arena.rating.style import fit_styled
from arena.rating.style_votes import style_votes
from arena.rating.tallies import Tallies, tally_codes
from bench.rating_votes import FEATURES, Votes, measured

CHUNK = 1_000_000
Run = Callable[[], Mapping[str, float]]


def from_tallies(votes: Votes) -> Run:
    tallies = tally_codes(votes.models, votes.a, votes.b, votes.half_points)

    def run() -> Mapping[str, float]:
        board = fit(tallies)
        return dict(zip(board.models, board.ratings.tolist(), strict=True))

    return run


def from_codes(votes: Votes) -> Run:
    def run() -> Mapping[str, float]:
        board = fit(tally_codes(votes.models, votes.a, votes.b, votes.half_points))
        return dict(zip(board.models, board.ratings.tolist(), strict=True))

    return run


def from_names(votes: Votes) -> Run:
    names = (*votes.names(), votes.winners())

    def run() -> Mapping[str, float]:
        board = fit(tallied(*names))
        return dict(zip(board.models, board.ratings.tolist(), strict=True))

    return run


def bootstraps(votes: Votes) -> Callable[[], None]:
    names = (*votes.names(), votes.winners())

    def run() -> None:
        tallies = tallied(*names)
        bootstrap(tallies, fit(tallies), draws=100, rng=np.random.default_rng(0))

    return run


def tallied(a: list[str], b: list[str], winners: list[str]) -> Tallies:
    """Count names a million votes at a time, so that codes of all of them are never held."""
    models = sorted({*a, *b})
    code = {model: index for index, model in enumerate(models)}.__getitem__
    points = {"model_a": 2, "tie": 1, "model_b": 0}.__getitem__
    sums = np.zeros((3, len(models), len(models)), dtype=np.int64)
    for begin in range(0, len(a), CHUNK):
        rows = slice(begin, begin + CHUNK)
        columns = (map(code, a[rows]), map(code, b[rows]), map(points, winners[rows]))
        part = tally_codes(models, *(np.fromiter(column, np.int16) for column in columns))
        sums[:, part.left, part.right] += part.counts
    left, right = np.nonzero(sums.sum(axis=0))
    won, lost, tied = sums[:, left, right]
    return Tallies(tuple(models), left, right, won, lost, tied)


def style(votes: Votes) -> Run:
    differences = np.load(votes.folder / "style.npy")

    def run() -> Mapping[str, float]:
        laid_out = style_votes(
            votes.models, FEATURES, votes.a, votes.b, votes.half_points, differences
        )
        board = fit_styled(laid_out).board
        return dict(zip(board.models, board.ratings.tolist(), strict=True))

    return run


def elo(votes: Votes) -> Run:
    def run() -> Mapping[str, float]:
        found = replay(votes.a, votes.b, votes.half_points, n_models=len(votes.models))
        return dict(zip(votes.models, found.tolist(), strict=True))

    return run


TASKS = {
    "tallies": from_tallies, "codes": from_codes, "names": from_names,
    "bootstrap": bootstraps, "style": style, "elo": elo,
}  # fmt: skip

if __name__ == "__main__":
    measured(TASKS[sys.argv[1]])
