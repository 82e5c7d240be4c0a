"""Who gets which task next: leases, their renewal and their end."""

import secrets
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Case, Count, F, QuerySet, When
from django.utils import timezone

from instructions.models import GuidelineVersion
from instructions.publish import current_version
from labeling.lanes import lanes_open_to
from labeling.models import Assignment, Lane, Task
from projects import audit
from projects.access import membership
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Membership, Project, User
from projects.text import clean_text

REASON_LIMIT = 200
CANNOT_JUDGE = "cannot judge"
UNFINISHED = (Assignment.State.OPEN, Assignment.State.LAPSED)
WITH_ITS_TASK = ("task__project", "task__prompt", "guideline_version", "labeler")

# One statement: walk the partial index of open tasks from where this labeler stopped, pass over
# what others are taking at this moment and what the labeler has had, take one, move the cursor.
# The cost depends on none of: backlog, finished tasks, tasks this labeler has had before.
CLAIM = """
WITH place AS (
    SELECT COALESCE(
        (SELECT seq FROM labeling_queuecursor
         WHERE user_id = %(user)s AND lane_id = %(lane)s), 0) AS seq
), picked AS (
    SELECT task.id, task.seq
    FROM labeling_task task
    WHERE task.is_open AND task.lane_id = %(lane)s
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
    INSERT INTO labeling_queuecursor (user_id, lane_id, seq)
    SELECT %(user)s, %(lane)s, picked.seq FROM picked
    ON CONFLICT ON CONSTRAINT one_cursor_each DO UPDATE SET seq = EXCLUDED.seq
)
SELECT id FROM taken
"""


def claim_next(*, by: User, project: Project, kind: str) -> Assignment | None:
    """Lease the next task of this kind to `by`, or None when there is none for them.

    Work that was begun comes first: an open assignment, then a lapsed one with room left.
    """
    member = membership(by, project.slug)
    if kind not in Task.Kind.values:
        raise InvalidInput.field("kind", f"must be one of: {', '.join(Task.Kind.values)}")
    version = current_version(project)
    if version is None:
        raise Conflict(
            "This project has no published guideline yet. Its owner writes and publishes one; "
            "then there is something to judge by."
        )
    with transaction.atomic():
        # One claim at a time for one person, so that two tabs cannot take two tasks.
        _lock_labeler(by, project)
        begun = _begun(by, project, kind)
        if begun is not None:
            return begun
        task_id = _claim(member, kind)
        return None if task_id is None else _assign(by, task_id, version)


def assignment_for(user: User, pk: int) -> Assignment:
    """This person's own assignment; anybody else's is not found."""
    return _own(user, pk, Assignment.objects.all())


def hold(*, by: User, assignment: Assignment) -> Assignment:
    """As `assignment_for`, its row locked until the transaction ends.

    An assignment is locked before its task, here and wherever both are.
    """
    return _own(by, assignment.pk, Assignment.objects.select_for_update(of=("self",)))


def resume(*, by: User, assignment: Assignment) -> Assignment:
    """Go on with an assignment: its lease anew, a lapsed one where its task still has room."""
    with transaction.atomic():
        held = hold(by=by, assignment=assignment)
        if held.state == Assignment.State.LAPSED:
            take_back(held)
        else:
            renew(held)
    return held


def renew(assignment: Assignment) -> None:
    """Extend the lease of somebody who is at work."""
    assignment.leased_until = _lease_end(assignment.task.project)
    Assignment.objects.filter(pk=assignment.pk, state=Assignment.State.OPEN).update(
        leased_until=assignment.leased_until
    )


def skip(*, by: User, assignment: Assignment, reason: str = "") -> None:
    """Give a task back for others; this labeler does not get it again. Twice is once."""
    reason = clean_text(reason, field="reason", limit=REASON_LIMIT, required=False).strip()
    with transaction.atomic():
        held = hold(by=by, assignment=assignment)
        if held.state == Assignment.State.SKIPPED:
            return
        if held.state == Assignment.State.SUBMITTED:
            raise Conflict("This task was already submitted.")
        if held.state == Assignment.State.OPEN:
            _give_back([held.task_id])
        held.state, held.skip_reason, held.ended_at = "skipped", reason, timezone.now()
        held.save(update_fields=["state", "skip_reason", "ended_at"])
        task = held.task
        audit.record(verb="task.skipped", by=by, project=task.project, subject=task, reason=reason)


