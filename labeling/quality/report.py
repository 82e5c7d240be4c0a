"""The quality report of a project: agreement, reliability, consensus, disputed clauses.

Computed in the background when something changed, and stored; pages read the stored row. A look
through filters is computed when it is asked for and kept for a few minutes.
"""

import hashlib
import json
import time
from dataclasses import asdict
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, F, Func, Max, Q
from django.utils import timezone

from labeling.judging.rules import rules_of
from labeling.models import (
    Assignment,
    Comparison,
    Criterion,
    Demonstration,
    GoldResult,
    Prompt,
    QualityReport,
    Ranking,
    Review,
    Task,
    WorkRules,
)
from labeling.quality.agreement import Agreement, Estimate, Level, measure, pairwise, wilson
from labeling.quality.clauses import disputed_clauses, titles_of
from labeling.quality.consensus import UNDECIDED, adjudicated, majority, weighted
from labeling.quality.dashboard import progress_of
from labeling.quality.filters import Filters
from labeling.quality.fits import Fits, reliabilities
from labeling.quality.people import labelers_of
from labeling.quality.rows import (
    N_CLASSES,
    Judgements,
    Table,
    Usable,
    most,
    own_judgements,
    usable_comparisons,
)
from projects.models import AuditEvent, Membership, Project, TaskKind

FORM = 1
"""Counts up when what is stored changes its shape, so that older rows are computed anew."""
KEPT_SECONDS = 300
IN_MATRIX = 12
AT_ONCE = 20_000
MOST_TAGS = 200
IDLE_SHARE = 20
"""Computing may take a twentieth of the time: a report of three seconds comes once a minute."""
Data = dict[str, Any]


def report_of(project: Project, filters: Filters) -> QualityReport | None:
    """What is stored, or, through filters, what is kept for a while. None: not computed yet."""
    stored = QualityReport.objects.filter(project=project).first()
    if stored is None or stored.data.get("form") != FORM:
        return None
    if filters.is_empty:
        return stored
    words = f"{project.pk}:{stored.digest}:{filters.key}"
    key = f"quality:{FORM}:{hashlib.sha256(words.encode()).hexdigest()}"
    data = cache.get(key)
    if data is None:
        data = build(project, filters)
        cache.set(key, data, KEPT_SECONDS)
    return QualityReport(
        project=project, digest=stored.digest, data=data, computed_at=stored.computed_at
    )


def report_now(project: Project, filters: Filters) -> QualityReport | None:
    """As `report_of`; where nothing is stored yet it is computed at once if there is little to
    compute, and otherwise left to the background, which comes by once a minute."""
    found = report_of(project, filters)
    if found is not None:
        return found
    submitted = Assignment.objects.filter(task__project=project)
    if submitted[: AT_ONCE + 1].count() > AT_ONCE or refresh(project) is None:
        return None
    return report_of(project, filters)


def refresh(project: Project) -> QualityReport | None:
    """Compute and store the report where something changed. None: somebody else is at it."""
    QualityReport.objects.get_or_create(project=project, defaults={"digest": ""})
    with transaction.atomic():
        held = (
            QualityReport.objects.select_for_update(skip_locked=True)
            .filter(project=project)
            .first()
        )
        if held is None:
            return None
        digest = digest_of(project)
        if digest != held.digest or held.data.get("form") != FORM:
            started = time.perf_counter()
            held.data = build(project, Filters())
            held.data["seconds"] = round(time.perf_counter() - started, 3)
        held.digest, held.computed_at = digest, timezone.now()
        held.save(update_fields=["digest", "data", "computed_at"])
    return held


