"""The boards of a project: computed from what is counted, kept while nothing changes."""

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db import connection

from arena.boards import freezing, reading
from arena.boards.computed import ComputedBoard, Removal, Selection
from arena.boards.fitting import Method, as_ties, rate
from arena.boards.keeping import keep, kept, known
from arena.boards.listing import Known, Listing, board_of
from arena.models import ArenaRules, OnlineElo
from arena.models import Board as NamedBoard
from arena.rating import elo
from arena.rating.removal import smallest_removal
from arena.rules import rules_of
from projects.models import Project
from workers.models import LanguageModel

__all__ = [
    "ComputedBoard",
    "Selection",
    "current",
    "in_words",
    "known_of",
    "look_for_removal",
    "method_of",
    "state_of",
    "was_looked_for_removal",
]

ROWS_READ_EVERY = 20
"""Boards that read single votes are made anew after so many seconds at the earliest."""
LAB_READ_EVERY = 60
REMOVAL_KEPT_SECONDS = 30 * 24 * 3600
"""A quiet board has no newer one to look at, and tells what was found last."""

_TOLD = ("organisation", "licence", "is_open", "weights", "price", "size")
_STATE = """
    SELECT encode(sha256(convert_to(coalesce(string_agg(concat_ws(',',
        left_id, right_id, left_wins, right_wins, ties, both_bad,
        left_weight, right_weight, tie_weight, bad_weight
    ), ';' ORDER BY left_id, right_id), ''), 'UTF8')), 'hex')
    FROM arena_tally WHERE project_id = %s AND category = %s
"""


def current(
    *,
    project: Project,
    board: NamedBoard | None = None,
    category: str = "",
    filtered: bool = True,
    selection: Selection | None = None,
    live: bool = False,
) -> ComputedBoard:
    """The board as of the last committed vote. Costs two small queries where no vote came since.

    Which one: `selection`, or else that of the named `board`, or else the main board by
    `category` and `filtered`. Boards that need single votes may be some seconds older. While
    publication is frozen the last good run is returned, but with `live`, for the owner's eyes,
    what would be shown.
    """
    main = Selection(category=category, is_filtered=filtered)
    wanted = selection or (Selection.of(board) if board is not None else main)
    rules = rules_of(project)
    if rules.frozen_at is not None and not live:
        return freezing.last_good(project=project, selection=wanted, rules=rules)
    state = state_of(project=project, selection=wanted, rules=rules)
    computed = kept(
        ("board", project.pk, wanted),
        state=state,
        make=lambda: _compute(project, wanted, rules, state),
        may_be_old=0 if wanted.is_from_tallies else ROWS_READ_EVERY,
    )
    return _with_removal(project, computed)


def look_for_removal(*, project: Project, selection: Selection) -> Removal | None:
    """Find how few votes the first place hangs on, for boards to tell from now on.

    Takes longer than the board itself, so that nobody waits for it: the board tells what was
    found last, as long as the same model leads. None where nothing is found.
    """
    if selection.is_style_controlled:
        return None
    material = reading.material_for(project=project, selection=selection)
    found = smallest_removal(material.tallies, ties=as_ties(selection.ties))
    removal = None
    if found is not None:
        removal = Removal(found.share, found.n_votes, found.leader, found.challenger)
    name = ("look_for_removal", project.pk, selection)
    keep(name, (removal,), seconds=REMOVAL_KEPT_SECONDS)
    return removal


def was_looked_for_removal(*, project: Project, selection: Selection) -> bool:
    """Whether `look_for_removal` has an answer for this board, if only that there is none."""
    return known(("look_for_removal", project.pk, selection)) is not None


def _with_removal(project: Project, board: ComputedBoard) -> ComputedBoard:
    match known(("look_for_removal", project.pk, board.selection)):
        case (Removal() as found,) if board.rows and found.leader == board.rows[0].model:
            return replace(board, removal=found)
    return board


def state_of(*, project: Project, selection: Selection, rules: ArenaRules) -> str:
    """Changes with every vote that the selection could see, and with the rules it is shown by."""
    keys = reading.keys_of(selection)
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [project.pk, keys[0] if len(keys) == 1 else ""])
        state = str(cursor.fetchone()[0])
    shown_by = (rules.anchor_id, rules.anchor_rating, rules.provisional_below, rules.listed_from)
    if selection.source != NamedBoard.Source.VOTES:
        state += f"-{time.time() // LAB_READ_EVERY:.0f}"
    return "-".join([state, *map(str, shown_by)])


def method_of(*, selection: Selection, rules: ArenaRules) -> Method:
    anchor = (rules.anchor.name, rules.anchor_rating) if rules.anchor is not None else None
    return Method(selection.ties, selection.intervals, anchor)


def known_of(*, project: Project, names: Iterable[str]) -> dict[str, Known]:
    """What is told of models besides their votes."""
    elos = dict(OnlineElo.objects.filter(project=project).values_list("model_id", "rating"))
    rows = LanguageModel.objects.filter(name__in=list(names)).values_list("name", "pk", *_TOLD)
    return {
        name: Known(
            model_id=pk,
            organisation=organisation,
            licence=licence,
            is_open=is_open,
            weights=weights,
            price=None if price is None else float(price),
            size=None if size is None else float(size),
            elo=elos.get(pk),
        )
        for name, pk, organisation, licence, is_open, weights, price, size in rows
    }


def in_words(board: ComputedBoard) -> dict[str, Any]:
    """By which method a board was computed, as files state it."""
    selection = board.selection
    ties = {
        NamedBoard.Ties.DAVIDSON: "Davidson; both bad is a tie",
        NamedBoard.Ties.RAO_KUPPER: "Rao–Kupper; both bad is a tie",
    }
    intervals = {
        NamedBoard.Intervals.BOOTSTRAP: "95 %, bootstrap, each model's own",
        NamedBoard.Intervals.ANYTIME: "95 %, valid however often one looks, each model's own",
    }
    half, sandwich = (
        "a tie, and both bad, is half a win for each",
        "95 %, sandwich estimate, each model's own",
    )
    is_styled = selection.is_style_controlled
    anytime = NamedBoard.Intervals.ANYTIME
    is_sandwich = is_styled and selection.intervals != anytime
    return {
        "model": "Bradley–Terry, maximum likelihood by Newton's method",
        "ties": half if is_styled else ties.get(NamedBoard.Ties(selection.ties), half),
        "interval": sandwich
        if is_sandwich
        else intervals.get(NamedBoard.Intervals(selection.intervals), sandwich),
        "scale": 400,
        "base": 10,
        "centre": None if board.anchor else 1000,
        "anchor": {"model": board.anchor, "rating": board.anchor_rating} if board.anchor else None,
        "source": selection.source,
        "category": selection.category,
        "language": selection.language,
        "is_style_controlled": is_styled,
        "is_open_only": selection.is_open_only,
        "is_filtered": selection.is_filtered,
        "online_elo": {"k": elo.K, "start": elo.START},
    }


def _compute(
    project: Project, selection: Selection, rules: ArenaRules, state: str
) -> ComputedBoard:
    material = reading.material_for(project=project, selection=selection)
    method = method_of(selection=selection, rules=rules)
    return board_of(
        selection=selection,
        listing=Listing(rules.listed_from, rules.provisional_below),
        material=material,
        rated=rate(material, method),
        known=known_of(project=project, names=material.tallies.models),
        anchor=method.anchor,
        state=state,
    )
