"""How ratings moved from day to day."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import numpy as np
from django.db import connection

from arena.boards import reading, standings
from arena.boards.computed import HistoryLine, RatingHistory, Selection
from arena.boards.keeping import kept
from arena.models import Board
from arena.rating.history import History
from arena.rating.history import history as rated_through_time
from arena.rating.tallies import Floats, Tallies, WeighedRow, tally_weighed
from arena.rules import rules_of
from projects.models import Project
from workers.models import LanguageModel

MAY_BE_OLD = 60
MOST_POINTS = 120
_SPANS = ("day", "week", "month", "quarter", "year")
_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
_ENDS = """
    SELECT min(cast_at)::date, max(cast_at)::date FROM arena_countedvote
    WHERE project_id = %s AND categories @> %s::varchar[]
"""
_BY_SPAN = """
    SELECT date_trunc(%s, cast_at)::date AS span, model_a_id, model_b_id, verdict,
        count(*), {weight}, {square}
    FROM arena_countedvote
    WHERE project_id = %s AND categories @> %s::varchar[]
    GROUP BY 1, 2, 3, 4 ORDER BY 1
"""


def history(*, project: Project, selection: Selection, live: bool = False) -> RatingHistory:
    """Each listed model's rating after each day (or week, or longer) with votes, from all votes
    until then. Style and comparisons of the lab have no history; counts imported have no day."""
    board = standings.current(project=project, selection=selection, live=live)
    if board.frozen_at is not None or selection.source == Board.Source.LAB:
        return RatingHistory()
    names = tuple(row.model for row in board.rows)
    wanted = replace(selection, slug="", is_style_controlled=False, source=Board.Source.VOTES.value)
    return kept(
        ("history", project.pk, wanted, names),
        state=board.state,
        make=lambda: _history(project, wanted, names),
        may_be_old=MAY_BE_OLD,
    )


def _history(project: Project, selection: Selection, names: tuple[str, ...]) -> RatingHistory:
    keys = reading.keys_of(selection)
    with connection.cursor() as cursor:
        cursor.execute(_ENDS, [project.pk, keys])
        first, last = cursor.fetchone()
        if first is None:
            return RatingHistory()
        is_filtered = selection.is_filtered
        sql = _BY_SPAN.format(
            weight="sum(weight)" if is_filtered else "count(*)",
            square="sum(weight * weight)" if is_filtered else "count(*)",
        )
        cursor.execute(sql, [_span((last - first).days), project.pk, keys])
        rows = cursor.fetchall()
    days, periods = _periods(rows)
    rules = rules_of(project)
    anchor = standings.method_of(selection=selection, rules=rules).anchor
    return _lines(days, rated_through_time(periods, anchor=anchor), names)


def _span(n_days: int) -> str:
    """The shortest span that gives no more points than a chart can show."""
    return next((span for span in _SPANS if n_days / _DAYS[span] <= MOST_POINTS), _SPANS[-1])


def _periods(
    rows: Iterable[tuple[date, int, int, str, int, float, float]],
) -> tuple[list[date], list[Tallies]]:
    names = dict(LanguageModel.objects.values_list("pk", "name"))
    by_day: dict[date, list[WeighedRow]] = {}
    for day, a, b, verdict, count, weight, square in rows:
        place = {"a": 0, "b": 1}.get(verdict, 2)
        counts, weights, squares = [0, 0, 0], [0.0] * 3, [0.0] * 3
        counts[place], weights[place], squares[place] = count, float(weight), float(square)
        by_day.setdefault(day, []).append(
            WeighedRow(
                names[a],
                names[b],
                (counts[0], counts[1], counts[2]),
                (weights[0], weights[1], weights[2]),
                (squares[0], squares[1], squares[2]),
            )
        )
    days = sorted(by_day)
    return days, [tally_weighed(by_day[day]) for day in days]


def _lines(days: list[date], found: History, names: tuple[str, ...]) -> RatingHistory:
    place = {name: at for at, name in enumerate(found.models)}
    return RatingHistory(
        days=tuple(days),
        lines=tuple(
            HistoryLine(
                model=name,
                ratings=_points(found.ratings[:, place[name]]),
                lower=_points(found.lower[:, place[name]]),
                upper=_points(found.upper[:, place[name]]),
            )
            for name in names
            if name in place
        ),
    )


def _points(column: Floats) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(x) else round(x, 2) for x in np.asarray(column).tolist())
