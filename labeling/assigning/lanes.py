"""The lanes tasks wait in, who may walk them, and how tasks change lanes.

A member may walk the lanes whose language they know and whose skills they all have (see
`Labeler`); urgent lanes come first. The walk itself is in claiming.py.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from labeling.models import Lane, Task
from projects import audit
from projects.access import STAFF, membership
from projects.errors import InvalidInput
from projects.models import Project, User
from projects.text import clean_name

LANGUAGE_LIMIT = 16
SKILL_LIMIT = 40
MOST_SKILLS = 20
BATCH = 2_000


def lane_for(
    *,
    project: Project,
    kind: str,
    priority: int = Lane.Priority.NORMAL,
    language: str = "",
    skills: Iterable[str] = (),
    is_gold: bool = False,
) -> Lane:
    """The lane of such tasks; it is made when the first of them comes."""
    lane, _ = Lane.objects.get_or_create(
        project=project,
        kind=kind,
        priority=priority,
        language=language,
        skills=sorted(set(skills)),
        is_gold=is_gold,
    )
    return lane


def move_tasks(
    *,
    by: User,
    project: Project,
    tasks: Iterable[Task],
    priority: int | None = None,
    language: str | None = None,
    skills: Sequence[str] | None = None,
) -> int:
    """Give these tasks another priority, language or skills; what is None stays as it is.

    Returns how many moved. Those who have one of them now go on with it.
    """
    membership(by, project.slug, roles=STAFF)
    changes = _changes(priority, language, skills)
    wanted = sorted(task.pk for task in tasks)
    n_moved = 0
    with transaction.atomic():
        for start in range(0, len(wanted), BATCH):
            moved = _move(project, wanted[start : start + BATCH], changes)
            audit.record_each(
                verb="task.moved", by=by, project=project, kind="task", keys=moved, **changes
            )
            n_moved += len(moved)
        audit.record(
            verb="tasks.moved", by=by, project=project, subject=project, tasks=n_moved, **changes
        )
    return n_moved


def clean_language(value: Any, *, field: str = "language") -> str:
    """A language as “de” or “pt-br”, in small letters; empty: anybody's."""
    return clean_name(value, field=field, limit=LANGUAGE_LIMIT, required=False).lower()


def clean_skills(value: Any, *, field: str = "skills") -> list[str]:
    """Skills without repeats, sorted."""
    if not isinstance(value, list | tuple) or len(value) > MOST_SKILLS:
        raise InvalidInput.field(field, f"must be a list of at most {MOST_SKILLS} skills")
    return sorted({clean_name(skill, field=field, limit=SKILL_LIMIT) for skill in value})


def _changes(priority: Any, language: Any, skills: Any) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if priority is not None:
        is_whole = isinstance(priority, int) and not isinstance(priority, bool)
        if not is_whole or priority not in Lane.Priority.values:
            allowed = ", ".join(f"{p.value} ({p.label.lower()})" for p in Lane.Priority)
            raise InvalidInput.field("priority", f"must be one of: {allowed}")
        changes["priority"] = int(priority)
    if language is not None:
        changes["language"] = clean_language(language)
    if skills is not None:
        changes["skills"] = clean_skills(skills)
    if not changes:
        raise InvalidInput.field("priority", "name a priority, a language or skills to move to")
    return changes


def _move(project: Project, pks: list[int], changes: dict[str, Any]) -> list[int]:
    # Locked in the order of the keys, as wherever several tasks are, so that none wait in a ring.
    held = list(
        Task.objects.select_for_update()
        .filter(project=project, pk__in=pks)
        .order_by("pk")
        .values_list("pk", "lane_id")
    )
    lanes = Lane.objects.in_bulk({lane_id for _, lane_id in held})
    moved: list[int] = []
    for lane_id, lane in lanes.items():
        now: dict[str, Any] = {
            "priority": lane.priority,
            "language": lane.language,
            "skills": lane.skills,
        } | changes
        target = lane_for(project=project, kind=lane.kind, is_gold=lane.is_gold, **now)
        if target.pk != lane_id:
            leaving = [pk for pk, lane_of in held if lane_of == lane_id]
            Task.objects.filter(pk__in=leaving).update(lane=target)
            moved += leaving
    return moved
