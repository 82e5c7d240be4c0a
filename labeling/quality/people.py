"""The labelers of a project, with what their work looks like beside that of others."""

from collections import Counter
from dataclasses import asdict
from typing import Any

import numpy as np
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Avg, Count, QuerySet

from labeling.models import Comparison, Demonstration, GoldResult, Ranking
from labeling.quality.agreement import wilson
from labeling.quality.filters import Filters
from labeling.quality.fits import Fits
from labeling.quality.rows import Judgements, Table
from projects.models import Membership, Project, TaskKind, User

FEWEST_JUDGEMENTS = 10
"""Below that many, a labeler's reliability is a guess and is not told."""
ROWS: dict[str, Any] = {
    TaskKind.DEMONSTRATION: Demonstration,
    TaskKind.COMPARISON: Comparison,
    TaskKind.RANKING: Ranking,
}


def labelers_of(
    project: Project, filters: Filters, own: Judgements, fits: Fits
) -> list[dict[str, Any]]:
    """Everybody who submitted something, the busiest first."""
    volumes, actives = _work(project, filters)
    golds = _golds(project, filters)
    agreement = agreement_with_others(own.choices if own.choices.unit else own.placings)
    judged = Counter(own.choices.labeler)
    roles = dict(Membership.objects.filter(project=project).values_list("user_id", "role"))
    people = User.objects.in_bulk(sorted(volumes))
    rows = []
    for pk, volume in volumes.items():
        n_compared, share = agreement.get(pk, (0, wilson(0, 0)))
        n_golds, score = golds.get(pk, (0, 0.0))
        is_told = judged[pk] >= FEWEST_JUDGEMENTS
        rows.append(
            {
                "id": pk,
                "name": people[pk].get_full_name() or people[pk].username,
                "username": people[pk].username,
                "role": roles.get(pk, ""),
                "volume": volume,
                "active": actives.get(pk),
                "n_golds": n_golds,
                "gold": asdict(wilson(score * n_golds, n_golds)),
                "n_compared": n_compared,
                "agreement": asdict(share),
                "reliability": fits.reliability.get(pk) if is_told else None,
                "attention": fits.attention.get(pk) if is_told else None,
                "lean": fits.lean.get(pk) if is_told else None,
            }
        )
    if filters.labeler:
        rows = [row for row in rows if row["id"] == filters.labeler]
    return sorted(rows, key=lambda row: (-row["volume"], row["username"]))


def agreement_with_others(table: Table) -> dict[int, tuple[int, Any]]:
    """By labeler: on how many units others judged too, and how many of those said the same.

    A unit counts once, by the share of the others who agree; so somebody who meets many others
    on one unit is not measured by that unit alone.
    """
    if not table.unit:
        return {}
    units = np.unique(table.unit, return_inverse=True)[1]
    values = np.unique(table.value, return_inverse=True)[1]
    people, who = np.unique(table.labeler, return_inverse=True)
    k = int(values.max()) + 1
    counts = np.bincount(units * k + values, minlength=(int(units.max()) + 1) * k)
    size = np.bincount(units)[units]
    same = counts[units * k + values] - 1
    has_others = size > 1
    share = np.divide(same, size - 1, out=np.zeros(len(units)), where=has_others)
    total = np.bincount(who, weights=share, minlength=len(people))
    n = np.bincount(who, weights=has_others, minlength=len(people)).astype(int)
    return {
        int(person): (int(n[i]), wilson(float(total[i]), int(n[i])))
        for i, person in enumerate(people)
    }


def _work(project: Project, filters: Filters) -> tuple[Counter[int], dict[int, float]]:
    """How many tasks each labeler did, and the median of their active seconds."""
    volumes: Counter[int] = Counter()
    seconds: dict[int, list[float]] = {}
    for kind, model in ROWS.items():
        if not filters.allows(kind):
            continue
        rows = _first_rows(model, project, filters).values("labeler_id").order_by("labeler_id")
        found = rows.annotate(n=Count("pk"), times=ArrayAgg("active_seconds"))
        for row in found:
            volumes[row["labeler_id"]] += row["n"]
            known = [t for t in row["times"] if t is not None]
            seconds.setdefault(row["labeler_id"], []).extend(known)
    return volumes, {pk: float(np.median(times)) for pk, times in seconds.items() if times}


def _first_rows(model: Any, project: Project, filters: Filters) -> QuerySet[Any]:
    """A row a task and labeler: corrections and reviewers' rows are no further work of theirs."""
    rows: QuerySet[Any] = model.objects.filter(
        filters.prompts("prompt__"), filters.days("created_at"), supersedes=None
    )
    return rows.filter(prompt__project=project).exclude(assignment__task__kind=TaskKind.REVIEW)


def _golds(project: Project, filters: Filters) -> dict[int, tuple[int, float]]:
    results = GoldResult.objects.filter(
        filters.days("created_at"), filters.prompts("gold__task__prompt__")
    ).filter(gold__task__project=project)
    if filters.kind:
        results = results.filter(gold__task__kind=filters.kind)
    rows = results.values("labeler_id").annotate(n=Count("pk"), score=Avg("score"))
    return {row["labeler_id"]: (row["n"], row["score"]) for row in rows.order_by("labeler_id")}
