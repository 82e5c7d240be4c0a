"""Votes cast before anybody could have read. No Django."""

from __future__ import annotations

SHORT = 400
"""Replies of fewer characters, both together, are taken in at a glance."""
SIGNS_A_SECOND = 400.0
"""Some four thousand words a minute; the fastest readers skim at a quarter of that."""
LONGEST_SECONDS = 3.0
"""Nobody is asked to read to the end: a beginning can decide."""


def is_too_fast(*, seconds: float, n_characters: int) -> bool:
    """Whether `seconds` after the message was sent is too soon to have looked at both replies."""
    if n_characters < SHORT:
        return False
    return seconds < min(n_characters / SIGNS_A_SECOND, LONGEST_SECONDS)
