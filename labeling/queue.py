"""Who gets which task next: leases, their renewal and their end."""

import secrets
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from instructions.models import GuidelineVersion
from instructions.publish import current_version
from labeling.models import Assignment, Task
from projects import audit
from projects.access import membership
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Project, User
from projects.text import clean_text

REASON_LIMIT = 200
CANNOT_JUDGE = "cannot judge"

# One statement: walk the partial index of open tasks from where this labeler stopped, pass over
# what others are taking at this moment and what the labeler has had, take one, move the cursor.
# The cost depends on none of: backlog, finished tasks, tasks this labeler has had before.
CLAIM = """
WITH place AS (
    SELECT COALESCE(
        (SELECT seq FROM labeling_queuecursor
         WHERE user_id = %(user)s AND project_id = %(project)s AND kind = %(kind)s), 0) AS seq
), picked AS (
    SELECT task.id, task.seq
    FROM labeling_task task
    WHERE task.is_open AND task.project_id = %(project)s AND task.kind = %(kind)s
      AND task.seq > (SELECT seq FROM place)
      AND NOT EXISTS (
          SELECT 1 FROM labeling_assignment had
          WHERE had.task_id = task.id AND had.labeler_id = %(user)s)
    ORDER BY task.seq
    LIMIT 1
    FOR UPDATE OF task SKIP LOCKED
), taken AS (
    UPDATE labeling_task task
    SET n_assigned = task.n_assigned + 1, is_open = task.n_assigned + 1 < task.overlap
    FROM picked WHERE task.id = picked.id
    RETURNING task.id
), moved AS (
    INSERT INTO labeling_queuecursor (user_id, project_id, kind, seq)
    SELECT %(user)s, %(project)s, %(kind)s, picked.seq FROM picked
    ON CONFLICT ON CONSTRAINT one_cursor_each DO UPDATE SET seq = EXCLUDED.seq
)
SELECT id FROM taken
"""


def claim_next(*, by: User, project: Project, kind: str) -> Assignment | None:
    """Lease the next task of this kind to `by`, or None when there is none for them.

    Work that was begun comes first: an open assignment, then a lapsed one with room left.
    """
    membership(by, project.slug)
    if kind not in Task.Kind.values:
        raise InvalidInput.field("kind", f"must be one of: {', '.join(Task.Kind.values)}")
    version = current_version(project)
    if version is None:
        raise Conflict("This project has no published guideline yet; its owner must publish one.")
    with transaction.atomic():
        # One claim at a time for one person, so that two tabs cannot take two tasks.
        _lock_labeler(by, project)
        begun = _begun(by, project, kind)
        if begun is not None:
            return begun
        task_id = _claim(by, project, kind)
        return None if task_id is None else _assign(by, project, task_id, version)


def assignment_for(user: User, pk: int) -> Assignment:
    """This person's own assignment; anybody else's is not found."""
    found = (
        Assignment.objects.select_related("task__project", "task__prompt", "guideline_version")
        .filter(pk=pk, labeler=user, task__project__memberships__user=user)
        .first()
    )
    if found is None:
        raise NotFound("There is no such task, or it is not yours.")
    return found


def resume(*, by: User, assignment: Assignment) -> Assignment:
    """Take up a lapsed assignment again where its task still has room."""
    with transaction.atomic():
        locked = Assignment.objects.select_for_update().get(pk=assignment.pk, labeler=by)
        if locked.state == Assignment.State.LAPSED:
            _take_back(locked)
        return assignment_for(by, assignment.pk)


def renew(assignment: Assignment) -> None:
    """Extend the lease of somebody who is at work."""
    Assignment.objects.filter(pk=assignment.pk, state=Assignment.State.OPEN).update(
        leased_until=_lease_end(assignment.task.project)
    )


def skip(*, by: User, assignment: Assignment, reason: str = "") -> None:
    """Give a task back for others; this labeler does not get it again."""
    reason = clean_text(reason, field="reason", limit=REASON_LIMIT, required=False).strip()
    with transaction.atomic():
        task = Task.objects.select_for_update().get(pk=assignment.task_id)
        changed = Assignment.objects.filter(
            pk=assignment.pk, labeler=by, state__in=[Assignment.State.OPEN, Assignment.State.LAPSED]
        ).select_for_update()
        current = changed.first()
        if current is None:
            raise Conflict("This task was already finished.")
        if current.state == Assignment.State.OPEN:
            give_back(task)
        changed.update(state=Assignment.State.SKIPPED, skip_reason=reason, ended_at=timezone.now())
        audit.record(verb="task.skipped", by=by, project=task.project, subject=task, reason=reason)


