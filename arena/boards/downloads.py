"""The board as files."""

import csv
import io
import json
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from arena.boards.computed import BoardRow, ComputedBoard
from arena.boards.standings import in_words
from projects.models import Project

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_KINDS: dict[str, pa.DataType] = {
    "upper_rank": pa.int32(),
    "lower_rank": pa.int32(),
    "model": pa.string(),
    "organisation": pa.string(),
    "licence": pa.string(),
    "is_open": pa.bool_(),
    "rating": pa.float64(),
    "lower": pa.float64(),
    "upper": pa.float64(),
    "votes": pa.int64(),
    "weight": pa.float64(),
    "wins": pa.int64(),
    "losses": pa.int64(),
    "ties": pa.int64(),
    "both_bad": pa.int64(),
    "average_win_rate": pa.float64(),
    "online_elo": pa.float64(),
    "component": pa.int32(),
    "is_provisional": pa.bool_(),
    "sure_upper_rank": pa.int32(),
    "sure_lower_rank": pa.int32(),
    "price": pa.float64(),
    "size": pa.float64(),
}
COLUMNS = tuple(_KINDS)


def as_json(*, project: Project, board: ComputedBoard) -> dict[str, Any]:
    return {
        **about(project=project, board=board),
        "standings": [
            row_values(row) | {"same_weights_as": list(row.same_weights_as)} for row in board.rows
        ],
        "unlisted": [{"model": row.model, "votes": row.n_votes} for row in board.unlisted],
        "style_effects": [
            {
                "feature": effect.feature,
                "points": round(effect.points, 2),
                "lower": round(effect.lower, 2),
                "upper": round(effect.upper, 2),
            }
            for effect in board.style
        ],
        "removal": board.removal
        and {
            "share": board.removal.share,
            "votes": board.removal.n_votes,
            "leader": board.removal.leader,
            "successor": board.removal.successor,
        },
    }


def about(*, project: Project, board: ComputedBoard) -> dict[str, Any]:
    """What a board is, without its rows."""
    return {
        "project": project.slug,
        "name": project.name,
        "board": board.selection.slug,
        "cut_off_at": board.cut_off_at.isoformat(),
        "frozen_at": board.frozen_at.isoformat() if board.frozen_at else None,
        "votes": board.n_votes,
        "weight": round(board.weight, 3),
        "digest": board.digest,
        "method": in_words(board),
        "is_regularised": board.is_regularised,
        "converged": board.converged,
        "components": board.n_components,
        "provisional_below": board.provisional_below,
        "listed_from": board.listed_from,
        "notes": list(board.notes),
        "shortfalls": [
            {"kind": one.kind, "models": list(one.models), "sentence": one.sentence}
            for one in board.shortfalls
        ],
    }


def as_csv(board: ComputedBoard) -> str:
    """CSV whose texts no spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in board.rows:
        values = row_values(row)
        writer.writerow({column: _cell(values[column]) for column in COLUMNS})
    return out.getvalue()


def as_parquet(*, project: Project, board: ComputedBoard) -> bytes:
    """One row a model; the file's metadata says which board it is."""
    said = json.dumps(about(project=project, board=board), ensure_ascii=False)
    schema = pa.schema(list(_KINDS.items()), metadata={"touchstone": said})
    table = pa.Table.from_pylist([row_values(row) for row in board.rows], schema=schema)
    out = io.BytesIO()
    parquet.write_table(table, out, compression="zstd")
    return out.getvalue()


def row_values(row: BoardRow) -> dict[str, Any]:
    return {
        "upper_rank": row.upper_rank,
        "lower_rank": row.lower_rank,
        "sure_upper_rank": row.sure_upper_rank,
        "sure_lower_rank": row.sure_lower_rank,
        "model": row.model,
        "organisation": row.organisation,
        "licence": row.licence,
        "is_open": row.is_open,
        "price": row.price,
        "size": row.size,
        "rating": round(row.rating, 2),
        "lower": round(row.lower, 2),
        "upper": round(row.upper, 2),
        "votes": row.n_votes,
        "weight": _rounded(row.weight, 3),
        "wins": row.wins,
        "losses": row.losses,
        "ties": row.ties,
        "both_bad": row.both_bad,
        "average_win_rate": _rounded(row.average_win_rate, 4),
        "online_elo": _rounded(row.elo, 2),
        "component": row.component,
        "is_provisional": row.is_provisional,
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
