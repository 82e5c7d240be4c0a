"""Timing for the benchmarks: medians, because the machines they run on are shared."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def median_seconds(run: Callable[[], object], *, repeats: int) -> float:
    """The median wall-clock time of `repeats` runs, after one that warms caches."""
    run()
    seconds = []
    for _ in range(repeats):
        started_at = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started_at)
    return statistics.median(seconds)