def refresh_changed() -> int:
    """Refresh every project in which something was done since, or whose report is not of today;
    returns how many were looked at."""
    rows = {row.project_id: row for row in QualityReport.objects.defer("data")}
    cost = dict(QualityReport.objects.values_list("project_id", "data__seconds"))
    now, n_done = timezone.now(), 0
    for project in Project.objects.filter(tasks__isnull=False).distinct().order_by("pk"):
        row = rows.get(project.pk)
        if row is not None:
            age = (now - row.computed_at).total_seconds()
            events = AuditEvent.objects.filter(project=project, created_at__gte=row.computed_at)
            is_idle = row.computed_at.date() == now.date() and not events.exists()
            if is_idle or age < IDLE_SHARE * (cost.get(project.pk) or 0):
                continue
        n_done += refresh(project) is not None
    return n_done


def digest_of(project: Project) -> str:
    """Of all that the report is made of: how many rows there are and the last of each."""
    inside = Q(prompt__project=project)
    counted: list[Any] = [FORM, timezone.now().date().isoformat()]
    for model in (Comparison, Ranking, Demonstration, Review):
        rows = model._default_manager.filter(inside)
        counted.append(sorted(rows.aggregate(n=Count("pk"), last=Max("pk")).items()))
    golds = GoldResult.objects.filter(gold__task__project=project)
    counted.append(sorted(golds.aggregate(n=Count("pk"), last=Max("pk")).items()))
    tasks = Task.objects.filter(project=project).values_list("kind", "state", "is_disputed")
    counted.append(sorted(map(list, tasks.annotate(n=Count("pk"), last=Max("pk")))))
    counted.append([project.prompts.count(), rules_of(project).consensus])
    counted.append(list(Criterion.objects.filter(project=project).values_list("pk").order_by("pk")))
    return hashlib.sha256(json.dumps(counted, default=str).encode()).hexdigest()


def build(project: Project, filters: Filters) -> Data:
    """The whole report as plain data."""
    own, used = own_judgements(project, filters), usable_comparisons(project, filters)
    fits = reliabilities(own)
    pairs = pairwise(own.choices.unit, own.choices.labeler, own.choices.value)
    if not own.choices.unit:
        pairs = pairwise(own.placings.unit, own.placings.labeler, own.placings.value)
    labelers = labelers_of(project, filters, own, fits)
    return {
        "form": FORM,
        "n_judgements": own.n_rows,
        "cut_at": most(filters) if own.is_cut else None,
        "agreement": agreement_rows(project, own),
        "clauses": disputed_clauses(project, own, filters),
        "labelers": labelers,
        "matrix": _matrix(labelers, pairs),
        "consensus": _consensus(project, used, fits),
        **progress_of(project, filters),
        **_choices(project),
    }


def _choices(project: Project) -> Data:
    """What there is to filter by."""
    prompts = Prompt.objects.filter(project=project)
    languages = prompts.exclude(language="").values_list("language", flat=True)
    tags = prompts.annotate(tag=Func(F("tags"), function="unnest")).values_list("tag", flat=True)
    people = Membership.objects.filter(project=project).select_related("user")
    return {
        "languages": list(languages.distinct().order_by("language")),
        "tags": list(tags.distinct().order_by("tag")[:MOST_TAGS]),
        "people": [
            [member.user_id, member.user.get_full_name() or member.user.username]
            for member in people.order_by("user__username")
        ],
    }


def agreement_rows(project: Project, own: Judgements) -> list[Data]:
    """Agreement of everything, then by criterion, language and clause."""
    rows = []
    if own.choices.unit:
        rows.append(_comparisons("kind", TaskKind.COMPARISON, "Comparisons", own, None))
    if own.placings.unit:
        rows.append(_row("kind", TaskKind.RANKING, "Rankings", own.placings, "ordinal"))
    for criterion in Criterion.objects.filter(project=project).order_by("position", "pk"):
        table = own.marks.get(criterion.key)
        if table is not None:
            rows.append(_row("criterion", criterion.key, criterion.name, table, "ordinal"))
    languages = sorted(set(own.language_of.values()))
    if len(languages) > 1:
        for language in languages:
            tasks = {task for task, spoken in own.language_of.items() if spoken == language}
            label = language or "no language said"
            rows.append(_slice("language", language, label, own, tasks))
    titles = titles_of(project)
    for anchor, tasks in sorted(own.cites.items(), key=lambda item: (-len(item[1]), item[0])):
        if anchor in titles:
            rows.append(_slice("clause", anchor, titles[anchor], own, tasks))
    return rows


