"""The quality report in words and pictures, for its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from labeling.quality.charts import (
    BarPlot,
    ColumnPlot,
    IntervalPlot,
    Measured,
    bar_plot,
    column_plot,
    interval_plot,
    written,
)
from labeling.quality.filters import Filters

Data = Mapping[str, Any]

GROUPS = {
    "kind": "Kind",
    "criterion": "Criterion",
    "language": "Language",
    "clause": "Clause cited",
}
MOST_PLOTTED = 16
MOST_LISTED = 300
FEWEST_UNITS = 5
"""Two labelers with fewer units in common are not compared."""
SORTS = {
    "name": "Labeler",
    "volume": "Judgements",
    "active": "Active time",
    "gold": "Gold",
    "agreement": "Agreement",
    "reliability": "Reliability",
    "attention": "Attention",
}
SCORES = ("gold", "agreement", "reliability", "attention")


@dataclass(frozen=True)
class Shown:
    """A number as it is written, with its interval; `word` says what it amounts to."""

    text: str
    interval: str = ""
    word: str = ""
    tone: str = ""


NOTHING = Shown("–")


@dataclass(frozen=True)
class AgreementLine:
    group: str
    label: str
    n_units: int
    n_judgements: int
    alpha: Shown
    nominal: Shown
    kappa: Shown
    percent: Shown


@dataclass(frozen=True)
class LabelerLine:
    pk: int
    name: str
    username: str
    role: str
    volume: int
    active: str
    gold: Shown
    n_golds: int
    agreement: Shown
    n_compared: int
    reliability: str
    attention: str
    lean: str


@dataclass(frozen=True)
class ClauseLine:
    anchor: str
    label: str
    n_disputed: int
    n_all: int
    of_disputes: Shown
    of_all: Shown
    stands_out: bool


@dataclass(frozen=True)
class MatrixCell:
    text: str
    title: str
    tone: str


def agreement_lines(data: Data) -> list[AgreementLine]:
    return [
        AgreementLine(
            group=GROUPS[row["group"]],
            label=row["label"],
            n_units=row["n_units"],
            n_judgements=row["n_judgements"],
            alpha=coefficient(row["alpha"], judged=True),
            nominal=coefficient(row["alpha_nominal"]),
            kappa=coefficient(row["kappa"]),
            percent=percent(row["percent"]),
        )
        for row in data["agreement"]
    ]


def agreement_plot(data: Data) -> IntervalPlot | None:
    rows = [
        Measured(row["label"], row["alpha"]["value"], row["alpha"]["lower"], row["alpha"]["upper"])
        for row in data["agreement"][:MOST_PLOTTED]
        if row["alpha"]["value"] is not None
    ]
    return interval_plot(rows) if rows else None


def clause_lines(data: Data) -> list[ClauseLine]:
    return [
        ClauseLine(
            anchor=row["anchor"],
            label=row["label"],
            n_disputed=row["n_disputed"],
            n_all=row["n_all"],
            of_disputes=percent(row["of_disputes"]),
            of_all=percent(row["of_all"]),
            stands_out=row["stands_out"],
        )
        for row in data["clauses"]["rows"]
    ]


def clause_plot(data: Data) -> IntervalPlot | None:
    rows = [
        Measured(row["label"], *(row["of_disputes"][name] for name in ("value", "lower", "upper")))
        for row in data["clauses"]["rows"][:10]
    ]
    return interval_plot(rows, high=0.0, as_percent=True) if rows else None


def tiles(data: Data, headline: AgreementLine | None) -> list[tuple[str, str, str]]:
    """The figures at the top: what, how much, and a note."""
    found = [("Judgements", f"{data['n_judgements']:,}", "comparisons and rankings")]
    if headline is not None:
        found += [
            ("Agreement", headline.alpha.text, f"alpha: {headline.alpha.word or 'not defined'}"),
            ("Same judgement", headline.percent.text, "of pairs of judgements"),
        ]
    disputes = data["clauses"]
    of_all = f"of {disputes['n_judged']:,} judged"
    return [
        *found,
        ("Disputed tasks", f"{disputes['n_disputed']:,}", of_all),
        ("Left to judge", f"{data['forecast']['n_left']:,}", ""),
    ]


def funnel_plot(data: Data) -> BarPlot:
    return bar_plot([(label, n) for label, n in data["funnel"]])


def day_plot(data: Data) -> ColumnPlot | None:
    days = [(f"{date.fromisoformat(day):%-d %b}", n) for day, n in data["days"]]
    return column_plot(days) if days else None


def forecast_sentence(data: Data) -> str:
    """When nothing will be left at this pace, with its range, or why that cannot be said."""
    found = data["forecast"]
    if not found["n_left"]:
        return "Nothing is left to be judged."
    left = f"{found['n_left']:,} judgement{'' if found['n_left'] == 1 else 's'} left."
    if found["rate"] is None:
        days = found["n_active_days"]
        seen = "no day" if not days else f"only {days} day{'' if days == 1 else 's'}"
        return f"{left} There is too little to forecast from: {seen} with ordinary work so far."
    pace = f"At the pace of the last {found['n_active_days']} active days"
    if found["by"] is None:
        return f"{left} {pace} it would take more than ten years."
    latest = f" and {_day(found['latest'])}" if found["latest"] else " and some far day"
    return (
        f"{left} {pace} it is done by {_day(found['by'])}, "
        f"somewhere between {_day(found['earliest'])}{latest}."
    )


def labeler_lines(data: Data, sort: str) -> list[LabelerLine]:
    """At most MOST_LISTED of them."""
    rows = sorted(data["labelers"], key=lambda row: _place(row, sort))[:MOST_LISTED]
    return [
        LabelerLine(
            pk=row["id"],
            name=row["name"],
            username=row["username"],
            role=row["role"] or "left",
            volume=row["volume"],
            active=duration(row["active"]),
            gold=percent(row["gold"]),
            n_golds=row["n_golds"],
            agreement=percent(row["agreement"]),
            n_compared=row["n_compared"],
            reliability=_share(row["reliability"]),
            attention=_share(row["attention"]),
            lean=_lean(row["lean"]),
        )
        for row in rows
    ]


def matrix(data: Data) -> list[tuple[str, list[MatrixCell]]]:
    """A row a labeler, in the order of the columns."""
    people = data["matrix"]["people"]
    names = {row["id"]: row["name"] for row in data["labelers"]}
    cells = {(row[0], row[1]): row for row in data["matrix"]["cells"]}
    labels = [names.get(pk, "?") for pk in people]
    return [
        (labels[i], [_cell(cells.get((min(i, j), max(i, j))) or cells.get((max(i, j), min(i, j))),
                           labels[i], labels[j], is_self=i == j) for j in range(len(people))])
        for i in range(len(people))
    ]  # fmt: skip


def coefficient(estimate: Data, *, judged: bool = False) -> Shown:
    """Alpha or kappa, with Krippendorff's reading of it where `judged`."""
    value = estimate["value"]
    if value is None:
        return NOTHING
    if estimate["lower"] is None:
        return Shown(_number(value), "", "too few to say" if judged else "", "")
    word, tone = _reading(value) if judged else ("", "")
    interval = f"{_number(estimate['lower'])} to {_number(estimate['upper'])}"
    return Shown(_number(value), interval, word, tone)


