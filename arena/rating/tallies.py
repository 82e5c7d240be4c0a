"""Votes counted by pair of models: all that Bradley–Terry needs to know of them."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import SupportsIndex, TypeVar

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Number = TypeVar("Number", np.int64, np.float64)
Row = tuple[str, str, SupportsIndex, SupportsIndex, SupportsIndex]
Outcomes = tuple[float, float, float]

# Weights that were added and taken away again leave a rest of this order behind.
WEIGHTLESS = 1e-6


@dataclass(frozen=True)
class WeighedRow:
    """Votes between two models: how many, what they weigh, and the squares of those weights.

    Each of the three is (wins of a, wins of b, ties), added up over the votes.
    """

    model_a: str
    model_b: str
    counts: tuple[int, int, int]
    weights: Outcomes
    squares: Outcomes


@dataclass(frozen=True, eq=False)
class Tallies:
    """Counts for M models and P unordered pairs; build it with `tally`, `tally_weighed` or
    `tally_codes`.

    `models` is sorted; pairs are unique, with `left < right`, sorted, and have at least one vote.
    `left` and `right` are indices into `models`; they and the counts have shape (P,) and dtype
    int64. `weights` and `squares` have shape (3, P): for left wins, right wins and ties, the sum
    of the votes' weights and of those weights squared. Without them every vote weighs 1. No array
    can be written to.
    """

    models: tuple[str, ...]
    left: Ints
    right: Ints
    left_wins: Ints
    right_wins: Ints
    ties: Ints
    weights: Floats | None = None
    squares: Floats | None = None

    def __post_init__(self) -> None:
        if (self.weights is None) != (self.squares is None):
            raise ValueError("Weights and their squares come together or not at all.")
        for array in (self.left, self.right, self.left_wins, self.right_wins, self.ties):
            array.setflags(write=False)
        for sums in (self.weights, self.squares):
            if sums is not None:
                sums.setflags(write=False)

    @property
    def totals(self) -> Ints:
        """Votes of each pair, shape (P,)."""
        return self.left_wins + self.right_wins + self.ties

    @cached_property
    def counts(self) -> Ints:
        """Left wins, right wins and ties, shape (3, P)."""
        return np.stack([self.left_wins, self.right_wins, self.ties])

    @cached_property
    def weighed(self) -> Floats:
        """What left wins, right wins and ties weigh, shape (3, P)."""
        return self.counts.astype(np.float64) if self.weights is None else self.weights

    @cached_property
    def squared(self) -> Floats:
        """The sums of squared weights, shape (3, P)."""
        return self.counts.astype(np.float64) if self.squares is None else self.squares

    def per_model(
        self, left: npt.NDArray[Number], right: npt.NDArray[Number]
    ) -> npt.NDArray[Number]:
        """Add up by model what each pair gives to its left and to its right side, shape (M,)."""
        out = np.zeros(len(self.models), dtype=left.dtype)
        np.add.at(out, self.left, left)
        np.add.at(out, self.right, right)
        return out

    def without_weights(self) -> Tallies:
        """The same votes, each of which weighs 1."""
        return Tallies(
            self.models, self.left, self.right, self.left_wins, self.right_wins, self.ties
        )


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
        _named(number, model_a, model_b)
        names.update((model_a, model_b))
        if model_a > model_b:
            model_a, model_b, a_wins, b_wins = model_b, model_a, b_wins, a_wins
        pair = counts.setdefault((model_a, model_b), [0, 0, 0])
        pair[0] += a_wins
        pair[1] += b_wins
        pair[2] += ties
    ordered, table = _table(names, {key: tuple(pair) for key, pair in counts.items()})
    return _built(ordered, table)


def tally_weighed(rows: Iterable[WeighedRow], *, models: Iterable[str] = ()) -> Tallies:
    """Merge rows of votes that do not all weigh the same; otherwise the contract of `tally`.

    A pair whose votes all weigh nothing keeps its counts and tells the ratings nothing. Sums below
    a millionth, rests of additions and subtractions, count as nothing. Also raises ValueError,
    naming the row, for a weight or square that is not a number ≥ 0.
    """
    parts: dict[tuple[str, str], list[WeighedRow]] = {}
    names = set(models)
    for number, row in enumerate(rows):
        _named(number, row.model_a, row.model_b)
        _whole_numbers(row.counts, number)
        _not_below_zero((*row.weights, *row.squares), number)
        names.update((row.model_a, row.model_b))
        pair = (min(row.model_a, row.model_b), max(row.model_a, row.model_b))
        parts.setdefault(pair, []).append(row if row.model_a == pair[0] else _turned(row))
    counts = {
        pair: tuple(int(sum(column)) for column in zip(*(row.counts for row in rows), strict=True))
        for pair, rows in parts.items()
    }
    ordered, table = _table(names, counts)
    kept = [parts[ordered[i], ordered[j]] for i, j in table[:, :2].tolist()]
    weights = _exact_sums([[row.weights for row in rows] for rows in kept])
    squares = _exact_sums([[row.squares for row in rows] for rows in kept])
    weightless = weights < WEIGHTLESS
    return _built(
        ordered, table, np.where(weightless, 0.0, weights), np.where(weightless, 0.0, squares)
    )


def tally_codes(
    models: Sequence[str],
    a: npt.NDArray[np.integer],
    b: npt.NDArray[np.integer],
    half_points: npt.NDArray[np.integer],
    *,
    weights: Floats | None = None,
) -> Tallies:
    """Count votes given as integer codes, arrays of shape (V,).

    `a` and `b` index `models`, which must be sorted and without repeats; `half_points` is what
    side A got: 2 for a win, 1 for a tie, 0 for a loss; `weights`, where given, what each vote
    weighs. Otherwise the same contract as `tally`. Works in O(V + M²) time and memory. Raises
    ValueError for anything out of range.
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
    merged = _merged(np.bincount(code, minlength=3 * m * m), m)
    left, right = np.nonzero(np.triu(merged.sum(axis=2), k=1))
    outcomes = [2, 0, 1]
    table = np.column_stack([left, right, merged[left, right][:, outcomes]]).astype(np.int64)
    if weights is None:
        return _built(tuple(models), table)
    if weights.shape != a.shape or not np.all(np.isfinite(weights) & (weights >= 0)):
        raise ValueError("weights must hold one number that is not below 0 for each vote.")
    weighed, squared = (
        _merged(np.asarray(np.bincount(code, values, 3 * m * m), dtype=np.float64), m)
        for values in (weights, weights**2)
    )
    weighed, squared = (sums[left, right].T[outcomes] for sums in (weighed, squared))
    return _built(tuple(models), table, weighed, squared)


