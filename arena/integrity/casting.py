"""A look at a vote in the moment it is cast: what there is to doubt, and what it weighs."""

from collections.abc import Sequence

from arena.models import Battle, Turn, Vote


def look_at(*, vote: Vote, battle: Battle, turns: Sequence[Turn]) -> float:
    """Write the vote's flags and say what it weighs, from 0 to 1.

    `turns` is the path that was voted on. Call inside the vote's transaction, for votes on
    anonymous battles only, before the vote is counted.
    """
    return 1.0