def percent(estimate: Data) -> Shown:
    if estimate["value"] is None:
        return NOTHING
    interval = ""
    if estimate["lower"] is not None:
        interval = f"{100 * estimate['lower']:.0f} to {100 * estimate['upper']:.0f} %"
    return Shown(f"{100 * estimate['value']:.0f} %", interval)


def duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    whole = round(seconds)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60:02} s"


def query(filters: Filters, **changes: str) -> dict[str, str]:
    """The fields of the form as they stand, with some changed."""
    fields = {
        "kind": filters.kind,
        "since": filters.since.isoformat() if filters.since else "",
        "until": filters.until.isoformat() if filters.until else "",
        "language": filters.language,
        "tag": filters.tag,
        "labeler": str(filters.labeler or ""),
        **changes,
    }
    return {name: value for name, value in fields.items() if value}


def _reading(alpha: float) -> tuple[str, str]:
    """Krippendorff's own limits for what may be concluded from data."""
    if alpha >= 0.8:
        return "reliable", "good"
    return ("tentative", "warn") if alpha >= 0.667 else ("low", "bad")


def _number(value: float) -> str:
    return written(value, 2)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def _lean(value: float | None) -> str:
    """To which side somebody leans when they do not look; little is not told."""
    if value is None or abs(value - 0.5) < 0.15:
        return ""
    return "leans to A" if value > 0.5 else "leans to B"


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%-d %B %Y}"


def _place(row: Data, sort: str) -> tuple[Any, ...]:
    """The lowest scores first, for they are what one looks for; who has none comes last."""
    if sort == "name":
        return (row["name"].lower(), row["id"])
    if sort in ("gold", "agreement"):
        value = row[sort]["value"]
        return (value is None, value or 0.0, -row["volume"], row["id"])
    if sort in ("reliability", "attention"):
        return (row[sort] is None, row[sort] or 0.0, -row["volume"], row["id"])
    if sort == "active":
        return (row["active"] is None, -(row["active"] or 0.0), row["id"])
    return (-row["volume"], row["id"])


def _cell(cell: Sequence[Any] | None, one: str, other: str, *, is_self: bool) -> MatrixCell:
    if is_self:
        return MatrixCell("", "", "self")
    if cell is None or cell[2] < FEWEST_UNITS:
        n = 0 if cell is None else cell[2]
        return MatrixCell("·", f"{one} and {other}: {n} in common, too few", "")
    _, _, n, share, kappa = cell
    value = kappa["value"]
    if value is None:
        return MatrixCell("–", f"{one} and {other}: {n} in common, all judged alike", "")
    interval = ""
    if kappa["lower"] is not None:
        interval = f" ({_number(kappa['lower'])} to {_number(kappa['upper'])})"
    title = (
        f"{one} and {other}: kappa {_number(value)}{interval}, "
        f"{100 * share['value']:.0f} % the same of {n}"
    )
    return MatrixCell(_number(value), title, _warmth(value))


def _warmth(kappa: float) -> str:
    if kappa >= 0.6:
        return "high"
    if kappa >= 0.4:
        return "middle"
    return "some" if kappa >= 0.2 else "low"
