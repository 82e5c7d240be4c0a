"""Levels set by a project's owners: lowered at any time, raised where the guard allows it."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling.autonomy.bounds import Agreed, Bar
from labeling.autonomy.levels import (
    FIRST_DRAFTS,
    GUARDED,
    LEVELS,
    Level,
    autonomy_of,
    clean_kind,
    clean_level,
    level_of,
)
from labeling.autonomy.measuring import Measured, measure
from labeling.autonomy.told import what_is_missing
from labeling.drafting.rules import change_drafting_rules, drafting_rules_of
from labeling.machine.judges import judge_of
from labeling.models import Autonomy, AutonomyChange, Judge, Task
from projects import audit
from projects.access import OWNERS, membership
from projects.checks import check_all, number_from
from projects.errors import Conflict, InvalidInput
from projects.models import Project, User

BIGGEST_KEY = 10**9 - 1
RANGES = {
    "bar_percent": (50, 99),
    "fewest": (20, 5_000),
    "audit_percent": (1, 100),
    "sure_percent": (0, 100),
}
Cause = AutonomyChange.Cause


def change_autonomy(
    *, by: User, project: Project, kind: Any, level: Any = None, judge: Any = None, **terms: Any
) -> Autonomy:
    """Set the level of a kind, its judge (by key) or its terms, those of RANGES; what is None
    stays as it is.

    Raises Conflict where a judge is to be relied on and its audited agreement is not above the
    bar; to lower is always allowed.
    """
    membership(by, project.slug, roles=OWNERS)
    kind = clean_kind(kind)
    wanted = None if level is None else clean_level(kind, level)
    clean = check_all({name: _check(name, value) for name, value in terms.items()})
    found = None if judge in (None, "") else _judge(project, judge)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        row, before = autonomy_of(project, kind), level_of(project, kind)
        has_new_judge = found is not None and found.pk != row.judge_id
        row.judge = found or row.judge
        for name, value in clean.items():
            setattr(row, name, value)
        after = before if wanted is None else wanted
        measured = measure(row) if after in GUARDED or before in GUARDED else None
        if after in GUARDED and (after > before or has_new_judge):
            _require_allowed(row, after, measured)
        _write(row, by=by, before=before, after=after, measured=measured, changed=clean)
        if kind == Task.Kind.DEMONSTRATION:
            _draft(by, project, before, after)
    return row


def take_note(*, by: User, project: Project) -> int:
    """An owner has read that levels fell back; returns of how many."""
    membership(by, project.slug, roles=OWNERS)
    fallen = AutonomyChange.objects.filter(project=project, cause=Cause.FELL_BACK, seen_at=None)
    with transaction.atomic():
        number = fallen.update(seen_at=timezone.now())
        if number:
            audit.record(verb="autonomy.noted", by=by, project=project, subject=project)
    return number


def bar_of(row: Autonomy) -> Bar:
    return Bar(row.bar_percent / 100, row.fewest)


def record_change(
    row: Autonomy, *, by: User | None, before: int, agreed: Agreed | None, cause: str, why: str = ""
) -> None:
    """The change and its audit row; call in the transaction that writes the level."""
    figures = {"bar": row.bar_percent / 100, "fewest": row.fewest} if agreed else {}
    if agreed is not None:
        figures |= {"n": agreed.n, "agreeing": agreed.agreeing}
        figures |= {"low": round(agreed.low, 4), "high": round(agreed.high, 4)}
        figures |= {"judge": row.judge_id or 0}
    AutonomyChange.objects.create(
        project_id=row.project_id,
        kind=row.kind,
        from_level=before,
        to_level=row.level,
        cause=cause,
        reason=why[:300],
        figures=figures,
        by=by,
    )
    audit.record(
        verb=f"autonomy.{cause}",
        by=by,
        project=row.project,
        subject=row,
        kind=row.kind,
        before=before,
        after=row.level,
        **figures,
    )


def _write(
    row: Autonomy,
    *,
    by: User,
    before: int,
    after: int,
    measured: Measured | None,
    changed: dict[str, Any],
) -> None:
    row.level, row.set_by, row.set_at = after, by, timezone.now()
    row.save()
    if after != before:
        cause = Cause.RAISED if after > before else Cause.LOWERED
        by_level = after if after > before else before
        guarded = measured is not None and by_level in GUARDED
        agreed = measured.at(by_level) if guarded and measured else None
        record_change(row, by=by, before=before, agreed=agreed, cause=cause)
        return
    audit.record(
        verb="autonomy.set",
        by=by,
        project=row.project,
        subject=row,
        kind=row.kind,
        judge=row.judge_id,
        **changed,
    )


def _require_allowed(row: Autonomy, level: int, measured: Measured | None) -> None:
    if row.judge is None:
        raise InvalidInput.field("judge", "choose the judge whose proposals people are to confirm")
    if row.judge.retired_at is not None:
        raise InvalidInput.field("judge", "is retired; choose another")
    for each in GUARDED:
        agreed = measured.at(each) if measured else Agreed(0, 0)
        if each <= level and not bar_of(row).allows(agreed):
            words = what_is_missing(agreed, bar_of(row), is_sure_only=each == Level.AUDIT)
            raise Conflict(f"Level {int(each)} is not open yet: it {words}")


def _draft(by: User, project: Project, before: int, after: int) -> None:
    """Drafts are drawn from level 2 on, and not below."""
    if before == after:
        return
    n_drafts = drafting_rules_of(project).n_drafts
    wanted = 0 if after == LEVELS[Task.Kind.DEMONSTRATION][0] else n_drafts or FIRST_DRAFTS
    if wanted != n_drafts:
        change_drafting_rules(by=by, project=project, n_drafts=wanted)


def _judge(project: Project, value: Any) -> Judge:
    pk = number_from(value, 1, BIGGEST_KEY, field="judge")
    found = Judge.objects.filter(project=project, pk=pk).first()
    if found is None:
        raise InvalidInput.field("judge", "must be a judge of this project")
    return judge_of(project, found.pk)


def _check(name: str, value: Any) -> Any:
    if name not in RANGES:
        return lambda: _refuse(name)
    return lambda: number_from(value, *RANGES[name], field=name)


def _refuse(name: str) -> None:
    raise InvalidInput.field(name, "is not a term of autonomy")
