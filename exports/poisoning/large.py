"""Large arrays that go back to the system as soon as they are let go. No Django."""

from __future__ import annotations

import mmap
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

_HUGE_PAGES: int | None = getattr(mmap, "MADV_HUGEPAGE", None)
"""Linux's. Numpy asks for them too: what is looked up at random is found faster."""


def zeros(n: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """`n` of them, which take no memory until they are written.

    What the allocator gives may lie in the heap, between what is still in use, and then the
    process keeps it for good.
    """
    row = np.dtype(dtype)
    if not n:
        return np.zeros(0, row)
    room = mmap.mmap(-1, n * row.itemsize, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if _HUGE_PAGES is not None:
        with suppress(OSError):  # A kernel without them refuses.
            room.madvise(_HUGE_PAGES)
    return np.frombuffer(room, row)
