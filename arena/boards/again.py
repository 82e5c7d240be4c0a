"""A board computed again from a dump of votes, without a database."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from arena.boards.computed import ComputedBoard, Selection
from arena.boards.dump import FORMAT, VERSION
from arena.boards.fitting import Method, rate
from arena.boards.listing import Known, Listing, board_of
from arena.boards.material import (
    VERDICTS,
    Material,
    PairColumns,
    PairRow,
    VoteColumns,
    material_of_pairs,
    material_of_votes,
)
from arena.boards.reading import keys_of
from arena.models import Board
from projects.errors import InvalidInput

_ORDER = ("a", "b", "tie", "both_bad")


@dataclass
class Dump:
    """What a dump's head says, and its lines, read once."""

    head: Mapping[str, Any]
    lines: Iterator[Mapping[str, Any]]

    @property
    def selection(self) -> Selection:
        """The board it was written for."""
        return Selection(**self.head["board"])


@dataclass
class _Sums:
    counts: list[int] = field(default_factory=lambda: [0] * 4)
    weights: list[float] = field(default_factory=lambda: [0.0] * 4)
    squares: list[float] = field(default_factory=lambda: [0.0] * 4)

    def add(self, verdict: str, count: int, weight: float) -> None:
        at = _ORDER.index(verdict)
        self.counts[at] += count
        self.weights[at] += count * weight
        self.squares[at] += count * weight**2


def opened(path: Path) -> Dump:
    """Open a dump, packed or not. Raises InvalidInput for what is none."""
    lines = _read(path)
    try:
        head = next(lines)
    except StopIteration:
        raise InvalidInput.field("from", "holds nothing") from None
    if head.get("format") != FORMAT or head.get("version") != VERSION:
        raise InvalidInput.field("from", f"must begin with a line of {FORMAT} {VERSION}")
    return Dump(head, lines)


def board_from(dump: Dump, selection: Selection) -> ComputedBoard:
    """Compute a board: that of the head, or another one that the same votes give."""
    try:
        material = _material(dump, selection)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise InvalidInput.field("from", f"holds a line that cannot be read: {error}") from error
    anchor = dump.head["anchor"]
    method = Method(selection.ties, selection.intervals, tuple(anchor) if anchor else None)
    is_open = set(dump.head["open_models"])
    return board_of(
        selection=selection,
        listing=Listing(dump.head["listed_from"], dump.head["provisional_below"]),
        material=material,
        rated=rate(material, method),
        known={name: Known(0, is_open=name in is_open) for name in material.tallies.models},
        anchor=method.anchor,
    )


def changed(selection: Selection, **changes: Any) -> Selection:
    """The selection with what was asked for otherwise; None changes nothing."""
    return replace(selection, **{key: value for key, value in changes.items() if value is not None})


def _read(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        is_packed = path.open("rb").read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if is_packed else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise InvalidInput.field("from", f"line {number} must be a JSON object")
                yield row
    except OSError as error:
        raise InvalidInput.field("from", f"cannot be read: {error.strerror or error}") from error
    except (ValueError, EOFError, zlib.error, RecursionError) as error:
        raise InvalidInput.field("from", f"cannot be read: {error}") from error


def _material(dump: Dump, selection: Selection) -> Material:
    wanted = (row for row in dump.lines if _is_of(row, selection))
    if selection.is_style_controlled:
        features = tuple(dump.head["features"])
        columns = _columns((row for row in wanted if row["kind"] == "vote"), features)
        return material_of_votes(columns, is_filtered=selection.is_filtered)
    return material_of_pairs(PairColumns.of(_pairs(wanted)), is_filtered=selection.is_filtered)


def _is_of(row: Mapping[str, Any], selection: Selection) -> bool:
    kind, keys = row["kind"], keys_of(selection)
    if kind == "lab":
        return selection.source != Board.Source.VOTES
    if selection.source == Board.Source.LAB:
        return False
    if kind == "counts":
        return not keys
    return all(key in row["categories"] for key in keys)


def _pairs(rows: Iterable[Mapping[str, Any]]) -> list[PairRow]:
    sums: dict[tuple[str, str], _Sums] = {}
    for row in rows:
        of_pair = sums.setdefault((row["model_a"], row["model_b"]), _Sums())
        if row["kind"] == "counts":
            for verdict, name in zip(_ORDER, _COUNTS, strict=True):
                of_pair.add(verdict, int(row[name]), 1.0)
        else:
            of_pair.add(row["verdict"], 1, float(row["weight"]))
    return [
        PairRow(*pair, _four(s.counts), _four(s.weights), _four(s.squares))
        for pair, s in sums.items()
    ]


_COUNTS = ("a_wins", "b_wins", "tie", "tie_bothbad")


def _four(values: list[Any]) -> tuple[Any, Any, Any, Any]:
    a, b, t, n = values
    return a, b, t, n


def _columns(rows: Iterable[Mapping[str, Any]], features: tuple[str, ...]) -> VoteColumns:
    a, b, verdicts, weights, styles = [], [], [], [], []
    for row in rows:
        if row["style"] is not None and len(row["style"]) == len(features):
            a.append(row["model_a"])
            b.append(row["model_b"])
            verdicts.append(VERDICTS.index(row["verdict"]))
            weights.append(float(row["weight"]))
            styles.append(row["style"])
    models = tuple(sorted({*a, *b}))
    place = {name: at for at, name in enumerate(models)}
    return VoteColumns(
        models=models,
        features=features,
        a=np.array([place[name] for name in a], dtype=np.int32),
        b=np.array([place[name] for name in b], dtype=np.int32),
        verdict=np.array(verdicts, dtype=np.int8),
        weight=np.array(weights, dtype=np.float64),
        style=np.array(styles, dtype=np.float64).reshape(-1, len(features)),
    )
