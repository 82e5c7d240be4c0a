"""All that a board is computed from, by the names of its models. Pure: no Django.

The database and a dump of votes both end up here, so that the same votes give the same board and
the same digest wherever it is computed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from arena.rating.style_votes import StyleVotes, style_votes
from arena.rating.tallies import Floats, Ints, Tallies

Four = tuple[float, float, float, float]
Column = tuple[npt.NDArray[Any], str]
"""Numbers, and how their bytes lie."""
Number = TypeVar("Number", np.int64, np.float64)
VERDICTS = ("b", "tie", "a", "both_bad")
HALF_POINTS = np.array([0, 1, 2, 1], dtype=np.int8)
"""What side A got, by a verdict's position in VERDICTS."""


@dataclass(frozen=True)
class PairRow:
    """Votes between two models: wins of a, wins of b, ties, both bad; how many, what they weigh,
    and the sum of those weights squared."""

    model_a: str
    model_b: str
    counts: tuple[int, int, int, int]
    weights: Four
    squares: Four


@dataclass(frozen=True, eq=False)
class PairColumns:
    """The same for P pairs in any order: `a` and `b` index `models`, and `counts`, `weights` and
    `squares` have shape (4, P)."""

    models: tuple[str, ...]
    a: Ints
    b: Ints
    counts: Ints
    weights: Floats
    squares: Floats

    @classmethod
    def of(cls, rows: Sequence[PairRow]) -> PairColumns:
        models = tuple(sorted({name for row in rows for name in (row.model_a, row.model_b)}))
        place = {name: at for at, name in enumerate(models)}
        return cls(
            models,
            np.array([place[row.model_a] for row in rows], dtype=np.int64),
            np.array([place[row.model_b] for row in rows], dtype=np.int64),
            np.array([row.counts for row in rows], dtype=np.int64).reshape(-1, 4).T,
            np.array([row.weights for row in rows], dtype=np.float64).reshape(-1, 4).T,
            np.array([row.squares for row in rows], dtype=np.float64).reshape(-1, 4).T,
        )


@dataclass(frozen=True, eq=False)
class VoteColumns:
    """Single votes in the order of casting, arrays of shape (V,).

    `a` and `b` index `models`, which are sorted; `verdict` indexes VERDICTS; `style`, shape
    (V, F), is by how much the two answers differed in each of `features`.
    """

    models: tuple[str, ...]
    features: tuple[str, ...]
    a: npt.NDArray[np.int32]
    b: npt.NDArray[np.int32]
    verdict: npt.NDArray[np.int8]
    weight: Floats
    style: Floats


@dataclass(frozen=True, eq=False)
class Material:
    """Tallies by model, style beside where it is controlled for, and what no fit needs to know.

    `both_bad` counts, for each of `tallies.models`, how many votes called it and the other bad.
    """

    tallies: Tallies
    both_bad: dict[str, int]
    digest: str
    n_votes: int
    weight: float
    styled: StyleVotes | None = None


def material_of_pairs(*parts: PairColumns, is_filtered: bool) -> Material:
    """Add up what several sources say of pairs. Unfiltered, every vote weighs 1."""
    pairs = _merged(parts)
    if not is_filtered:
        ones = pairs.counts.astype(np.float64)
        pairs = replace(pairs, weights=ones, squares=ones)
    bad = np.zeros(len(pairs.models), dtype=np.int64)
    for side in (pairs.a, pairs.b):
        np.add.at(bad, side, pairs.counts[3])
    return Material(
        tallies=_tallies(pairs),
        both_bad=dict(zip(pairs.models, bad.tolist(), strict=True)),
        digest=_digest_of_pairs(pairs),
        n_votes=int(pairs.counts.sum()),
        weight=float(pairs.weights.sum()),
    )


