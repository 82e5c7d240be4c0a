"""Where the marks of a judge's charts go. Pure: numbers in, coordinates out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labeling.machine.statistics import Bin

SIZE = 320
LEFT, TOP, RIGHT, BOTTOM = 44, 12, 22, 40
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Mark:
    """A point with its interval; `radius` grows with the pairs it is of."""

    x: float
    y: float
    y_low: float
    y_high: float
    radius: float
    title: str


@dataclass(frozen=True)
class CalibrationPlot:
    width: int
    height: int
    left: int
    top: int
    right: float
    bottom: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]


def calibration_plot(bins: Sequence[Bin]) -> CalibrationPlot:
    """Confidence across, agreement upwards; the diagonal from corner to corner is honest."""
    right, bottom = SIZE - RIGHT, SIZE - BOTTOM

    def x(value: float) -> float:
        return round(LEFT + value * (right - LEFT), 1)

    def y(value: float) -> float:
        return round(bottom - value * (bottom - TOP), 1)

    most = max((each.n for each in bins), default=1)
    marks = tuple(
        Mark(
            x=x(each.confidence),
            y=y(each.right.value),
            y_low=y(each.right.low),
            y_high=y(each.right.high),
            radius=round(3 + 4 * (each.n / most) ** 0.5, 1),
            title=(
                f"{each.confidence:.0%} sure, {each.right.value:.0%} as people "
                f"({each.right.low:.0%} to {each.right.high:.0%}), {each.n:,} pairs"
            ),
        )
        for each in bins
    )
    return CalibrationPlot(
        width=SIZE,
        height=SIZE,
        left=LEFT,
        top=TOP,
        right=right,
        bottom=bottom,
        x_ticks=tuple(Tick(x(value), f"{100 * value:.0f} %") for value in TICKS),
        y_ticks=tuple(Tick(y(value), f"{100 * value:.0f} %") for value in TICKS),
        marks=marks,
    )
