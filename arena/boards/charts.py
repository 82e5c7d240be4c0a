"""Where the marks of an interval plot go. Pure: numbers in, coordinates out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 720
LABEL_WIDTH = 200
NARROW = 340
NARROW_MARGIN = 18
NARROW_ROW_HEIGHT = 40
RIGHT = 16
TOP = 28
ROW_HEIGHT = 24
LONGEST_LABEL = 28
LONGEST_NARROW_LABEL = 44
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Interval:
    label: str
    lower: float
    middle: float
    upper: float
    is_faint: bool = False


@dataclass(frozen=True)
class Tick:
    x: float
    label: str


@dataclass(frozen=True)
class Bar:
    """One interval, cut off where it leaves the axis. `label` may be cut short too; `title` says
    everything."""

    y: float
    text_y: float
    x_lower: float
    x_middle: float
    x_upper: float
    label: str
    title: str
    is_faint: bool


@dataclass(frozen=True)
class IntervalPlot:
    width: int
    height: int
    top: int
    bottom: int
    label_x: int
    tick_y: int
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]


def interval_plot(intervals: Sequence[Interval], *, is_narrow: bool = False) -> IntervalPlot:
    """Lay out horizontal intervals from top to bottom, on an axis with round numbers.

    A narrow plot, for a phone, has each name above its interval. Raises ValueError for numbers
    that are not finite.
    """
    numbers = [number for row in intervals for number in (row.lower, row.middle, row.upper)]
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("Every bound must be a finite number.")
    width, pitch = (NARROW, NARROW_ROW_HEIGHT) if is_narrow else (WIDTH, ROW_HEIGHT)
    left, right = (NARROW_MARGIN, NARROW_MARGIN) if is_narrow else (LABEL_WIDTH, RIGHT)
    bottom = TOP + pitch * len(intervals)
    low, high = _extent(intervals)
    step = round_step(high - low, most=4 if is_narrow else 6)
    start, stop = math.floor(low / step) * step, math.ceil(high / step) * step
    if stop <= start:
        stop = start + step
    scale = (width - left - right) / (stop - start)

    def x(value: float) -> float:
        return round(left + (min(max(value, start), stop) - start) * scale, 1)

    n_ticks = round((stop - start) / step) + 1
    ticks = tuple(Tick(x(start + i * step), f"{start + i * step:g}") for i in range(n_ticks))
    bars = tuple(
        _bar(row, x(row.lower), x(row.middle), x(row.upper), TOP + pitch * i, is_narrow=is_narrow)
        for i, row in enumerate(intervals)
    )
    label_x = NARROW_MARGIN if is_narrow else LABEL_WIDTH - 12
    return IntervalPlot(width, bottom + 8, TOP - 6, bottom, label_x, TOP - 12, ticks, bars)


def round_step(span: float, *, most: int = 6) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that cuts `span` into at most `most`."""
    if span <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(power * step for step in _STEPS if power * step * most >= span)


def cut(label: str, longest: int = LONGEST_LABEL) -> str:
    return label if len(label) <= longest else label[: longest - 1] + "…"


def _extent(intervals: Sequence[Interval]) -> tuple[float, float]:
    """What the axis spans. One vast faint interval must not squeeze all others into dots."""
    settled = [row for row in intervals if not row.is_faint]
    bounds = [bound for row in settled or intervals for bound in (row.lower, row.upper)]
    bounds += [row.middle for row in intervals]
    return (min(bounds), max(bounds)) if bounds else (0.0, 1.0)


def _bar(
    row: Interval, x_lower: float, x_middle: float, x_upper: float, top: float, *, is_narrow: bool
) -> Bar:
    y = top + (NARROW_ROW_HEIGHT - 11 if is_narrow else ROW_HEIGHT / 2)
    text_y = top + 16 if is_narrow else y + 4
    title = f"{row.label}: {row.middle:.0f}, between {row.lower:.0f} and {row.upper:.0f}"
    label = cut(row.label, LONGEST_NARROW_LABEL if is_narrow else LONGEST_LABEL)
    return Bar(y, text_y, x_lower, x_middle, x_upper, label, title, row.is_faint)
