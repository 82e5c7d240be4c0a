"""Tables beside a board: who beats whom how often, and how models stand by category."""

from __future__ import annotations

from arena.boards.computed import Category, CategoryTable, Selection, WinRates
from projects.models import Project


def win_rates(*, project: Project, selection: Selection, live: bool = False) -> WinRates:
    """Observed and predicted win rates between the models that the selected board lists."""
    return WinRates((), (), (), ())


def by_category(*, project: Project, selection: Selection, live: bool = False) -> CategoryTable:
    """How each model stands in each category, the selection's own category left aside."""
    return CategoryTable((), (), ())


def categories(*, project: Project) -> tuple[Category, ...]:
    """The categories, tags of the owner's among them, that hold votes, with how many."""
    return ()


def languages(*, project: Project) -> tuple[Category, ...]:
    """The languages of voted prompts, the most frequent first; `code` is what selections take."""
    return ()
