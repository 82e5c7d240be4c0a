"""Votes with what their two answers differ in, laid out for fast passes over all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arena.rating.tallies import Floats, Ints, Tallies

Numbers = npt.NDArray[np.number]


BLOCK = 8192
OUTCOMES = np.array([[2], [0], [1]], dtype=np.int8)


class Block(NamedTuple):
    """A slice of rows, the slice of pairs they belong to, and where each pair begins in them."""

    rows: slice
    pairs: slice
    offsets: Ints
    sizes: Ints


@dataclass(frozen=True, eq=False)
class StyleVotes:
    """R rows of votes between P pairs of M models, with F features; build it with `style_votes`.

    `models` is sorted; pairs are unique, with `left < right`, sorted. The rows of pair p are those
    from `starts[p]` to `starts[p + 1]`, all as seen from the pair's left model: `half_points`
    (R,), `differences` (F, R) left less right, and, where the rows are not single votes of weight
    1, `counts`, `weights` and `squares` (R,): the votes a row stands for, their summed weights and
    the sum of those squared.
    """

    models: tuple[str, ...]
    features: tuple[str, ...]
    left: Ints
    right: Ints
    starts: Ints
    half_points: npt.NDArray[np.int8]
    differences: Numbers
    counts: Ints | None = None
    weights: Floats | None = None
    squares: Floats | None = None

    @property
    def n_rows(self) -> int:
        return len(self.half_points)

    def tallies(self) -> Tallies:
        """The same votes without their style."""
        won, lost, tied = self._by_outcome(self.counts).astype(np.int64)
        return Tallies(
            self.models,
            self.left,
            self.right,
            won,
            lost,
            tied,
            None if self.weights is None else self._by_outcome(self.weights),
            None if self.squares is None else self._by_outcome(self.squares),
        )

    def blocks(self, size: int) -> Iterator[Block]:
        """All rows in order, `size` at a time."""
        for begin in range(0, self.n_rows, size):
            end = min(begin + size, self.n_rows)
            first = int(np.searchsorted(self.starts, begin, side="right")) - 1
            last = int(np.searchsorted(self.starts, end, side="left"))
            offsets = np.maximum(self.starts[first:last], begin) - begin
            sizes = np.diff(offsets, append=end - begin)
            yield Block(slice(begin, end), slice(first, last), offsets, sizes)

    def taken(self, rows: npt.NDArray[np.bool_] | slice) -> StyleVotes:
        """Some of the rows, by a mask over them or by a slice; the models stay."""
        keep = np.zeros(self.n_rows, dtype=bool)
        keep[rows] = True
        sizes = np.zeros(len(self.left), dtype=np.int64)
        for block in self.blocks(BLOCK):
            sizes[block.pairs] += np.add.reduceat(keep[block.rows], block.offsets, dtype=np.int64)
        seen = sizes > 0
        return StyleVotes(
            self.models,
            self.features,
            self.left[seen],
            self.right[seen],
            np.concatenate([[0], np.cumsum(sizes[seen])]),
            self.half_points[rows],
            self.differences[:, rows],
            None if self.counts is None else self.counts[rows],
            None if self.weights is None else self.weights[rows],
            None if self.squares is None else self.squares[rows],
        )

    def _by_outcome(self, values: Numbers | None) -> Floats:
        """Added up over each pair's left wins, right wins and ties, shape (3, P)."""
        sums = np.zeros((3, len(self.left)))
        for block in self.blocks(BLOCK):
            part = (self.half_points[block.rows] == OUTCOMES).astype(np.float64)
            if values is not None:
                part *= values[block.rows]
            sums[:, block.pairs] += np.add.reduceat(part, block.offsets, axis=1)
        return sums


