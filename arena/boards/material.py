"""All that a board is computed from, by the names of its models. Pure: no Django.

The database and a dump of votes both end up here, so that the same votes give the same board and
the same digest wherever it is computed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from arena.rating.style_votes import StyleVotes, style_votes
from arena.rating.tallies import Tallies

Four = tuple[float, float, float, float]
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

    def turned(self) -> PairRow:
        (a, b, t, n), (x, y, z, w), (p, q, r, s) = self.counts, self.weights, self.squares
        return PairRow(self.model_b, self.model_a, (b, a, t, n), (y, x, z, w), (q, p, r, s))


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
    weight: npt.NDArray[np.float64]
    style: npt.NDArray[np.float64]


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


def material_of_pairs(rows: Iterable[PairRow], *, is_filtered: bool) -> Material:
    """Add up rows of pairs. Unfiltered, every vote weighs 1."""
    merged = _merged(rows)
    used = merged if is_filtered else [_unweighed(row) for row in merged]
    both_bad: dict[str, int] = {}
    for row in used:
        for model in (row.model_a, row.model_b):
            both_bad[model] = both_bad.get(model, 0) + row.counts[3]
    return Material(
        tallies=_tallies(used),
        both_bad=both_bad,
        digest=_digest_of_pairs(used),
        n_votes=sum(sum(row.counts) for row in used),
        weight=sum(sum(row.weights) for row in used),
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


def _merged(rows: Iterable[PairRow]) -> list[PairRow]:
    """One row a pair, by name; `model_a` is the name that sorts first."""
    parts: dict[tuple[str, str], list[PairRow]] = {}
    for row in rows:
        row = row if row.model_a < row.model_b else row.turned()
        parts.setdefault((row.model_a, row.model_b), []).append(row)
    return [_sum(parts[pair]) for pair in sorted(parts)]


def _sum(rows: Sequence[PairRow]) -> PairRow:
    if len(rows) == 1:
        return rows[0]
    a, b, t, n = (sum(column) for column in zip(*(row.counts for row in rows), strict=True))
    x, y, z, w = (sum(column) for column in zip(*(row.weights for row in rows), strict=True))
    p, q, r, s = (sum(column) for column in zip(*(row.squares for row in rows), strict=True))
    return PairRow(rows[0].model_a, rows[0].model_b, (a, b, t, n), (x, y, z, w), (p, q, r, s))


def _unweighed(row: PairRow) -> PairRow:
    ones = tuple(map(float, row.counts))
    return PairRow(row.model_a, row.model_b, row.counts, ones, ones)  # type: ignore[arg-type]


def _tallies(rows: Sequence[PairRow]) -> Tallies:
    """Tallies of merged rows; both bad is a tie. The same as `tally_weighed`, a few times faster:
    the sums are there already, and exact, because weights are multiples of a power of two."""
    names = {name for row in rows for name in (row.model_a, row.model_b)}
    models = tuple(sorted(names))
    place = {name: at for at, name in enumerate(models)}
    kept = [row for row in rows if any(row.counts)]
    counts = np.array([row.counts for row in kept], dtype=np.int64).reshape(-1, 4)
    won, lost, tied = _three(counts)
    return Tallies(
        models,
        np.array([place[row.model_a] for row in kept], dtype=np.int64),
        np.array([place[row.model_b] for row in kept], dtype=np.int64),
        won,
        lost,
        tied,
        _three(np.array([row.weights for row in kept], dtype=np.float64).reshape(-1, 4)),
        _three(np.array([row.squares for row in kept], dtype=np.float64).reshape(-1, 4)),
    )


def _three(columns: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """Wins, losses and ties of rows that tell both bad apart, shape (3, P)."""
    won, lost, tied, bad = columns.T
    return np.ascontiguousarray(np.stack([won, lost, tied + bad]))


def _digest_of_pairs(rows: Iterable[PairRow]) -> str:
    lines = [
        (row.model_a, row.model_b, row.counts, row.weights, row.squares)
        for row in rows
        if any(row.counts)
    ]
    return hashlib.sha256(json.dumps(lines, separators=(",", ":")).encode()).hexdigest()


def _digest_of_votes(votes: VoteColumns, weight: npt.NDArray[np.float64]) -> str:
    found = hashlib.sha256(json.dumps([votes.models, votes.features]).encode())
    for column, kind in (
        (votes.a, "<i4"), (votes.b, "<i4"), (votes.verdict, "<i1"), (weight, "<f8"),
        (votes.style, "<f8"),
    ):  # fmt: skip
        found.update(np.ascontiguousarray(column, dtype=kind).tobytes())
    return found.hexdigest()
