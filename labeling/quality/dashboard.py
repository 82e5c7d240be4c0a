"""How far a project is: the funnel, the backlog, the pace, and when it may be done."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median, quantiles
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from labeling.models import (
    Assignment,
    Comparison,
    Demonstration,
    Lane,
    Prompt,
    Ranking,
    Review,
    Task,
)
from labeling.quality.filters import Filters
from labeling.reviewing.verdicts import usable
from projects.models import Project, TaskKind

ACTIVE_DAYS = 14
FEWEST_DAYS = 3
FARTHEST_DAYS = 3_650
SHOWN_DAYS = 30
WAITING = (Task.State.READY, Task.State.DRAWING, Task.State.SET_ASIDE, Task.State.FAILED)
MODELS: dict[str, Any] = {
    TaskKind.DEMONSTRATION: Demonstration,
    TaskKind.COMPARISON: Comparison,
    TaskKind.RANKING: Ranking,
}


@dataclass(frozen=True)
class Forecast:
    """Days from now until nothing is left at the pace of the last active days, with a range.

    Without dates there is nothing to do or too little to say; `rate` is submissions a calendar
    day.
    """

    n_left: int
    n_active_days: int
    rate: float | None = None
    by: date | None = None
    earliest: date | None = None
    latest: date | None = None


def progress_of(project: Project, filters: Filters) -> dict[str, Any]:
    """Plain data: funnel, kinds, backlog, days, forecast."""
    days = _days(project, filters)
    kinds = _kinds(project, filters)
    n_left = sum(row["n_places"] - row["n_submitted"] for row in kinds if row["kind"] != "review")
    today = timezone.now().date()
    found = forecast(days, n_left=n_left, today=today)
    return {
        "funnel": _funnel(project, filters),
        "kinds": kinds,
        "backlog": _backlog(project, filters),
        "days": [[day.isoformat(), n] for day, n in _filled(days, today)],
        "forecast": {
            "n_left": found.n_left,
            "n_active_days": found.n_active_days,
            "rate": found.rate,
            **{name: _iso(getattr(found, name)) for name in ("by", "earliest", "latest")},
        },
    }


def forecast(days: Sequence[tuple[date, int]], *, n_left: int, today: date) -> Forecast:
    """From the submissions of each day on which there were any, in order of time.

    The pace is the median of the last fourteen such days, spread over the calendar as they were;
    the range comes from their quartiles. Today is left out: it is not over. So is a day on which
    more than half of everything came: that is an import, not a pace.
    """
    total = sum(n for _, n in days)
    active = [(day, n) for day, n in days if day < today and n * 2 <= total][-ACTIVE_DAYS:]
    if n_left <= 0 or len(active) < FEWEST_DAYS:
        return Forecast(max(n_left, 0), len(active))
    span = (active[-1][0] - active[0][0]).days + 1
    share = len(active) / span
    counts = [n for _, n in active]
    slow, _, fast = quantiles(counts, n=4, method="inclusive")
    return Forecast(
        n_left=n_left,
        n_active_days=len(active),
        rate=round(median(counts) * share, 2),
        by=_after(today, n_left, median(counts) * share),
        earliest=_after(today, n_left, fast * share),
        latest=_after(today, n_left, slow * share),
    )


def _after(today: date, n_left: int, rate: float) -> date | None:
    """None for what lies too far away to be said."""
    needed = math.ceil(n_left / rate) if rate > 0 else FARTHEST_DAYS + 1
    return today + timedelta(days=needed) if needed <= FARTHEST_DAYS else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _tasks(project: Project, filters: Filters) -> QuerySet[Task]:
    tasks = Task.objects.filter(filters.prompts("prompt__"), project=project)
    return tasks.filter(kind=filters.kind) if filters.kind else tasks


def _funnel(project: Project, filters: Filters) -> list[list[Any]]:
    """Prompts, and how many of them got how far."""
    prompts = Prompt.objects.filter(filters.prompts(), project=project)
    answered, exportable = Q(), Q()
    for kind, model in MODELS.items():
        if filters.allows(kind):
            rows = model.objects.filter(filters.days("created_at"), prompt=OuterRef("pk"))
            answered |= Q(Exists(rows))
            exportable |= Q(Exists(usable(rows)))
    accepted = Review.objects.filter(filters.days("created_at"), prompt=OuterRef("pk")).exclude(
        verdict=Review.Verdict.RETURN
    )
    never = Q(pk__in=[])
    counted = prompts.aggregate(
        n=Count("pk"),
        answered=Count("pk", filter=answered or never),
        reviewed=Count("pk", filter=Q(Exists(accepted))),
        exportable=Count("pk", filter=exportable or never),
    )
    return [
        ["Prompts", counted["n"]],
        ["Answered", counted["answered"]],
        ["Reviewed", counted["reviewed"]],
        ["Exportable", counted["exportable"]],
    ]


def _kinds(project: Project, filters: Filters) -> list[dict[str, Any]]:
    """Places of the tasks of each kind: how many there are, are taken, are left."""
    rows = (
        _tasks(project, filters)
        .filter(lane__is_gold=False)
        .exclude(state=Task.State.RETIRED)
        .values("kind")
        .annotate(
            n_tasks=Count("pk"),
            n_places=Sum("overlap"),
            n_submitted=Sum("n_submitted"),
            n_disputed=Count("pk", filter=Q(is_disputed=True)),
            n_stuck=Count("pk", filter=Q(state__in=(Task.State.SET_ASIDE, Task.State.FAILED))),
        )
    )
    found = {row["kind"]: row for row in rows}
    return [
        {**found[kind.value], "label": str(kind.label)} for kind in TaskKind if kind.value in found
    ]


def _backlog(project: Project, filters: Filters) -> list[dict[str, Any]]:
    """Submissions still to be made, by kind and priority, the most urgent first."""
    waiting = _tasks(project, filters).filter(lane__is_gold=False, state__in=WAITING)
    rows = (
        waiting.values("kind", "lane__priority")
        .annotate(
            n=Sum(F("overlap") - F("n_submitted")),
            n_tasks=Count("pk"),
            n_open=Count("pk", filter=Q(is_open=True)),
            n_drawing=Count("pk", filter=Q(state=Task.State.DRAWING)),
            n_stuck=Count("pk", filter=Q(state__in=(Task.State.SET_ASIDE, Task.State.FAILED))),
        )
        .order_by("kind", "-lane__priority")
    )
    labels = dict(TaskKind.choices)
    return [
        {
            "kind": labels[row["kind"]],
            "priority": str(Lane.Priority(row["lane__priority"]).label),
            **{name: row[name] for name in ("n", "n_tasks", "n_open", "n_drawing", "n_stuck")},
        }
        for row in rows
    ]


def _days(project: Project, filters: Filters) -> list[tuple[date, int]]:
    """Submissions a day, reviews left out, on every day on which there were any."""
    done = Assignment.objects.filter(
        filters.prompts("task__prompt__"),
        filters.days("ended_at"),
        task__project=project,
        state__in=(Assignment.State.SUBMITTED, Assignment.State.REOPENED),
        ended_at__isnull=False,
    )
    if filters.kind:
        done = done.filter(task__kind=filters.kind)
    else:
        done = done.exclude(task__kind=TaskKind.REVIEW)
    if filters.labeler:
        done = done.filter(labeler=filters.labeler)
    rows = done.annotate(day=TruncDate("ended_at")).values("day").annotate(n=Count("pk"))
    return list(rows.order_by("day").values_list("day", "n"))


def _filled(days: Sequence[tuple[date, int]], today: date) -> list[tuple[date, int]]:
    """The last thirty days, those without work too; earlier ones where nothing is more recent."""
    if not days:
        return []
    last = today if days[-1][0] > today - timedelta(days=SHOWN_DAYS) else days[-1][0]
    known = dict(days)
    shown = [last - timedelta(days=back) for back in range(SHOWN_DAYS - 1, -1, -1)]
    return [(day, known.get(day, 0)) for day in shown]