def _built(
    models: tuple[str, ...],
    table: Ints,
    weights: Floats | None = None,
    squares: Floats | None = None,
) -> Tallies:
    """Tallies of a table whose lines are (left, right, left wins, right wins, ties)."""
    left, right, won, lost, tied = (table[:, column].copy() for column in range(5))
    return Tallies(models, left, right, won, lost, tied, weights, squares)


def _merged(sums: npt.NDArray[Number], m: int) -> npt.NDArray[Number]:
    """Both orientations of each pair added up: shape (M, M, 3), by points of the row's model."""
    cube = sums.reshape(m, m, 3)
    return cube + cube.transpose(1, 0, 2)[:, :, ::-1]


def _table(
    names: set[str], counts: dict[tuple[str, str], tuple[int, ...]]
) -> tuple[tuple[str, ...], Ints]:
    """Models in order, and a line (left, right, left wins, right wins, ties) a pair with votes."""
    ordered = tuple(sorted(names))
    index = {name: position for position, name in enumerate(ordered)}
    lines = [
        (index[a], index[b], *pair)
        for (a, b), pair in sorted(counts.items())
        if a != b and any(pair)
    ]
    return ordered, np.array(lines, dtype=np.int64).reshape(-1, 5)


def _turned(row: WeighedRow) -> WeighedRow:
    """The same votes as seen from the other side."""
    (a, b, t), (x, y, z), (p, q, r) = row.counts, row.weights, row.squares
    return WeighedRow(row.model_b, row.model_a, (b, a, t), (y, x, z), (q, p, r))


def _exact_sums(pairs: list[list[Outcomes]]) -> Floats:
    """Shape (3, P). Correctly rounded, so that the order of rows changes no bit."""
    sums = np.array(
        [[math.fsum(column) for column in zip(*rows, strict=True)] for rows in pairs],
        dtype=np.float64,
    ).reshape(-1, 3)
    return np.ascontiguousarray(sums.T)


def _named(number: int, model_a: str, model_b: str) -> None:
    if not model_a or not model_b:
        raise ValueError(f"Row {number}: a model's name is empty.")


def _not_below_zero(values: Sequence[float], number: int) -> None:
    if not all(math.isfinite(value) and value > -WEIGHTLESS for value in values):
        raise ValueError(f"Row {number}: a weight is not a number from 0 up.")


def _whole_numbers(values: Sequence[SupportsIndex], number: int) -> tuple[int, int, int]:
    try:
        a_wins, b_wins, ties = (operator.index(value) for value in values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Row {number}: three whole counts are needed, not {values}.") from error
    if min(a_wins, b_wins, ties) < 0:
        raise ValueError(f"Row {number}: a count is below zero.")
    return a_wins, b_wins, ties
