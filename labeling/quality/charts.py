"""Where the marks of the quality page's charts go. Pure: numbers in, coordinates out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 640
LABEL_WIDTH = 200
NARROW = 520
NARROW_LABEL = 116
RIGHT = 20
TOP = 28
ROW_HEIGHT = 30
LONGEST_LABEL = 30
BAR = 16
LINE_HEIGHT = 200
LINE_LEFT = 48
LINE_BOTTOM = 28


@dataclass(frozen=True)
class Measured:
    """A value with its interval, if there is one; `value` None is drawn as nothing."""

    label: str
    value: float | None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class IntervalRow:
    y: float
    text_y: float
    label: str
    title: str
    x: float | None
    x_lower: float | None
    x_upper: float | None


@dataclass(frozen=True)
class IntervalPlot:
    width: int
    height: int
    top: int
    bottom: int
    label_x: int
    zero_x: float
    ticks: tuple[Tick, ...]
    rows: tuple[IntervalRow, ...]


@dataclass(frozen=True)
class BarRow:
    y: float
    text_y: float
    label: str
    title: str
    width: float
    value: str
    value_x: float


@dataclass(frozen=True)
class BarPlot:
    width: int
    height: int
    label_x: int
    left: int
    thickness: int
    rows: tuple[BarRow, ...]


@dataclass(frozen=True)
class Column:
    x: float
    y: float
    height: float
    title: str


@dataclass(frozen=True)
class ColumnPlot:
    width: int
    height: int
    left: int
    bottom: int
    column_width: float
    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[Tick, ...]


def interval_plot(
    rows: Sequence[Measured], *, low: float = 0.0, high: float = 1.0, as_percent: bool = False
) -> IntervalPlot:
    """Intervals from top to bottom on one axis that holds at least `low` to `high`."""
    numbers = [n for row in rows for n in (row.value, row.lower, row.upper) if n is not None]
    step = 0.2 if max([high, *numbers]) > 0.5 else 0.1
    start = math.floor(min([low, *numbers]) / step + 1e-9) * step
    stop = max(math.ceil(max([high, *numbers]) / step - 1e-9) * step, start + step)
    scale = (WIDTH - LABEL_WIDTH - RIGHT) / (stop - start)

    def x(value: float | None) -> float | None:
        return None if value is None else round(LABEL_WIDTH + (value - start) * scale, 1)

    drawn = tuple(
        IntervalRow(
            y=(y := TOP + ROW_HEIGHT * (place + 0.5)),
            text_y=y + 4,
            label=cut(row.label),
            title=said(row, as_percent=as_percent),
            x=x(row.value),
            x_lower=x(row.lower),
            x_upper=x(row.upper),
        )
        for place, row in enumerate(rows)
    )
    n_ticks = round((stop - start) / step) + 1
    ticks = tuple(
        Tick(round(LABEL_WIDTH + i * step * scale, 1), written(start + i * step, 1, as_percent))
        for i in range(n_ticks)
    )
    bottom = TOP + ROW_HEIGHT * len(rows)
    zero = round(LABEL_WIDTH - start * scale, 1)
    return IntervalPlot(WIDTH, bottom + 8, TOP - 6, bottom, LABEL_WIDTH - 14, zero, ticks, drawn)


def bar_plot(rows: Sequence[tuple[str, int]]) -> BarPlot:
    """Horizontal bars of counts, the widest filling the width."""
    most = max([count for _, count in rows], default=0) or 1
    room = NARROW - NARROW_LABEL - RIGHT - 50
    drawn = []
    for place, (label, count) in enumerate(rows):
        y = 8 + ROW_HEIGHT * place
        width = round(room * count / most, 1)
        drawn.append(
            BarRow(
                y=y + (ROW_HEIGHT - BAR) / 2,
                text_y=y + ROW_HEIGHT / 2 + 4,
                label=cut(label),
                title=f"{label}: {count:,}",
                width=width,
                value=f"{count:,}",
                value_x=NARROW_LABEL + width + 8,
            )
        )
    height = 16 + ROW_HEIGHT * len(rows)
    return BarPlot(NARROW, height, NARROW_LABEL - 14, NARROW_LABEL, BAR, tuple(drawn))


def column_plot(days: Sequence[tuple[str, int]]) -> ColumnPlot:
    """A column a day, from left to right; every label that has room is written."""
    most = max([count for _, count in days], default=0)
    step = round_step(most)
    top = max(step, math.ceil(most / step) * step)
    bottom = LINE_HEIGHT - LINE_BOTTOM
    room = NARROW - LINE_LEFT - 2 * RIGHT
    pitch = room / max(len(days), 1)
    columns = tuple(
        Column(
            x=round(LINE_LEFT + i * pitch + pitch * 0.15, 1),
            y=round(bottom - (bottom - 12) * count / top, 1),
            height=round((bottom - 12) * count / top, 1),
            title=f"{label}: {count:,}",
        )
        for i, (label, count) in enumerate(days)
    )
    ticks = tuple(
        Tick(round(bottom - (bottom - 12) * i * step / top, 1), f"{i * step:,.0f}")
        for i in range(round(top / step) + 1)
    )
    every = max(1, math.ceil(len(days) * 84 / room))
    labels = tuple(
        Tick(round(LINE_LEFT + (i + 0.5) * pitch, 1), label)
        for i, (label, _) in enumerate(days)
        if (len(days) - 1 - i) % every == 0
    )
    return ColumnPlot(
        NARROW, LINE_HEIGHT, LINE_LEFT, bottom, round(pitch * 0.7, 1), columns, ticks, labels
    )


def round_step(most: float) -> float:
    """A round whole number that cuts `most` into at most five."""
    if most <= 5:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most / 5))
    return next(power * step for step in (1.0, 2.0, 5.0, 10.0) if power * step * 5 >= most)


def cut(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"


def said(row: Measured, *, as_percent: bool = False) -> str:
    if row.value is None:
        return f"{row.label}: too little to say"
    words = f"{row.label}: {written(row.value, 2, as_percent)}"
    if row.lower is None or row.upper is None:
        return words
    lower, upper = written(row.lower, 2, as_percent), written(row.upper, 2, as_percent)
    return f"{words}, between {lower} and {upper}"


def written(value: float, digits: int, as_percent: bool = False) -> str:
    """With a proper minus, and none before a zero."""
    if as_percent:
        return f"{100 * value:.0f} %"
    text = f"{value:.{digits}f}"
    return f"{0:.{digits}f}" if float(text) == 0 else text.replace("-", "−")
