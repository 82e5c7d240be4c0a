"""How ratings moved from day to day."""

from __future__ import annotations

from arena.boards.computed import RatingHistory, Selection
from projects.models import Project


def history(*, project: Project, selection: Selection, live: bool = False) -> RatingHistory:
    """Each listed model's rating after each day with votes, from all votes until then."""
    return RatingHistory()
