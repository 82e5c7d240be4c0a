"""Ratings through time: after each period, from all votes until then.

Votes only add up, so each period's board differs little from the one before it and the fit is
started there. The board's mean is over the models seen so far: when a strong model enters, the
others' ratings fall a little though nobody lost to it. An anchor model avoids that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arena.rating.bradley_terry import Fit, fit
from arena.rating.tallies import Floats, Ints, Tallies


@dataclass(frozen=True, eq=False)
class History:
    """Ratings of M models (sorted) after D periods, arrays of shape (D, M).

    `ratings`, `lower` and `upper` are NaN before a model's first vote; `n_votes` is the number of
    its votes so far. `is_regularised` (D,) says where the votes so far did not determine a board.
    """

    models: tuple[str, ...]
    ratings: Floats
    lower: Floats
    upper: Floats
    n_votes: Ints
    is_regularised: npt.NDArray[np.bool_]


def history(
    periods: Iterable[Tallies],
    *,
    anchor: tuple[str, float] | None = None,
    scale: float = 400.0,
    base: float = 10.0,
    centre: float = 1000.0,
) -> History:
    """Rate after each of the periods, given the votes of each alone, in order of time.

    The periods may name different models. Where nobody voted in a period the board stays. An
    anchor holds from the period in which its model is first seen.
    """
    parts = list(periods)
    models = tuple(sorted({name for part in parts for name in part.models}))
    shape = (len(parts), len(models))
    found = History(
        models,
        np.full(shape, np.nan),
        np.full(shape, np.nan),
        np.full(shape, np.nan),
        np.zeros(shape, dtype=np.int64),
        np.zeros(len(parts), dtype=bool),
    )
    so_far = _Sums(models)
    board: Fit | None = None
    for day, part in enumerate(parts):
        if day and not len(part.left):
            for lines in (found.ratings, found.lower, found.upper, found.n_votes):
                lines[day] = lines[day - 1]
            found.is_regularised[day] = found.is_regularised[day - 1]
            continue
        so_far.add(part)
        seen, tallies = so_far.tallies()
        board = fit(tallies, start=board, anchor=anchor, scale=scale, base=base, centre=centre)
        found.ratings[day, seen] = board.ratings
        found.lower[day, seen] = board.lower
        found.upper[day, seen] = board.upper
        found.n_votes[day, seen] = board.n_battles
        found.is_regularised[day] = board.is_regularised
    return found


class _Sums:
    """Counts, weights and squares of left wins, right wins and ties, added up by pair."""

    def __init__(self, models: tuple[str, ...]) -> None:
        self.models = models
        self.position = {name: index for index, name in enumerate(models)}
        self.sums = np.zeros((3, 3, len(models), len(models)))

    def add(self, part: Tallies) -> None:
        # Models are sorted in the part as in the whole, so left stays left of right.
        place = np.array([self.position[name] for name in part.models], dtype=np.int64)
        left, right = place[part.left], place[part.right]
        self.sums[0][:, left, right] += part.counts
        self.sums[1][:, left, right] += part.weighed
        self.sums[2][:, left, right] += part.squared

    def tallies(self) -> tuple[Ints, Tallies]:
        """Which models have votes, and the tallies among them."""
        left, right = np.nonzero(self.sums[0].sum(axis=0))
        seen, places = np.unique(np.concatenate([left, right]), return_inverse=True)
        counts, weights, squares = self.sums[:, :, left, right]
        won, lost, tied = counts.astype(np.int64)
        return seen, Tallies(
            tuple(self.models[index] for index in seen),
            places[: len(left)],
            places[len(left) :],
            won,
            lost,
            tied,
            weights,
            squares,
        )