def style_votes(
    models: Sequence[str],
    features: Sequence[str],
    a: npt.NDArray[np.integer],
    b: npt.NDArray[np.integer],
    half_points: npt.NDArray[np.integer],
    differences: Numbers,
    *,
    counts: npt.NDArray[np.integer] | None = None,
    weights: Floats | None = None,
    squares: Floats | None = None,
) -> StyleVotes:
    """Lay out rows of votes given as integer codes, arrays of shape (R,).

    `a`, `b` index `models`, which must be sorted and without repeats; `half_points` is what side A
    got: 2, 1 or 0. `differences`, shape (R, F), is A less B in each feature; any unit and any
    numeric type will do, also quantised into small integers. It is kept in its type, so that
    int8 takes an eighth of the memory of float64. A row is one vote, or with `counts` as many;
    `weights` adds up what they weigh (default: each 1), and `squares` adds up those weights
    squared (needed where counts and weights are both given). A battle of a model with itself is
    dropped. Raises ValueError for anything out of range.
    """
    m, features = len(models), tuple(features)
    _check_codes(models, a, b, half_points)
    if differences.shape != (len(a), len(features)):
        raise ValueError("differences must have a row a vote and a column a feature.")
    if differences.dtype.kind == "f" and not np.isfinite(differences).all():
        raise ValueError("differences must be finite; leave out votes whose texts are unknown.")
    weights, squares = _completed(len(a), counts, weights, squares)
    turned = a > b
    # 16 bits where they do, because NumPy sorts those by radix, ten times faster.
    small = np.uint16 if m <= 256 else np.int64
    code = np.minimum(a, b).astype(small) * small(m) + np.maximum(a, b).astype(small)
    code[a == b] = 0
    order = np.argsort(code, kind="stable")
    code = code[order]
    order, code = order[code > 0], code[code > 0]
    firsts = np.flatnonzero(np.diff(code, prepend=code.dtype.type(0)))
    pairs = code[firsts].astype(np.int64)
    turned = turned[order]
    points = half_points[order].astype(np.int8)
    columns = np.empty((len(features), len(order)), _signed(differences.dtype))
    for column in range(len(features)):
        values = differences[:, column][order].astype(columns.dtype, copy=False)
        columns[column] = np.where(turned, -values, values)
    return StyleVotes(
        tuple(models),
        features,
        pairs // m,
        pairs % m,
        np.append(firsts, len(order)),
        np.where(turned, np.int8(2) - points, points),
        columns,
        None if counts is None else counts[order].astype(np.int64),
        None if weights is None else weights[order],
        None if squares is None else squares[order],
    )


def _check_codes(
    models: Sequence[str],
    a: npt.NDArray[np.integer],
    b: npt.NDArray[np.integer],
    half_points: npt.NDArray[np.integer],
) -> None:
    if list(models) != sorted(set(models)):
        raise ValueError("The models must be sorted and without repeats.")
    if not a.shape == b.shape == half_points.shape:
        raise ValueError("a, b and half_points must have the same length.")
    m = len(models)
    for name, codes, limit in (("a", a, m), ("b", b, m), ("half_points", half_points, 3)):
        if codes.size and not (codes.min() >= 0 and codes.max() < limit):
            raise ValueError(f"{name} must lie in 0…{limit - 1}.")


def _completed(
    n_rows: int,
    counts: npt.NDArray[np.integer] | None,
    weights: Floats | None,
    squares: Floats | None,
) -> tuple[Floats | None, Floats | None]:
    """Weights and squares as they follow from what was given; None for 1 a row."""
    if squares is not None and weights is None:
        raise ValueError("squares without weights say nothing.")
    if counts is not None and weights is not None and squares is None:
        raise ValueError("Rows of several weighed votes need the sums of squared weights.")
    if counts is not None and weights is None:
        weights = squares = counts.astype(np.float64)
    if weights is not None and squares is None:
        squares = weights**2
    for name, values in (("counts", counts), ("weights", weights), ("squares", squares)):
        if values is not None and (
            values.shape != (n_rows,) or not np.all(np.isfinite(values) & (values >= 0))
        ):
            raise ValueError(f"{name} must hold one number that is not below 0 for each row.")
    return weights, squares


def _signed(dtype: np.dtype[np.number]) -> np.dtype[np.number]:
    """A type that also holds the negatives of the other's values."""
    return np.dtype(np.float64) if dtype.kind in "ub" else dtype
