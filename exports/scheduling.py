"""Exports that saved recipes make by themselves."""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from exports.due import next_due
from exports.models import Export, SavedRecipe, Schedule
from exports.recipe import read
from exports.snapshots.requests import request_export
from projects import audit
from projects.access import STAFF, membership
from projects.checks import check_all, number_from, one_of, yes_or_no
from projects.errors import NotFound, TouchstoneError
from projects.models import User

logger = logging.getLogger(__name__)

PROBLEM_LIMIT = 500
LAST_HOUR = 23
LAST_WEEKDAY = 6


def set_schedule(
    *, by: User, saved: SavedRecipe, every: Any, weekday: Any = 0, hour: Any = 3, is_on: Any = True
) -> Schedule:
    """Export by this recipe from now on: at `hour` UTC every day, on `weekday` (0 is Monday) of
    every week, or on the first of every month. Exports are asked for by whoever set it last."""
    membership(by, saved.project.slug, roles=STAFF)
    clean = check_all(
        {
            "every": lambda: one_of(every, Schedule.Every.values, field="every"),
            "weekday": lambda: number_from(weekday, 0, LAST_WEEKDAY, field="weekday"),
            "hour": lambda: number_from(hour, 0, LAST_HOUR, field="hour"),
            "is_on": lambda: yes_or_no(is_on, field="is_on"),
        }
    )
    now = timezone.now()
    times = {"weekday": clean["weekday"], "hour": clean["hour"]}
    due = next_due(clean["every"], after=now, **times)
    with transaction.atomic():
        _hold(saved)
        changed = {"next_at": due, "by": by, "problem": "", "changed_at": now}
        schedule, _ = Schedule.objects.update_or_create(recipe=saved, defaults=clean | changed)
        _record("schedule.set", by, saved, **clean)
    return schedule


def remove_schedule(*, by: User, saved: SavedRecipe) -> None:
    """One that is not there is as good as removed."""
    membership(by, saved.project.slug, roles=STAFF)
    with transaction.atomic():
        _hold(saved)
        n_gone, _ = Schedule.objects.filter(recipe=saved).delete()
        if n_gone:
            _record("schedule.removed", by, saved)


def ask_for_due() -> int:
    """Ask for the exports that are due; returns how many were asked for. What was missed while
    nobody looked is made up for once. Of two at the same time, each export is asked for by one."""
    now = timezone.now()
    due = Schedule.objects.filter(is_on=True, next_at__lte=now).order_by("next_at", "pk")
    return sum(_ask(schedule, now) for schedule in due.select_related("recipe__project", "by"))


def _ask(schedule: Schedule, now: datetime) -> bool:
    times = {"weekday": schedule.weekday, "hour": schedule.hour}
    after = next_due(schedule.every, after=now, **times)
    try:
        with transaction.atomic():
            mine = Schedule.objects.filter(pk=schedule.pk, is_on=True, next_at=schedule.next_at)
            if not mine.update(next_at=after, last_asked_at=now):
                return False
            export = _requested(schedule)
            Schedule.objects.filter(pk=schedule.pk).update(last_export=export)
    except TouchstoneError as error:
        _turn_off(schedule, str(error))
        return False
    return True


def _requested(schedule: Schedule) -> Export:
    saved = SavedRecipe.objects.select_related("project").get(pk=schedule.recipe_id)
    return request_export(
        by=schedule.by, project=saved.project, recipe=read(saved.data), recipe_of=saved
    )


def _turn_off(schedule: Schedule, problem: str) -> None:
    """Whoever set it has left, or the recipe asks for what there is no more: people must look."""
    logger.warning("schedule %s is off: %s", schedule.pk, problem)
    with transaction.atomic():
        mine = Schedule.objects.filter(pk=schedule.pk, is_on=True, next_at=schedule.next_at)
        if mine.update(is_on=False, problem=problem[:PROBLEM_LIMIT]):
            _record("schedule.stopped", None, schedule.recipe, problem=problem[:PROBLEM_LIMIT])


def _hold(saved: SavedRecipe) -> None:
    if not SavedRecipe.objects.select_for_update().filter(pk=saved.pk).exists():
        raise NotFound("This recipe was deleted meanwhile.")


def _record(verb: str, by: User | None, saved: SavedRecipe, **detail: Any) -> None:
    audit.record(verb=verb, by=by, project=saved.project, subject=saved, name=saved.name, **detail)
