"""Audited agreement over time: groups of pairs, and where their marks go. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from labeling.autonomy.bounds import Agreed, agreed

SMALLEST = 20
MOST_GROUPS = 12
WIDTH, HEIGHT = 640, 220
NARROW = 340
LEFT, TOP, RIGHT, BOTTOM = 44, 12, 16, 28
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Group:
    """Pairs that follow one another in time."""

    since: datetime
    until: datetime
    agreed: Agreed

    @property
    def value(self) -> float:
        return self.agreed.value or 0.0

    @property
    def percent(self) -> int:
        return round(100 * self.value)

    @property
    def low_percent(self) -> int:
        return round(100 * self.agreed.low)

    @property
    def high_percent(self) -> int:
        return round(100 * self.agreed.high)


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Mark:
    x: float
    y: float
    y_low: float
    y_high: float
    title: str


@dataclass(frozen=True)
class Plot:
    width: int
    height: int
    left: int
    right: int
    bar_y: float
    ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    line: str
    first: str
    last: str


def groups_of(items: Sequence[tuple[datetime, bool]]) -> list[Group]:
    """Oldest first, of equally many pairs but for the last few, each of SMALLEST at the least
    where there are as many."""
    ordered = sorted(items, key=lambda item: item[0])
    if not ordered:
        return []
    number = max(1, min(MOST_GROUPS, len(ordered) // SMALLEST))
    cuts = [round(place * len(ordered) / number) for place in range(number + 1)]
    parts = [ordered[a:b] for a, b in pairwise(cuts)]
    return [
        Group(part[0][0], part[-1][0], agreed([is_same for _, is_same in part])) for part in parts
    ]


def plot(groups: Sequence[Group], bar: float, *, width: int = WIDTH) -> Plot:
    """Time from left to right, a group a step; agreement upwards, from none to all."""
    right, bottom = width - RIGHT, HEIGHT - BOTTOM
    step = (right - LEFT) / max(1, len(groups))

    def y(share: float) -> float:
        return round(bottom - share * (bottom - TOP), 1)

    marks = tuple(
        Mark(
            x=round(LEFT + step * (place + 0.5), 1),
            y=y(group.value),
            y_low=y(group.agreed.low),
            y_high=y(group.agreed.high),
            title=f"{group.until:%-d %b %Y}: {group.percent} % of {group.agreed.n}, "
            f"{group.low_percent} to {group.high_percent} %",
        )
        for place, group in enumerate(groups)
    )
    return Plot(
        width=width,
        height=HEIGHT,
        left=LEFT,
        right=right,
        bar_y=y(bar),
        ticks=tuple(Tick(y(share), f"{share:.0%}") for share in TICKS),
        marks=marks,
        line=" ".join(f"{mark.x},{mark.y}" for mark in marks),
        first=f"{groups[0].since:%-d %b %Y}" if groups else "",
        last=f"{groups[-1].until:%-d %b %Y}" if groups else "",
    )
