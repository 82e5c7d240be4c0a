"""The board as files."""

import csv
import io
from typing import Any

from arena.boards.computed import BoardRow, ComputedBoard
from arena.boards.standings import METHOD, PROVISIONAL_BELOW
from projects.models import Project

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "upper_rank", "lower_rank", "model", "organisation", "licence", "is_open", "rating", "lower",
    "upper", "votes", "wins", "losses", "ties", "online_elo", "component", "is_provisional",
)  # fmt: skip


def as_json(*, project: Project, board: ComputedBoard) -> dict[str, Any]:
    return {
        "project": project.slug,
        "name": project.name,
        "cut_off_at": board.cut_off_at.isoformat(),
        "votes": board.n_votes,
        "digest": board.digest,
        "method": METHOD,
        "is_regularised": board.is_regularised,
        "components": board.n_components,
        "provisional_below": PROVISIONAL_BELOW,
        "standings": [row_values(row) | {"same_weights_as": list(row.same_weights_as)}
                      for row in board.rows],
    }  # fmt: skip


def as_csv(board: ComputedBoard) -> str:
    """CSV whose texts no spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in board.rows:
        values = row_values(row)
        writer.writerow({column: _cell(values[column]) for column in COLUMNS})
    return out.getvalue()


def row_values(row: BoardRow) -> dict[str, Any]:
    return {
        "upper_rank": row.upper_rank,
        "lower_rank": row.lower_rank,
        "model": row.model,
        "organisation": row.organisation,
        "licence": row.licence,
        "is_open": row.is_open,
        "rating": round(row.rating, 2),
        "lower": round(row.lower, 2),
        "upper": round(row.upper, 2),
        "votes": row.n_votes,
        "wins": row.wins,
        "losses": row.losses,
        "ties": row.ties,
        "online_elo": None if row.elo is None else round(row.elo, 2),
        "component": row.component,
        "is_provisional": row.is_provisional,
    }


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
