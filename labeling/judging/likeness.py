"""Whether a pasted text was taken from another one. Pure."""

from collections.abc import Iterable

SHORTEST = 40
"""Characters, spaces folded, below which likeness says nothing."""
WINDOW = 16
MOST_WINDOWS = 200
SHARE = 0.5


def normal(text: str) -> str:
    """Letters' case and the kind and number of spaces make no difference."""
    return " ".join(text.casefold().split())


def is_taken_from(pasted: str, sources: Iterable[str]) -> bool:
    """Whether at least half of `pasted` stands word for word in one of `sources`.

    Up to 200 pieces of 16 characters, evenly spaced, are looked for; so the cost is bounded, and
    a copy with some words changed is still recognised. Short texts are never like anything.
    """
    text = normal(pasted)
    if len(text) < SHORTEST:
        return False
    last = len(text) - WINDOW
    step = max(1, last // MOST_WINDOWS)
    windows = [text[at : at + WINDOW] for at in range(0, last + 1, step)]
    for source in map(normal, sources):
        found = sum(window in source for window in windows)
        if found >= SHARE * len(windows):
            return True
    return False
