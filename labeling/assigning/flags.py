"""Tasks that are not as they should be: flagged by a labeler, settled by the project's staff."""

from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from labeling.assigning.candidates import draw_again
from labeling.assigning.places import put_back, set_aside
from labeling.assigning.queue import hold
from labeling.judging.standing import require_unfinished
from labeling.models import Assignment, Flag, Gold, Task
from projects import audit
from projects.access import STAFF, membership
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Project, User
from projects.text import clean_text

NOTE_LIMIT = 1_000
SKIPPED = "skipped"
FAILED = "failed"
FILTERS = (*Flag.Reason.values, SKIPPED, FAILED)


def flag(*, by: User, assignment: Assignment, reason: str, note: str = "") -> Flag:
    """Say that a task is not as it should be. It is set aside until somebody settles it.

    Its place is free again, and this labeler does not get it again. Twice is once.
    """
    _require_one_of("reason", reason, Flag.Reason.values)
    note = clean_text(note, field="note", limit=NOTE_LIMIT, required=False).strip()
    with transaction.atomic():
        held = hold(by=by, assignment=assignment)
        earlier = Flag.objects.filter(assignment=held).first()
        if earlier is not None:
            return earlier
        if held.state == Assignment.State.REOPENED:
            raise Conflict("This task was already submitted.")
        require_unfinished(held)
        set_aside(held.task_id, is_leased=held.state == Assignment.State.OPEN)
        held.state, held.ended_at = Assignment.State.FLAGGED, timezone.now()
        held.save(update_fields=["state", "ended_at"])
        made = Flag.objects.create(task=held.task, assignment=held, by=by, reason=reason, note=note)
        audit.record(
            verb="task.flagged",
            by=by,
            project=held.task.project,
            subject=held.task,
            reason=reason,
        )
    return made


def resolve(*, by: User, flag: Flag, outcome: str) -> Flag:
    """Settle the task of this flag; the other open flags on it are resolved with it."""
    if flag.resolved_at is None:
        settle(by=by, task=flag.task, outcome=outcome)
        flag.refresh_from_db()
    else:
        membership(by, flag.task.project.slug, roles=STAFF)
    return flag


def settle(*, by: User, task: Task, outcome: str) -> Task:
    """What becomes of a task that was flagged, skipped too often, or could not be drawn.

    Back to the queue, its candidates drawn again, or retired. What was judged before stands.
    """
    membership(by, task.project.slug, roles=STAFF)
    _require_one_of("outcome", outcome, Flag.Outcome.values)
    with transaction.atomic():
        held = Task.objects.select_for_update().select_related("project").get(pk=task.pk)
        is_flagged = Flag.objects.filter(task=held, resolved_at=None).exists()
        if not is_flagged and held.state not in (Task.State.SET_ASIDE, Task.State.FAILED):
            raise Conflict("This task was settled already.")
        match Flag.Outcome(outcome):
            case Flag.Outcome.QUEUED:
                _queue_again(held)
            case Flag.Outcome.DRAWN_AGAIN:
                draw_again(by=by, task=held)
            case Flag.Outcome.RETIRED:
                _retire(held)
        Flag.objects.filter(task=held, resolved_at=None).update(
            resolved_at=timezone.now(), resolved_by=by, outcome=outcome
        )
        audit.record(
            verb="task.settled", by=by, project=held.project, subject=held, outcome=outcome
        )
    return held


def waiting(project: Project, *, only: str = "") -> QuerySet[Task]:
    """The tasks that wait for staff, the longest first; `only` is one of FILTERS, or all."""
    flags = Flag.objects.filter(task=OuterRef("pk"), resolved_at=None)
    found = Task.objects.filter(project=project)
    if only in Flag.Reason.values:
        return found.filter(Exists(flags.filter(reason=only))).order_by("pk")
    if only == FAILED:
        return found.filter(state=Task.State.FAILED).order_by("pk")
    if only == SKIPPED:
        return found.filter(~Exists(flags), state=Task.State.SET_ASIDE).order_by("pk")
    is_left = Q(state__in=(Task.State.SET_ASIDE, Task.State.FAILED))
    return found.filter(is_left | Q(Exists(flags))).order_by("pk")


def waiting_task(user: User, project: Project, pk: int) -> Task:
    """One task of this project for its staff; anything else is not found."""
    membership(user, project.slug, roles=STAFF)
    found = Task.objects.select_related("project").filter(project=project, pk=pk).first()
    if found is None:
        raise NotFound("There is no such task in this project.")
    return found


def _queue_again(task: Task) -> None:
    if task.state == Task.State.FAILED:
        raise Conflict("This task has no candidates to judge; have them drawn again.")
    if task.state == Task.State.SET_ASIDE:
        task.n_skipped = 0
        task.save(update_fields=["n_skipped"])
        put_back(task)


def _retire(task: Task) -> None:
    task.state, task.is_open = Task.State.RETIRED, False
    task.save(update_fields=["state", "is_open"])
    Gold.objects.filter(task=task, retired_at=None).update(retired_at=timezone.now())


def _require_one_of(field: str, value: Any, allowed: list[str]) -> None:
    if not isinstance(value, str) or value not in allowed:
        raise InvalidInput.field(field, f"must be one of: {', '.join(allowed)}")
