"""How ratings moved from day to day."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
from django.db import connection

from arena.boards import reading, standings
from arena.boards.computed import HistoryLine, RatingHistory, Selection
from arena.boards.keeping import kept
from arena.models import Board
from arena.rating.history import History
from arena.rating.history import history as rated_through_time
from arena.rating.tallies import Floats, Ints, Tallies, tally_codes
from arena.rules import rules_of
from projects.models import Project
from workers.models import LanguageModel

MAY_BE_OLD = 300
MOST_POINTS = 60
_IN_A_PART = 2_000_000
_ROW = np.dtype([("day", ">i4"), ("a", ">i4"), ("b", ">i4"), ("said", ">i2")])
_ENDS = """
    SELECT min(cast_at)::date, min(vote_id), max(vote_id) FROM arena_countedvote
    WHERE project_id = %s AND categories @> %s::varchar[]
"""
# Each part is one value, because rows take far longer to be handed over, and votes are added up
# here, because most pairs have few in a span. Weights are multiples of a 1024th.
_VOTES = """
    SELECT string_agg(int4send(cast_at::date - %s::date)
        || int8send((model_a_id << 32) | model_b_id)
        || int2send((4 * round(weight * 1024)
            + CASE verdict WHEN 'a' THEN 0 WHEN 'b' THEN 1 ELSE 2 END)::int2), ''::bytea)
    FROM arena_countedvote WHERE project_id = %s AND categories @> %s::varchar[]
        AND vote_id >= %s AND vote_id < %s
"""


def history(*, project: Project, selection: Selection, live: bool = False) -> RatingHistory:
    """Each listed model's rating after each day with votes, or after spans of days where there are
    many, from all votes until then. Style and comparisons of the lab have no history; counts
    imported have no day."""
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
    first, votes = _votes(project, reading.keys_of(selection))
    if not len(votes):
        return RatingHistory()
    last = int(votes["day"].max())
    width = last // MOST_POINTS + 1
    # Spans are counted back from the last day, so that each ends with the day it is shown by.
    back = (last - votes["day"]) // width
    spans = np.unique(back)[::-1].tolist()
    models, a, b = _models(votes)
    weight = votes["said"] // 4 / 1024 if selection.is_filtered else np.ones(len(votes))
    parts = [
        _tallies(models, a[rows], b[rows], votes["said"][rows] % 4, weight[rows])
        for rows in (back == span for span in spans)
    ]
    anchor = standings.method_of(selection=selection, rules=rules_of(project)).anchor
    days = [first + timedelta(days=last - span * width) for span in spans]
    return _lines(days, rated_through_time(parts, anchor=anchor), names)


def _votes(project: Project, keys: list[str]) -> tuple[date, npt.NDArray[np.void]]:
    """The day of the first vote, and all votes with their days since then."""
    with connection.cursor() as cursor:
        cursor.execute(_ENDS, [project.pk, keys])
        first, lowest, highest = cursor.fetchone()
        if first is None:
            return date.min, np.empty(0, dtype=_ROW)
        parts = []
        for begin in range(lowest, highest + 1, _IN_A_PART):
            end = min(begin + _IN_A_PART, highest + 1)
            cursor.execute(_VOTES, [first, project.pk, keys, begin, end])
            parts.append(np.frombuffer(cursor.fetchone()[0] or b"", dtype=_ROW))
    return first, np.concatenate(parts)


def _models(votes: npt.NDArray[np.void]) -> tuple[tuple[str, ...], Ints, Ints]:
    """The models' names in order, and the place among them of each vote's two."""
    pks = np.unique(np.concatenate([votes["a"], votes["b"]]))
    known = dict(LanguageModel.objects.filter(pk__in=pks.tolist()).values_list("pk", "name"))
    models = tuple(sorted(known.values()))
    place = {name: at for at, name in enumerate(models)}
    code = np.array([place[known[pk]] for pk in pks.tolist()], dtype=np.int64)
    return models, code[np.searchsorted(pks, votes["a"])], code[np.searchsorted(pks, votes["b"])]


def _tallies(
    models: tuple[str, ...], a: Ints, b: Ints, verdict: npt.NDArray[np.int16], weight: Floats
) -> Tallies:
    half_points = np.array([2, 0, 1], dtype=np.int64)[verdict]
    return tally_codes(models, a, b, half_points, weights=weight)


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
