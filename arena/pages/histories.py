"""A board's history as lines to draw and as a table to read."""

from __future__ import annotations

from dataclasses import dataclass

from arena.boards.computed import HistoryLine, RatingHistory
from arena.boards.curves import Series

DRAWN = 10
"""As many lines as have a colour and a stroke of their own."""

DAYS_IN_TABLE = 12


@dataclass(frozen=True)
class HistoryRow:
    model: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class HistoryTable:
    days: tuple[str, ...]
    rows: tuple[HistoryRow, ...]


def series_of(history: RatingHistory) -> list[Series]:
    """The models that stand highest at the end."""
    return [
        Series(
            line.model,
            tuple(
                (day, rating)
                for day, rating in zip(history.days, line.ratings, strict=True)
                if rating is not None
            ),
        )
        for line in _highest(history)[:DRAWN]
    ]


def history_table(history: RatingHistory) -> HistoryTable:
    """All models on days spread over the time, the last day always among them."""
    n = len(history.days)
    places = sorted({round(i * (n - 1) / (DAYS_IN_TABLE - 1)) for i in range(DAYS_IN_TABLE)})
    places = places if n else []
    return HistoryTable(
        tuple(f"{history.days[i]:%Y-%m-%d}" for i in places),
        tuple(
            HistoryRow(line.model, tuple(_written(line.ratings[i]) for i in places))
            for line in _highest(history)
        ),
    )


def _highest(history: RatingHistory) -> list[HistoryLine]:
    def at_end(line: HistoryLine) -> float:
        return next((r for r in reversed(line.ratings) if r is not None), float("-inf"))

    shown = [line for line in history.lines if any(r is not None for r in line.ratings)]
    return sorted(shown, key=at_end, reverse=True)


def _written(rating: float | None) -> str:
    return "–" if rating is None else f"{rating:.0f}"
