"""Computed things kept while nothing changes, and computed by one process at a time."""

import time
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from django.core.cache import cache

Made = TypeVar("Made")

KEPT_SECONDS = 600
BEING_MADE_SECONDS = 60


def kept(name: object, *, state: str, make: Callable[[], Made], may_be_old: float = 0.0) -> Made:
    """What `make` gives, or what it gave in this state, or less than `may_be_old` seconds ago.

    While somebody else is making it anew, what there was before.
    """
    key = _key(name)
    found = cache.get(key)
    if found is not None:
        known, made_at, made = found
        if known == state or time.time() - made_at < may_be_old:
            return made  # type: ignore[no-any-return]
        if not cache.add(f"{key}:being-made", True, timeout=BEING_MADE_SECONDS):
            return made  # type: ignore[no-any-return]
    try:
        new = make()
        cache.set(key, (state, time.time(), new), timeout=KEPT_SECONDS)
    finally:
        cache.delete(f"{key}:being-made")
    return new


def keep(name: object, made: object, *, seconds: float) -> None:
    """Keep something for `known` to find, whatever changes."""
    cache.set(_key(name), ("", time.time(), made), timeout=seconds)


def known(name: object) -> object:
    """What was kept, or None."""
    found = cache.get(_key(name))
    return None if found is None else found[2]


def _key(name: object) -> str:
    return f"arena:kept:{sha256(repr(name).encode()).hexdigest()}"
