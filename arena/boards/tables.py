"""Tables beside a board: who beats whom how often, and how models stand by category."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
from django.db.models import F, Sum

from arena.boards import describing, reading, standings
from arena.boards.categories import LANGUAGE_PREFIX, TOPICS
from arena.boards.computed import (
    Category,
    CategoryCell,
    CategoryTable,
    ComputedBoard,
    Selection,
    WinRates,
)
from arena.boards.fitting import Rated, rate
from arena.boards.keeping import kept
from arena.models import Tally
from arena.rating.ranks import rank_bounds
from arena.rating.tallies import Floats, Tallies
from arena.rating.win_rates import observed_win_rates
from arena.rules import rules_of
from projects.models import Project

Made = TypeVar("Made")
MOST_LANGUAGES = 6
MAY_BE_OLD = 10


def win_rates(*, project: Project, selection: Selection, live: bool = False) -> WinRates:
    """Observed and predicted win rates between the models that the selected board lists."""
    board = standings.current(project=project, selection=selection, live=live)
    if board.frozen_at is not None or not board.rows:
        return WinRates((), (), (), ())
    names = tuple(row.model for row in board.rows)
    return _kept(
        "win-rates", project, selection, board, lambda: _win_rates(project, selection, names)
    )


def by_category(*, project: Project, selection: Selection, live: bool = False) -> CategoryTable:
    """How each model stands in each category, the selection's own category left aside."""
    everything = replace(selection, slug="", category="", language="")
    board = standings.current(project=project, selection=everything, live=live)
    if board.frozen_at is not None or not board.rows:
        return CategoryTable((), (), ())
    return _kept(
        "by-category", project, everything, board, lambda: _by_category(project, everything, board)
    )


def categories(*, project: Project) -> tuple[Category, ...]:
    """The categories that hold votes, tags of the owner's last, with how many."""
    counts, titles = _counts(project), describing.titles(project=project)
    tags = sorted(code for code in counts if code.startswith(describing.TAG_PREFIX))
    return tuple(
        Category(code, *titles[code], counts[code])
        for code in (*TOPICS, *tags)
        if code in counts and code in titles
    )


def languages(*, project: Project) -> tuple[Category, ...]:
    """The languages of voted prompts, the most frequent first; `code` is what selections take."""
    counts, titles = _counts(project), describing.titles(project=project)
    codes = [code for code in counts if code.startswith(LANGUAGE_PREFIX) and code in titles]
    codes.sort(key=lambda code: (-counts[code], code))
    return tuple(
        Category(code.removeprefix(LANGUAGE_PREFIX), *titles[code], counts[code]) for code in codes
    )


def _kept(
    kind: str,
    project: Project,
    selection: Selection,
    board: ComputedBoard,
    make: Callable[[], Made],
) -> Made:
    name = (kind, project.pk, selection)
    return kept(name, state=board.state, make=make, may_be_old=MAY_BE_OLD)


def _counts(project: Project) -> dict[str, int]:
    votes = F("left_wins") + F("right_wins") + F("ties") + F("both_bad")
    rows = Tally.objects.filter(project=project).exclude(category="").values("category")
    found = rows.annotate(votes=Sum(votes)).filter(votes__gt=0)
    return dict(found.values_list("category", "votes"))


def _rated(project: Project, selection: Selection) -> tuple[Tallies, Rated]:
    material = reading.material_for(project=project, selection=selection)
    method = standings.method_of(selection=selection, rules=rules_of(project))
    return material.tallies, rate(material, method)


def _win_rates(project: Project, selection: Selection, names: tuple[str, ...]) -> WinRates:
    tallies, rated = _rated(project, selection)
    place = {name: at for at, name in enumerate(tallies.models)}
    known = tuple(name for name in names if name in place)
    order = np.array([place[name] for name in known], dtype=np.intp)
    among = np.ix_(order, order)
    met = np.zeros((len(place), len(place)), dtype=np.int64)
    met[tallies.left, tallies.right] = tallies.totals
    met += met.T
    group = rated.fit.component[order]
    expected = np.where(group[:, None] == group[None, :], rated.expected[among], np.nan)
    np.fill_diagonal(expected, np.nan)
    return WinRates(
        models=known,
        observed=_shares(observed_win_rates(tallies)[among]),
        predicted=_shares(expected),
        n_votes=tuple(tuple(row) for row in met[among].tolist()),
    )


def _shares(rates: Floats) -> tuple[tuple[float | None, ...], ...]:
    return tuple(
        tuple(None if rate != rate else round(rate, 4) for rate in row) for row in rates.tolist()
    )


def _by_category(project: Project, selection: Selection, board: ComputedBoard) -> CategoryTable:
    spoken = [
        replace(one, code=LANGUAGE_PREFIX + one.code)
        for one in languages(project=project)[:MOST_LANGUAGES]
    ]
    every = Category("", "All votes", "Every vote on this board.", board.n_votes)
    columns = (every, *categories(project=project), *spoken)
    rows = {
        "": {
            row.model: CategoryCell(
                row.upper_rank, row.lower_rank, row.rating, row.n_votes, row.is_provisional
            )
            for row in board.rows
        }
    }
    names = frozenset(rows[""])
    for one in columns[1:]:
        chosen = replace(selection, category=one.code)
        rows[one.code] = _cells(project, chosen, names, board.provisional_below)
    return CategoryTable(
        models=tuple(row.model for row in board.rows),
        categories=columns,
        cells=tuple(tuple(rows[one.code].get(row.model) for one in columns) for row in board.rows),
    )


def _cells(
    project: Project, selection: Selection, names: frozenset[str], provisional_below: int
) -> dict[str, CategoryCell]:
    """By model: its place among those listed that have votes in the category."""
    tallies, rated = _rated(project, selection)
    fitted = rated.fit
    there = [
        at for at, name in enumerate(tallies.models) if name in names and fitted.n_battles[at] > 0
    ]
    best, worst = rank_bounds(
        rated.lower[there], rated.upper[there], component=fitted.component[there]
    )
    return {
        tallies.models[at]: CategoryCell(
            upper_rank=int(best[place]),
            lower_rank=int(worst[place]),
            rating=float(fitted.ratings[at]),
            n_votes=int(fitted.n_battles[at]),
            is_provisional=int(fitted.n_battles[at]) < provisional_below,
        )
        for place, at in enumerate(there)
    }