def lapse_expired(*, most: int = 500) -> int:
    """End the leases that ran out, so that others may have the tasks. Drafts stay."""
    with transaction.atomic():
        expired = list(
            Assignment.objects.select_for_update(skip_locked=True)
            .filter(state=Assignment.State.OPEN, leased_until__lt=timezone.now())
            .order_by("task_id")
            .values_list("pk", "task_id")[:most]
        )
        tasks = Task.objects.select_for_update().in_bulk([task_id for _, task_id in expired])
        Assignment.objects.filter(pk__in=[pk for pk, _ in expired]).update(
            state=Assignment.State.LAPSED
        )
        for _, task_id in expired:
            give_back(tasks[task_id])
    return len(expired)


def give_back(task: Task) -> None:
    """Free the place one assignment held. The caller has locked the task."""
    Task.objects.filter(pk=task.pk).update(
        n_assigned=F("n_assigned") - 1, is_open=task.state == Task.State.READY
    )


def counts(project: Project) -> dict[str, dict[str, int]]:
    """How many tasks of each kind are open, waiting for candidates, failed and complete."""
    totals = {kind: dict.fromkeys(("open", *Task.State.values), 0) for kind in Task.Kind.values}
    rows = Task.objects.filter(project=project).values_list("kind", "state", "is_open")
    for kind, state, is_open, number in rows.annotate(number=Count("pk")).order_by():
        totals[kind][state] += number
        totals[kind]["open"] += number if is_open else 0
    return totals


def _lock_labeler(by: User, project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [project.pk, by.pk])


def _begun(by: User, project: Project, kind: str) -> Assignment | None:
    own = Assignment.objects.select_for_update(of=("self",)).filter(
        labeler=by, task__project=project, task__kind=kind
    )
    held = own.filter(state=Assignment.State.OPEN).order_by("pk").first()
    if held is not None:
        renew(held)
        return assignment_for(by, held.pk)
    lapsed = own.filter(
        Q(task__is_open=True), state=Assignment.State.LAPSED, draft_saved_at__isnull=False
    )
    for assignment in lapsed.order_by("pk")[:5]:
        if _take_back(assignment):
            return assignment_for(by, assignment.pk)
    return None


def _take_back(assignment: Assignment) -> bool:
    changed = Task.objects.filter(pk=assignment.task_id, is_open=True).update(
        n_assigned=F("n_assigned") + 1, is_open=Q(n_assigned__lt=F("overlap") - 1)
    )
    if changed:
        Assignment.objects.filter(pk=assignment.pk).update(
            state=Assignment.State.OPEN, leased_until=_lease_end(assignment.task.project)
        )
    return bool(changed)


def _claim(by: User, project: Project, kind: str) -> int | None:
    values = {"user": by.pk, "project": project.pk, "kind": kind}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        row = cursor.fetchone()
        if row is None:
            # The end of the queue: begin again at its front, once.
            cursor.execute(
                "UPDATE labeling_queuecursor SET seq = 0"
                " WHERE user_id = %(user)s AND project_id = %(project)s AND kind = %(kind)s"
                " AND seq > 0",
                values,
            )
            if cursor.rowcount:
                cursor.execute(CLAIM, values)
                row = cursor.fetchone()
    return None if row is None else int(row[0])


def _assign(by: User, project: Project, task_id: int, version: GuidelineVersion) -> Assignment:
    candidates = list(
        Task.objects.get(pk=task_id)
        .candidates.filter(response__isnull=False)
        .order_by("position")
        .values_list("response_id", flat=True)
    )
    secrets.SystemRandom().shuffle(candidates)
    assignment = Assignment.objects.create(
        task_id=task_id,
        labeler=by,
        leased_until=_lease_end(project),
        presented=candidates,
        guideline_version=version,
    )
    return assignment_for(by, assignment.pk)


def _lease_end(project: Project) -> Any:
    return timezone.now() + timedelta(minutes=project.lease_minutes)
