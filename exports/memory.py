"""Memory that was let go, given back to the system."""

import ctypes
from typing import Any

LARGE = 4 << 20
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
_libc = ctypes.CDLL(None)
_trim: Any = getattr(_libc, "malloc_trim", None)
_option: Any = getattr(_libc, "mallopt", None)
"""glibc's; others give back by themselves, or cannot."""


def share_one_heap() -> None:
    """To be called before there are threads. Left to itself glibc gives each of them a heap of its
    own, whose end is never given back: after files of Parquet that threads wrote up to 40 MiB."""
    if _option is not None:
        _option(_M_ARENA_MAX, 1)


def give_large_back() -> None:
    """From now on whatever is as large as that goes back as soon as it is let go. Left to itself
    glibc raises the bound to the largest that ever was; in an export of Parquet files with a scan
    18 MiB then lie between what is still in use."""
    if _option is not None:
        _option(_M_MMAP_THRESHOLD, LARGE)


def give_back() -> None:
    """What is left of many small pieces lies between what is still in use, and is kept for ever:
    after the choice of a million judgements 20 MiB. It takes some milliseconds."""
    if _trim is not None:
        _trim(0)