def material_of_votes(votes: VoteColumns, *, is_filtered: bool) -> Material:
    """Lay out single votes whose answers' looks are known."""
    weight = votes.weight if is_filtered else np.ones(len(votes.a))
    styled = style_votes(
        votes.models,
        votes.features,
        votes.a,
        votes.b,
        HALF_POINTS[votes.verdict],
        votes.style,
        weights=weight,
    )
    bad = votes.verdict == VERDICTS.index("both_bad")
    counts = np.bincount(votes.a[bad], minlength=len(votes.models)) + np.bincount(
        votes.b[bad], minlength=len(votes.models)
    )
    return Material(
        tallies=styled.tallies(),
        both_bad=dict(zip(votes.models, counts.tolist(), strict=True)),
        digest=_digest_of_votes(votes, weight),
        n_votes=len(votes.a),
        weight=float(weight.sum()),
        styled=styled,
    )


def _merged(parts: Sequence[PairColumns]) -> PairColumns:
    """One column a pair that has votes, by names; `a` is the one that sorts first.

    Sums are exact in any order, because weights are multiples of a power of two.
    """
    known = sorted({name for part in parts for name in part.models})
    place = {name: at for at, name in enumerate(known)}
    codes = [np.array([place[name] for name in part.models], dtype=np.int64) for part in parts]
    none = np.zeros((14, 0))
    table = np.concatenate(
        [none, *(_table(part, code) for part, code in zip(parts, codes, strict=True))], axis=1
    )
    table = table[:, table[2:6].any(axis=0)]
    key = table[0] * len(known) + table[1]
    order = np.argsort(key, kind="stable")
    table = table[:, order]
    starts = np.flatnonzero(np.diff(key[order], prepend=-1.0))
    sums = np.add.reduceat(table[2:], starts, axis=1) if len(starts) else table[2:]
    used, sides = np.unique(table[:2, starts].astype(np.int64), return_inverse=True)
    a, b = sides.reshape(2, -1)
    return PairColumns(
        tuple(known[at] for at in used.tolist()),
        a,
        b,
        sums[:4].astype(np.int64),
        sums[4:8],
        sums[8:],
    )


def _table(part: PairColumns, code: Ints) -> Floats:
    """Both sides and the twelve sums, shape (14, P); each pair as its first name sees it."""
    a, b = code[part.a], code[part.b]
    table = np.concatenate([[a, b], part.counts, part.weights, part.squares])
    turned = np.flatnonzero(a > b)
    for one, other in ((0, 1), (2, 3), (6, 7), (10, 11)):
        table[one, turned], table[other, turned] = table[other, turned], table[one, turned]
    return table


def _tallies(pairs: PairColumns) -> Tallies:
    """Tallies of merged pairs; both bad is a tie. The same as `tally_weighed`, a lot faster."""
    won, lost, tied = _three(pairs.counts)
    weights, squares = _three(pairs.weights), _three(pairs.squares)
    return Tallies(pairs.models, pairs.a, pairs.b, won, lost, tied, weights, squares)


def _three(columns: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """Wins, losses and ties of sums that tell both bad apart, shape (3, P)."""
    won, lost, tied, bad = columns
    return np.ascontiguousarray(np.stack([won, lost, tied + bad]))


def _digest_of_pairs(pairs: PairColumns) -> str:
    columns: list[Column] = [(pairs.a, "<i8"), (pairs.b, "<i8"), (pairs.counts, "<i8")]
    columns += [(pairs.weights, "<f8"), (pairs.squares, "<f8")]
    return _digest([pairs.models], columns)


def _digest_of_votes(votes: VoteColumns, weight: Floats) -> str:
    columns: list[Column] = [(votes.a, "<i4"), (votes.b, "<i4"), (votes.verdict, "<i1")]
    columns += [(weight, "<f8"), (votes.style, "<f8")]
    return _digest([votes.models, votes.features], columns)


def _digest(names: Sequence[Sequence[str]], columns: Iterable[Column]) -> str:
    found = hashlib.sha256(json.dumps(names).encode())
    for column, kind in columns:
        found.update(np.ascontiguousarray(column, dtype=kind).tobytes())
    return found.hexdigest()
