"""What the results of checks say, in words for a project's staff."""

from dataclasses import dataclass

from labeling.checking.effect import ENOUGH, Difference
from labeling.checking.results import Measure, Results
from labeling.quality.charts import IntervalPlot, Measured, interval_plot
from labeling.quality.clauses import titles_of
from labeling.quality.intervals import Share
from projects.models import Project

NAMES = {
    "returned": "Returned by review",
    "fixed": "Fixed by review",
    "accepted": "Accepted as it was",
    "active_seconds": "Time at work on it",
    "submitted": "Submitted at all",
}
OF = {
    "returned": "of first reviews",
    "fixed": "of first reviews",
    "accepted": "of first reviews",
    "active_seconds": "seconds until the first submission",
    "submitted": "of tasks that ended",
}
NOTHING = "–"


@dataclass(frozen=True)
class MeasureLine:
    """One outcome as the table has it; `verdict` is a sentence."""

    label: str
    of: str
    on: str
    off: str
    difference: str
    interval: str
    verdict: str


@dataclass(frozen=True)
class ClauseLine:
    label: str
    n_acted: int
    n_dismissed: int
    n_open: int
    dismissed: str
    interval: str


def measure_lines(results: Results) -> list[MeasureLine]:
    return [_line(measure) for measure in results.measures]


def plot_of(results: Results) -> IntervalPlot | None:
    """The differences of shares; those with too few tasks are not drawn."""
    rows = [
        Measured(NAMES[measure.key], found.value, found.low, found.high)
        for measure in results.measures
        if (found := measure.difference) is not None
        and measure.key != "active_seconds"
        and found.verdict != "too_few"
    ]
    return interval_plot(rows, low=-0.2, high=0.2, as_percent=True) if rows else None


def clause_lines(project: Project, results: Results) -> list[ClauseLine]:
    """By clause of the version in force; a clause that is gone keeps its number."""
    titles = titles_of(project)
    return [
        ClauseLine(
            label=titles.get(row.anchor, f"§{row.anchor.removeprefix('c-').replace('-', '.')}"),
            n_acted=row.n_acted,
            n_dismissed=row.n_dismissed,
            n_open=row.n_open,
            dismissed=f"{row.dismissed.percent} %" if row.dismissed else NOTHING,
            interval=_interval(row.dismissed),
        )
        for row in results.clauses
    ]


def headline(results: Results, off_percent: int) -> str:
    """The one sentence on the question that was asked first: are fewer answers returned?"""
    if not off_percent:
        return "Every task has the check, so there is nothing to compare it with."
    returned = next(each.difference for each in results.measures if each.key == "returned")
    if returned is None or returned.verdict == "too_few":
        return (
            f"Too few to say. Both sides need {ENOUGH} reviewed answers before a difference is "
            f"told; so far there are {_n(returned, 'on')} with the check and "
            f"{_n(returned, 'off')} without."
        )
    if returned.verdict == "unclear":
        low, high = _points(returned.low), _points(returned.high)
        return (
            "No difference can be told so far: the check changes the share of answers that "
            f"reviewers return by something between {low} and {high} percentage points."
        )
    word = "fewer" if returned.verdict == "lower" else "more"
    size = _points(abs(returned.value)).removeprefix("+")
    return (
        f"With the check, reviewers return {word} answers: {size} percentage points, "
        f"between {_points(returned.low)} and {_points(returned.high)}."
    )


def _line(measure: Measure) -> MeasureLine:
    found, is_time = measure.difference, measure.key == "active_seconds"
    label, of = NAMES[measure.key], OF[measure.key]
    if found is None:
        return MeasureLine(label, of, NOTHING, NOTHING, NOTHING, "", "Nothing yet")
    on, off = (f"{v:,.0f} s" if is_time else f"{100 * v:.0f} %" for v in (found.on, found.off))
    unit = "s" if is_time else "points"
    write = _seconds if is_time else _points
    verdicts = {
        "too_few": "Too few to say",
        "unclear": "No difference can be told",
        "lower": "Lower with the check",
        "higher": "Higher with the check",
    }
    return MeasureLine(
        label,
        of,
        f"{on} of {found.n_on:,}" if not is_time else f"{on}, {found.n_on:,} answers",
        f"{off} of {found.n_off:,}" if not is_time else f"{off}, {found.n_off:,} answers",
        f"{write(found.value)} {unit}",
        f"{write(found.low)} to {write(found.high)}",
        verdicts[found.verdict],
    )


def _n(difference: Difference | None, side: str) -> int:
    if difference is None:
        return 0
    return difference.n_on if side == "on" else difference.n_off


def _points(value: float) -> str:
    return _signed(100 * value, 1)


def _seconds(value: float) -> str:
    return _signed(value, 0)


def _signed(value: float, digits: int) -> str:
    text = f"{value:+,.{digits}f}"
    is_zero = float(text.replace(",", "")) == 0
    return f"{0:.{digits}f}" if is_zero else text.replace("-", "−")


def _interval(found: Share | None) -> str:
    return f"{found.low_percent} to {found.high_percent} %" if found else ""
