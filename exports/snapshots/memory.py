"""Memory that was let go, given back to the system."""

import ctypes
from collections.abc import Callable
from typing import Any

_trim: Callable[[int], Any] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
"""glibc's; others give back by themselves, or cannot."""


def give_back() -> None:
    """What is left of many small pieces lies between what is still in use, and is kept for ever:
    after the choice of a million judgements 20 MiB. It takes some milliseconds."""
    if _trim is not None:
        _trim(0)
