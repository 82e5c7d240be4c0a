"""Where ratings over time and ratings by price go. Pure: numbers in, coordinates out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from arena.boards.charts import cut, round_step

WIDTH = 720
HEIGHT = 360
LEFT = 52
TOP = 16
BOTTOM = HEIGHT - 36
LABELS = 168
"""Room at the right for the lines' names."""

LABEL_PITCH = 17.0
LABEL_WIDTH = 7.2
"""About the width of a letter of a point's name."""

_DAYS = (1, 2, 7, 14, 30, 91, 182, 365, 730, 1826)


@dataclass(frozen=True)
class Tick:
    """A number of an axis, `at` its place along it."""

    at: float
    label: str


@dataclass(frozen=True)
class Series:
    """A model's ratings at times, oldest first."""

    label: str
    points: tuple[tuple[date, float], ...]


@dataclass(frozen=True)
class Line:
    """`place` tells lines apart, from 1; `title` says where the line begins and ends."""

    place: int
    path: str
    label: str
    title: str
    x_end: float
    y_end: float
    label_y: float


@dataclass(frozen=True)
class LinePlot:
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    label_x: int
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Measured:
    """A model with a positive number (a price, a size) and its rating with its bounds."""

    label: str
    at: float
    lower: float
    middle: float
    upper: float
    is_faint: bool = False


@dataclass(frozen=True)
class Point:
    """`is_frontier`: nothing that costs no more is rated higher. An empty label found no room."""

    x: float
    y: float
    y_lower: float
    y_upper: float
    label: str
    label_x: float
    label_y: float
    anchor: str
    title: str
    is_faint: bool
    is_frontier: bool


@dataclass(frozen=True)
class ScatterPlot:
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    points: tuple[Point, ...]
    frontier: str


def line_plot(series: Sequence[Series]) -> LinePlot:
    """Ratings over time, a line a model, its name at its end.

    Raises ValueError without a point or for numbers that are not finite.
    """
    points = [point for one in series for point in one.points]
    _refuse_unfit([rating for _, rating in points])
    first, last = min(day for day, _ in points), max(day for day, _ in points)
    span = max((last - first).days, 1)
    right = WIDTH - LABELS
    low, high, y_ticks = _rating_axis([rating for _, rating in points])

    def x(day: date) -> float:
        return round(LEFT + (day - first).days / span * (right - LEFT), 1)

    def y(rating: float) -> float:
        return round(BOTTOM - (rating - low) / (high - low) * (BOTTOM - TOP), 1)

    drawn = [one for one in series if one.points]
    ends = [y(one.points[-1][1]) for one in drawn]
    label_ys = spread(ends, pitch=LABEL_PITCH, low=TOP, high=BOTTOM)
    lines = tuple(
        Line(
            place=place,
            path=" ".join(
                f"{'ML'[i > 0]}{x(day)} {y(rating)}" for i, (day, rating) in enumerate(one.points)
            ),
            label=cut(one.label, 21),
            title=_course(one),
            x_end=x(one.points[-1][0]),
            y_end=end,
            label_y=round(label_y + 4, 1),
        )
        for place, (one, end, label_y) in enumerate(zip(drawn, ends, label_ys, strict=True), 1)
    )
    x_ticks = _day_ticks(first, last, x)
    return LinePlot(
        WIDTH, HEIGHT, LEFT, right, TOP, BOTTOM, right + 14, x_ticks,
        tuple(Tick(y(value), f"{value:g}") for value in y_ticks), lines,
    )  # fmt: skip


def scatter_plot(measured: Sequence[Measured]) -> ScatterPlot:
    """Ratings against a price or a size, which stands on a logarithmic axis.

    Raises ValueError without a point, for a number that is not finite or not above zero.
    """
    settled = [one for one in measured if not one.is_faint] or measured
    bounds = [bound for one in settled for bound in (one.lower, one.upper)]
    _refuse_unfit([n for one in measured for n in (one.lower, one.middle, one.upper)])
    if not all(math.isfinite(one.at) and one.at > 0 for one in measured):
        raise ValueError("A logarithmic axis takes numbers above zero.")
    low, high, y_ticks = _rating_axis([*bounds, *(one.middle for one in measured)])
    x_values = _log_ticks(min(one.at for one in measured), max(one.at for one in measured))
    start, stop = math.log(x_values[0]), math.log(x_values[-1])
    right = WIDTH - 20

    def x(value: float) -> float:
        return round(LEFT + (math.log(value) - start) / (stop - start) * (right - LEFT), 1)

    def y(rating: float) -> float:
        held = min(max(rating, low), high)
        return round(BOTTOM - (held - low) / (high - low) * (BOTTOM - TOP), 1)

    frontier = frontier_of([(one.at, one.middle) for one in measured])
    places = [(x(one.at), y(one.middle)) for one in measured]
    first = [*frontier, *(i for i in range(len(measured)) if i not in frontier)]
    labels = _place_labels([cut(one.label, 24) for one in measured], places, first, right)
    points = tuple(
        Point(
            px, py, y(one.lower), y(one.upper), label, lx, ly, anchor,
            f"{one.label}: {one.middle:.0f} at {one.at:g}, "
            f"between {one.lower:.0f} and {one.upper:.0f}",
            one.is_faint, i in frontier,
        )
        for i, (one, (px, py), (label, lx, ly, anchor)) in enumerate(
            zip(measured, places, labels, strict=True)
        )
    )  # fmt: skip
    path = " ".join(f"{'ML'[n > 0]}{points[i].x} {points[i].y}" for n, i in enumerate(frontier))
    return ScatterPlot(
        WIDTH, HEIGHT, LEFT, right, TOP, BOTTOM,
        _thinned([Tick(x(value), f"{value:g}") for value in x_values]),
        tuple(Tick(y(value), f"{value:g}") for value in y_ticks), points, path,
    )  # fmt: skip


