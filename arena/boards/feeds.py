"""What changed on a board from one recorded run to the next."""

from __future__ import annotations

from arena.boards.computed import BoardChange
from projects.models import Project

LONGEST_FEED = 50


def changes(
    *, project: Project, board: str = "", most: int = LONGEST_FEED
) -> tuple[BoardChange, ...]:
    """Who is new, rose, fell or leads, the latest first. `board` is a slug; empty: the main one."""
    return ()
