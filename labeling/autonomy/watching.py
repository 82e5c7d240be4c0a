"""The guard at work: levels whose audited agreement dropped fall back by themselves."""

from django.db import transaction
from django.utils import timezone

from labeling.autonomy.bounds import Agreed, highest
from labeling.autonomy.changing import Cause, bar_of, record_change
from labeling.autonomy.levels import GUARDED, LEVELS
from labeling.autonomy.measuring import Measured, measure
from labeling.autonomy.told import what_fell
from labeling.models import Autonomy, AutonomyChange
from projects.models import Project


def check_all() -> int:
    """Look at every level that rests on a judge; returns how many fell."""
    rows = Autonomy.objects.filter(level__in=GUARDED).order_by("pk")
    return sum(check(autonomy_id=pk) for pk in rows.values_list("pk", flat=True))


def check(*, autonomy_id: int) -> bool:
    """Lower one level as far as its figures ask for; says whether it fell. Idempotent."""
    with transaction.atomic():
        held = Autonomy.objects.select_for_update(of=("self",), no_key=True)
        row = held.select_related("judge", "project").filter(pk=autonomy_id).first()
        if row is None or row.level not in GUARDED:
            return False
        is_retired = row.judge is None or row.judge.retired_at is not None
        measured = Measured([], []) if is_retired else measure(row)
        before, agreed = row.level, measured.at(row.level)
        row.level = highest(
            before, LEVELS[row.kind][0], lambda level: bar_of(row).holds(measured.at(level))
        )
        if row.level == before:
            return False
        row.set_at = timezone.now()
        row.save(update_fields=["level", "set_at"])
        why = "Its judge is retired." if is_retired else what_fell(agreed, bar_of(row))
        told = None if is_retired else Agreed(agreed.agreeing, agreed.n)
        record_change(row, by=None, before=before, agreed=told, cause=Cause.FELL_BACK, why=why)
    return True


def fallen(project: Project) -> AutonomyChange | None:
    """The last fall that no owner has taken note of."""
    rows = AutonomyChange.objects.filter(project=project, cause=Cause.FELL_BACK, seen_at=None)
    return rows.order_by("-pk").first()
