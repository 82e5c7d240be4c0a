"""Whether a pasted text was taken from another one. Pure."""

import math
from collections.abc import Iterable, Sequence

SHORTEST = 40
"""Characters, spaces folded, below which likeness says nothing."""
WINDOW = 16
MOST_WINDOWS = 40
SHARE = 0.5


def normal(text: str) -> str:
    """Letters' case and the kind and number of spaces make no difference."""
    return " ".join(text.casefold().split())


def is_taken_from(pasted: str, sources: Iterable[str]) -> bool:
    """Whether at least half of `pasted` stands word for word in one of `sources`.

    Some 40 pieces of 16 characters, evenly spaced, are looked for; so the cost is bounded, and a
    copy with some words changed is still recognised. Short texts are never like anything.
    """
    text = normal(pasted)
    if len(text) < SHORTEST:
        return False
    last = len(text) - WINDOW
    step = max(1, last // MOST_WINDOWS)
    windows = [text[at : at + WINDOW] for at in range(0, last + 1, step)]
    return any(_holds_most(source, windows) for source in map(normal, sources))


def _holds_most(source: str, windows: Sequence[str]) -> bool:
    """Ends as soon as too many are missing."""
    may_miss = len(windows) - math.ceil(SHARE * len(windows))
    n_missing = 0
    for window in windows:
        n_missing += window not in source
        if n_missing > may_miss:
            return False
    return True
