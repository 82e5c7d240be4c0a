"""Votes counted by pair of models: all that Bradley–Terry needs to know of them."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import SupportsIndex

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Row = tuple[str, str, SupportsIndex, SupportsIndex, SupportsIndex]


@dataclass(frozen=True, eq=False)
class Tallies:
    """Counts for M models and P unordered pairs; build it with `tally` or `tally_codes`.

    `models` is sorted; pairs are unique, with `left < right`, sorted, and have at least one vote.
    All arrays have shape (P,), dtype int64, and cannot be written to. `left` and `right` are
    indices into `models`.
    """

    models: tuple[str, ...]
    left: Ints
    right: Ints
    left_wins: Ints
    right_wins: Ints
    ties: Ints

    def __post_init__(self) -> None:
        for array in (self.left, self.right, self.left_wins, self.right_wins, self.ties):
            array.setflags(write=False)

    @property
    def totals(self) -> Ints:
        """Votes of each pair, shape (P,)."""
        return self.left_wins + self.right_wins + self.ties

    def per_model(self, left: Ints, right: Ints) -> Ints:
        """Add up by model what each pair gives to its left and to its right side, shape (M,)."""
        out = np.zeros(len(self.models), dtype=np.int64)
        np.add.at(out, self.left, left)
        np.add.at(out, self.right, right)
        return out


def tally(rows: Iterable[Row], *, models: Iterable[str] = ()) -> Tallies:
    """Merge rows of (model_a, model_b, a_wins, b_wins, ties) into tallies.

    Both orientations of a pair, and repeated rows, are added up. A battle of a model with itself
    says nothing about it against others and is dropped. Every model named in a row or in `models`
    is listed, even without a vote left; `fit` then has only its prior to say about it. Whether
    "both bad" counts as a tie is for the caller to decide.

    The result depends on the multiset of votes only, so equal votes give equal bytes.
    Raises ValueError, naming the row, for an empty name or a count that is not a whole number ≥ 0.
    """
    counts: dict[tuple[str, str], list[int]] = {}
    names = set(models)
    for number, (model_a, model_b, *row_counts) in enumerate(rows):
        a_wins, b_wins, ties = _whole_numbers(row_counts, number)
        if not model_a or not model_b:
            raise ValueError(f"Row {number}: a model's name is empty.")
        names.update((model_a, model_b))
        if model_a > model_b:
            model_a, model_b, a_wins, b_wins = model_b, model_a, b_wins, a_wins
        pair = counts.setdefault((model_a, model_b), [0, 0, 0])
        pair[0] += a_wins
        pair[1] += b_wins
        pair[2] += ties
    ordered = tuple(sorted(names))
    index = {name: position for position, name in enumerate(ordered)}
    table = np.array(
        [
            (index[a], index[b], *pair)
            for (a, b), pair in sorted(counts.items())
            if a != b and any(pair)
        ],
        dtype=np.int64,
    ).reshape(-1, 5)
    return Tallies(ordered, *(table[:, column].copy() for column in range(5)))


def tally_codes(
    models: Sequence[str],
    a: npt.NDArray[np.integer],
    b: npt.NDArray[np.integer],
    half_points: npt.NDArray[np.integer],
) -> Tallies:
    """Count votes given as integer codes, three arrays of shape (V,).

    `a` and `b` index `models`, which must be sorted and without repeats; `half_points` is what
    side A got: 2 for a win, 1 for a tie, 0 for a loss. Otherwise the same contract as `tally`.
    Works in O(V + M²) time and memory. Raises ValueError for anything out of range.
    """
    m = len(models)
    if list(models) != sorted(set(models)):
        raise ValueError("The models must be sorted and without repeats.")
    if not a.shape == b.shape == half_points.shape:
        raise ValueError("a, b and half_points must have the same length.")
    for name, codes, limit in (("a", a, m), ("b", b, m), ("half_points", half_points, 3)):
        if codes.size and not (codes.min() >= 0 and codes.max() < limit):
            raise ValueError(f"{name} must lie in 0…{limit - 1}.")
    code = (a.astype(np.int64) * m + b) * 3 + half_points
    cube = np.bincount(code, minlength=3 * m * m).reshape(m, m, 3)
    merged = cube + cube.transpose(1, 0, 2)[:, :, ::-1]
    left, right = np.nonzero(np.triu(merged.sum(axis=2), k=1))
    lost, tied, won = merged[left, right].astype(np.int64).T
    return Tallies(tuple(models), left, right, won.copy(), lost.copy(), tied.copy())


def _whole_numbers(values: Sequence[SupportsIndex], number: int) -> tuple[int, int, int]:
    try:
        a_wins, b_wins, ties = (operator.index(value) for value in values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Row {number}: three whole counts are needed, not {values}.") from error
    if min(a_wins, b_wins, ties) < 0:
        raise ValueError(f"Row {number}: a count is below zero.")
    return a_wins, b_wins, ties