def frontier_of(points: Sequence[tuple[float, float]]) -> list[int]:
    """The points that no other point beats at the same cost or below, cheapest first."""
    best, kept = -math.inf, []
    for i in sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1], i)):
        if points[i][1] > best:
            best = points[i][1]
            kept.append(i)
    return kept


def spread(places: Sequence[float], *, pitch: float, low: float, high: float) -> list[float]:
    """Move places apart to at least `pitch`, in their order and as little as it takes.

    With more places than fit between `low` and `high` they are set evenly, closer than `pitch`.
    """
    if not places:
        return []
    pitch = min(pitch, (high - low) / max(len(places) - 1, 1))
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    groups: list[list[float]] = []  # sum of wished starts, number of members
    for member in order:
        groups.append([places[member], 1])
        while len(groups) > 1 and _end(groups[-2], pitch) > groups[-1][0] / groups[-1][1]:
            late_sum, late_n = groups.pop()
            early = groups[-1]
            early[0] += late_sum - late_n * early[1] * pitch
            early[1] += late_n
    placed: list[float] = []
    for total, n in groups:
        placed += [total / n + k * pitch for k in range(int(n))]
    placed = _held(placed, pitch, low, high)
    result = [0.0] * len(places)
    for place, member in zip(placed, order, strict=True):
        result[member] = place
    return result


def _end(group: Sequence[float], pitch: float) -> float:
    return group[0] / group[1] + group[1] * pitch


def _held(placed: list[float], pitch: float, low: float, high: float) -> list[float]:
    """The places, pushed back between both ends."""
    for i, place in enumerate(placed):
        placed[i] = max(place, low + i * pitch)
    for i in range(len(placed)):
        placed[-1 - i] = min(placed[-1 - i], high - i * pitch)
    return placed


def _refuse_unfit(numbers: Sequence[float]) -> None:
    if not numbers:
        raise ValueError("There is nothing to draw.")
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("Every number must be finite.")


def _rating_axis(ratings: Sequence[float]) -> tuple[float, float, list[float]]:
    low, high = min(ratings), max(ratings)
    step = max(round_step(high - low), 1.0)
    start, stop = math.floor(low / step) * step, math.ceil(high / step) * step
    if stop <= start:
        start, stop = start - step, stop + step
    return start, stop, [start + i * step for i in range(round((stop - start) / step) + 1)]


def _day_ticks(first: date, last: date, x: Callable[[date], float]) -> tuple[Tick, ...]:
    span = (last - first).days
    step = next((days for days in _DAYS if span <= 6 * days), _DAYS[-1])
    days = [first + timedelta(days=n) for n in range(0, span + 1, step)]
    with_year = first.year != last.year
    return tuple(
        Tick(x(day), f"{day.day} {day:%b}" + (f" {day:%y}" if with_year else "")) for day in days
    )


def _log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten from below `low` to above `high`; at least two."""
    exponent = math.floor(math.log10(low))
    values: list[float] = []
    while not values or values[-1] < high * (1 + 1e-9):
        values += [float(f"{m}e{exponent}") for m in (1, 2, 5)]
        exponent += 1
    from_below = max(i for i, value in enumerate(values) if value <= low * (1 + 1e-9))
    to_above = min(i for i, value in enumerate(values) if value >= high * (1 - 1e-9))
    if to_above == from_below:
        to_above += 1
    return values[from_below : to_above + 1]


def _thinned(ticks: list[Tick]) -> tuple[Tick, ...]:
    """Every so many, so that their labels stay apart."""
    every = max(1, math.ceil(len(ticks) / 10))
    return tuple(ticks[::every])


def _place_labels(
    labels: Sequence[str],
    places: Sequence[tuple[float, float]],
    order: Sequence[int],
    right: float,
) -> list[tuple[str, float, float, str]]:
    """A name right of its point, or left, above or below; none where all four are taken.

    Names get their room in the order given.
    """
    taken = [(px - 6, py - 6, px + 6, py + 6) for px, py in places]
    found = [("", px, py, "start") for px, py in places]
    for i in order:
        (px, py), width = places[i], LABEL_WIDTH * len(labels[i])
        for lx, ly, anchor in (
            (px + 10, py + 4, "start"),
            (px - 10, py + 4, "end"),
            (px, py - 11, "middle"),
            (px, py + 19, "middle"),
        ):
            x0 = lx - {"start": 0.0, "end": width, "middle": width / 2}[anchor]
            box = (x0, ly - 12, x0 + width, ly + 3)
            is_inside = box[0] >= LEFT and box[2] <= right and box[1] >= TOP and box[3] <= BOTTOM
            if is_inside and not any(_meet(box, other) for other in taken):
                taken.append(box)
                found[i] = (labels[i], round(lx, 1), round(ly, 1), anchor)
                break
    return found


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _course(one: Series) -> str:
    (first, start), (last, end) = one.points[0], one.points[-1]
    if len(one.points) == 1:
        return f"{one.label}: {start:.0f} on {first:%Y-%m-%d}"
    return f"{one.label}: {start:.0f} on {first:%Y-%m-%d}, {end:.0f} on {last:%Y-%m-%d}"