def _slice(group: str, key: str, label: str, own: Judgements, tasks: set[int]) -> Data:
    """Comparisons where there are any among these tasks, otherwise rankings."""
    if any(task in tasks for task in own.choices.task):
        return _comparisons(group, key, label, own, tasks)
    return _row(group, key, label, own.placings.of_tasks(tasks), "ordinal")


def _comparisons(group: str, key: str, label: str, own: Judgements, tasks: set[int] | None) -> Data:
    """Alpha of the preferences, everything else of the four choices."""
    choices, preferences = own.choices, own.preferences
    if tasks is not None:
        choices, preferences = choices.of_tasks(tasks), preferences.of_tasks(tasks)
    row = _row(group, key, label, choices, "nominal")
    ordinal = measure(preferences.unit, preferences.value, level="ordinal")
    row["alpha"] = asdict(ordinal.alpha)
    return row


def _row(group: str, key: str, label: str, table: Table, level: Level) -> Data:
    found = measure(table.unit, table.value, level=level, clusters=table.task)
    return {"group": group, "key": key, "label": label, **_plain(found)}


def _plain(found: Agreement) -> Data:
    return asdict(found)


def _matrix(labelers: list[Data], pairs: list[Any]) -> Data:
    """Who agrees with whom, for those who judged most."""
    busiest = [row["id"] for row in labelers if row["n_compared"]][:IN_MATRIX]
    places = {person: place for place, person in enumerate(busiest)}
    cells = [
        [places[p.first], places[p.second], p.n_units, asdict(p.percent), asdict(p.kappa)]
        for p in pairs
        if p.first in places and p.second in places
    ]
    return {"people": busiest, "cells": cells}


def _consensus(project: Project, used: Usable, fits: Fits) -> Data:
    """What the judgements come to under the project's rule, and under the other two."""
    table = used.choices
    values = np.array(table.value, dtype=np.int64)
    known = list(fits.reliability.values())
    # A reviewer who judged nothing as a labeler counts like the middle labeler.
    middle = float(np.median(known)) if known else 0.8
    trust = [fits.reliability.get(person, middle) for person in table.labeler]
    rules = {
        WorkRules.Consensus.MAJORITY: majority(table.unit, values, n_classes=N_CLASSES),
        WorkRules.Consensus.WEIGHTED: weighted(table.unit, values, trust, n_classes=N_CLASSES),
        WorkRules.Consensus.ADJUDICATED: adjudicated(
            table.unit, values, used.settled, n_classes=N_CLASSES
        ),
    }
    chosen = rules[WorkRules.Consensus(rules_of(project).consensus)]
    n_units = len(chosen.units)
    others = [
        {
            "rule": rule.value,
            "label": str(rule.label),
            "n_decided": n_units - found.n_undecided,
            "n_undecided": found.n_undecided,
            "n_other": _n_other(chosen.values, found.values),
        }
        for rule, found in rules.items()
    ]
    shares = asdict(wilson(n_units - chosen.n_undecided, n_units)) if n_units else asdict(
        Estimate(None)
    )  # fmt: skip
    return {
        "rule": rules_of(project).consensus,
        "n_units": n_units,
        "n_settled": len(used.settled),
        "decided": shares,
        "mean_share": float(chosen.shares.mean()) if n_units else None,
        "rules": others,
    }


def _n_other(one: Any, other: Any) -> int:
    """Units that both decide, differently."""
    both = (one != UNDECIDED) & (other != UNDECIDED)
    return int((both & (one != other)).sum())