def lapse_expired(*, most: int = 500) -> int:
    """End the leases that ran out, so that others may have the tasks. Drafts stay."""
    now = timezone.now()
    with transaction.atomic():
        expired = list(
            Assignment.objects.select_for_update(skip_locked=True)
            .filter(state=Assignment.State.OPEN, leased_until__lt=now)
            .order_by("leased_until", "pk")
            .values_list("pk", "task_id")[:most]
        )
        Assignment.objects.filter(pk__in=[pk for pk, _ in expired]).update(
            state=Assignment.State.LAPSED, ended_at=now
        )
        _give_back([task_id for _, task_id in expired])
    return len(expired)


def _give_back(task_ids: list[int]) -> None:
    """Free one place a mention. In order of the keys, so that two of these cannot deadlock."""
    for task in Task.objects.select_for_update().filter(pk__in=task_ids).order_by("pk"):
        task.n_assigned -= task_ids.count(task.pk)
        task.is_open = task.state == Task.State.READY
        task.save(update_fields=["n_assigned", "is_open"])


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


def _own(user: User, pk: int, rows: QuerySet[Assignment]) -> Assignment:
    found = (
        rows.select_related(*WITH_ITS_TASK)
        .filter(pk=pk, labeler=user, task__project__memberships__user=user)
        .first()
    )
    if found is None:
        raise NotFound("There is no such task, or it is not yours.")
    return found


def _begun(by: User, project: Project, kind: str) -> Assignment | None:
    """An open assignment, or a lapsed one that could be had again; drafts first."""
    # Neither limited nor ordered here: that would tempt the planner away from the labeler's index.
    own = list(
        Assignment.objects.select_for_update(of=("self",))
        .select_related(*WITH_ITS_TASK)
        .filter(labeler=by, state__in=UNFINISHED, task__project=project, task__kind=kind)
    )
    for held in own:
        if held.state == Assignment.State.OPEN:
            renew(held)
            return held
    for lapsed in sorted(own, key=lambda row: (row.draft_saved_at is None, row.pk)):
        if lapsed.task.is_open and take_back(lapsed):
            return lapsed
    return None


def take_back(assignment: Assignment) -> bool:
    """Lease a lapsed assignment again where its task has room. The caller holds its row."""
    has_room_after = Case(When(n_assigned__lt=F("overlap") - 1, then=True), default=False)
    changed = Task.objects.filter(pk=assignment.task_id, is_open=True).update(
        n_assigned=F("n_assigned") + 1, is_open=has_room_after
    )
    if changed:
        assignment.state, assignment.ended_at = Assignment.State.OPEN, None
        assignment.leased_until = _lease_end(assignment.task.project)
        assignment.save(update_fields=["state", "ended_at", "leased_until"])
    return bool(changed)


def _claim(member: Membership, kind: str) -> int | None:
    for lane in lanes_open_to(member, kind):
        task_id = _claim_in(lane, member.user)
        if task_id is not None:
            return task_id
    return None


def _claim_in(lane: Lane, user: User) -> int | None:
    values = {"user": user.pk, "lane": lane.pk}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        row = cursor.fetchone()
        if row is None:
            # The end of the lane: begin again at its front, once.
            cursor.execute(
                "UPDATE labeling_queuecursor SET seq = 0"
                " WHERE user_id = %(user)s AND lane_id = %(lane)s AND seq > 0",
                values,
            )
            if cursor.rowcount:
                cursor.execute(CLAIM, values)
                row = cursor.fetchone()
    return None if row is None else int(row[0])


def _assign(by: User, task_id: int, version: GuidelineVersion) -> Assignment:
    task = Task.objects.select_related("project", "prompt").get(pk=task_id)
    responses: list[int] = []
    if task.kind in (Task.Kind.COMPARISON, Task.Kind.RANKING):
        candidates = task.candidates.filter(response__isnull=False).order_by("position")
        responses = list(candidates.values_list("response_id", flat=True))
    return Assignment.objects.create(
        task=task,
        labeler=by,
        leased_until=_lease_end(task.project),
        presented=_presented(task.kind, responses),
        opened_at=timezone.now(),
        guideline_version=version,
    )


def _presented(kind: str, responses: list[int]) -> list[int]:
    """The candidates in an order nobody can guess: all of them, or two for a comparison."""
    number = min(2, len(responses)) if kind == Task.Kind.COMPARISON else len(responses)
    return secrets.SystemRandom().sample(responses, k=number)


def _lease_end(project: Project) -> datetime:
    return timezone.now() + timedelta(minutes=project.lease_minutes)
