"""Who gets which task next: leases, their renewal and their end.

A labeler holds at most one task of a kind and project at work, and at most one more ahead: leased
while they work on the first, so that the next screen is there at once. A reopened assignment is
no lease; what was submitted stands while it is corrected.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import CharField, Count, F, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from labeling.assigning.claiming import (
    ONE_CLAIM,
    UNFINISHED,
    WITH_ITS_TASK,
    has_seen,
    lease_next,
)
from labeling.assigning.gates import NotNow, Terms, terms_for
from labeling.assigning.places import give_back, note_skip, take
from labeling.judging.rules import rules_of
from labeling.judging.standing import is_waiting_for_author, require_unfinished
from labeling.models import Assignment, Task
from projects import audit
from projects.access import STAFF, membership, require
from projects.compiled import Compiled
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Project, User
from projects.prepared import Prepared
from projects.text import clean_text
from projects.tokens import Bearer, note_use

REASON_LIMIT = 200
CANNOT_JUDGE = "cannot judge"
LEASED_ONCE = (Assignment.State.OPEN, Assignment.State.LAPSED)
NOT_YOURS = "There is no such task, or it is not yours."
BIGGEST_KEY = 2**63 - 1


def claim_next(*, by: User, project: Project, kind: str) -> Assignment | None:
    """Lease the next task of this kind to `by`, or None when there is none for them.

    Work that was begun comes first: the task at work, then the one held ready, then a lapsed one
    with room left. Raises NotNow where a gate is closed (see gates.py); which tasks are never
    given to whom stands in claiming.py.
    """
    return claim_next_at(project.slug, by=by, kind=kind)


def claim_next_at(slug: str, *, by: User | Bearer, kind: str) -> Assignment | None:
    """As `claim_next`, of the project at `slug`, which is looked up with whether `by` is in it."""
    if not isinstance(kind, str) or kind not in Task.Kind.values:
        membership(by.token().user if isinstance(by, Bearer) else by, slug)
        raise InvalidInput.field("kind", f"must be one of: {', '.join(Task.Kind.values)}")
    terms = terms_for(by, slug, kind)
    member = terms.member
    if kind == Task.Kind.REVIEW:
        require(member, roles=STAFF)
    if terms.barrier is not None:
        raise NotNow(terms.barrier)
    # Mostly nothing was begun, which the claim itself can see.
    leased = _lease(terms, kind, beside_others=False)
    if leased is not None:
        return leased
    with transaction.atomic():
        _lock_labeler(member.user, member.project)
        return _begun_or_another(terms, kind)


def claim_ahead(*, by: User, assignment: Assignment) -> Assignment | None:
    """Hold the task after this one ready, so that its page can be fetched before it is asked for.

    `claim_next` gives it afterwards. Again gives the same one; None where there is none, or where
    the labeler would not be given one after this.
    """
    project, kind = assignment.task.project, assignment.task.kind
    terms = terms_for(by, project.slug, kind)
    is_last_today = terms.left_today is not None and terms.left_today <= 1
    if terms.barrier is not None or is_last_today:
        return None
    with transaction.atomic():
        _lock_labeler(by, project)
        held = hold(by=by, assignment=assignment)
        if held.state != Assignment.State.OPEN or held.opened_at is None:
            return None
        leases = _unfinished(by, project, kind, leased_only=True)
        others = [pk for pk in leases if pk != held.pk]
        return _loaded(others[0], labeler=by) if others else _lease(terms, kind, is_ahead=True)


def open_now(*, by: User, assignment: Assignment) -> Assignment:
    """The labeler sees this task now; what was held ready is at work from here on."""
    with transaction.atomic():
        held = hold(by=by, assignment=assignment)
        if held.opened_at is None:
            held.opened_at = timezone.now()
            held.save(update_fields=["opened_at"])
    return held


def assignment_for(by: User | Bearer, pk: int) -> Assignment:
    """This person's own assignment; anybody else's is not found."""
    if not 0 <= pk <= BIGGEST_KEY:
        raise NotFound(NOT_YOURS)
    found: Any
    if isinstance(by, Bearer):
        found = _found(_OWN_BEARING.first(digest=by.digest, pk=pk))
        note_use(found.token_id, found.token_used_at)
    else:
        found = _found(_OWN.first(user=by.pk, pk=pk))
        found.labeler = by
    if found.task.kind == Task.Kind.REVIEW:
        # Whoever may review no more reads no more of what others wrote.
        membership(found.labeler, found.task.project.slug, roles=STAFF)
    own: Assignment = found
    return own


def hold(*, by: User, assignment: Assignment) -> Assignment:
    """This person's assignment as it is now, its row locked until the transaction ends.

    An assignment is locked before its task, here and wherever both are. The task is the one that
    `assignment` was read with, where it was.
    """
    held = _found(_OWN_HELD.first(user=by.pk, pk=assignment.pk))
    known = assignment._state.fields_cache
    if "task" not in known:
        known = _found(_LOADED.first(pk=held.pk))._state.fields_cache
    for relation in known.keys() & {"task", "guideline_version"}:
        if known[relation].pk == getattr(held, f"{relation}_id"):
            setattr(held, relation, known[relation])
    held.labeler = by
    return held


def _found(assignment: Assignment | None) -> Assignment:
    if assignment is None:
        raise NotFound(NOT_YOURS)
    return assignment


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
    if assignment.state == Assignment.State.OPEN:
        assignment.leased_until = _lease_end(assignment.task.project)
        Assignment.objects.filter(pk=assignment.pk, state=Assignment.State.OPEN).update(
            leased_until=assignment.leased_until
        )


def skip(*, by: User, assignment: Assignment, reason: str = "") -> None:
    """Give a task back for others; this labeler does not get it again. Twice is once.

    After as many skips as the project's rules name, the task is set aside for its owner.
    """
    reason = clean_text(reason, field="reason", limit=REASON_LIMIT, required=False).strip()
    with transaction.atomic():
        held = hold(by=by, assignment=assignment)
        if held.state == Assignment.State.SKIPPED:
            return
        if held.state == Assignment.State.REOPENED:
            raise Conflict("This task was already submitted.")
        require_unfinished(held)
        is_set_aside = note_skip(
            held.task_id,
            is_leased=held.state == Assignment.State.OPEN,
            most_skips=rules_of(held.task.project).set_aside_after_skips,
        )
        held.state, held.skip_reason, held.ended_at = "skipped", reason, timezone.now()
        held.save(update_fields=["state", "skip_reason", "ended_at"])
        audit.record(
            verb="task.skipped",
            by=by,
            project=held.task.project,
            subject=held.task,
            reason=reason,
            **({"set_aside": True} if is_set_aside else {}),
        )


def lapse_expired(*, most: int = 500) -> int:
    """End the leases that ran out, so that others may have the tasks. Drafts stay.

    A correction that was begun and left ends too: what was submitted before stands. What a
    reviewer returned waits for its author without an end, while they belong to the project.
    """
    now = timezone.now()
    expired = Assignment.objects.select_for_update(skip_locked=True).filter(leased_until__lt=now)
    with transaction.atomic():
        leases = list(
            expired.filter(state=Assignment.State.OPEN)
            .order_by("leased_until", "pk")
            .values_list("pk", "task_id")[:most]
        )
        Assignment.objects.filter(pk__in=[pk for pk, _ in leases]).update(
            state=Assignment.State.LAPSED, ended_at=now
        )
        corrections = list(
            expired.filter(state=Assignment.State.REOPENED)
            .exclude(is_waiting_for_author())
            .order_by("leased_until", "pk")
            .values_list("pk", flat=True)[:most]
        )
        Assignment.objects.filter(pk__in=corrections).update(state=Assignment.State.SUBMITTED)
        give_back([task_id for _, task_id in leases])
    return len(leases)


def counts(project: Project) -> dict[str, dict[str, int]]:
    """How many tasks of each kind are open, waiting for candidates, failed and complete."""
    totals = {kind: dict.fromkeys(("open", *Task.State.values), 0) for kind in Task.Kind.values}
    rows = Task.objects.filter(project=project).values_list("kind", "state", "is_open")
    for kind, state, is_open, number in rows.annotate(number=Count("pk")).order_by():
        totals[kind][state] += number
        totals[kind]["open"] += number if is_open else 0
    return totals


def _lock_labeler(by: User, project: Project) -> None:
    ONE_CLAIM.rows({"project": project.pk, "user": by.pk})


# Who wrote the row last and where it lies: every change makes it another one.
VERSION = "labeling_assignment.xmin || ' ' || labeling_assignment.ctid"


def _of(user: int, pk: int, rows: QuerySet[Assignment]) -> QuerySet[Assignment]:
    return rows.filter(pk=pk, labeler=user, task__project__memberships__user=user)


_LOADED = Compiled(lambda pk: WITH_ITS_TASK.filter(pk=pk), pk=int)
# With what a submission wants besides.
_TO_SUBMIT = WITH_ITS_TASK.select_related("task__project__work_rules").annotate(
    row_version=RawSQL(VERSION, [], output_field=CharField())  # noqa: S611 - a constant
)
_OWN = Compiled(lambda user, pk: _of(user, pk, _TO_SUBMIT), user=int, pk=int)
_OWN_BEARING = Compiled(
    lambda digest, pk: (
        _TO_SUBMIT.filter(
            pk=pk,
            task__project__memberships__user=F("labeler"),
            **Bearer.held_by("labeler", digest),
        )
        .annotate(**Bearer.columns_of("labeler"))
        .select_related("labeler")
        .defer("labeler__password", "labeler__last_login", "labeler__date_joined")
    ),
    digest=str,
    pk=int,
)
_OWN_HELD = Compiled(
    lambda user, pk: _of(user, pk, Assignment.objects.select_for_update(of=("self",))),
    user=int,
    pk=int,
)


_UNFINISHED = Prepared(UNFINISHED)


def _unfinished(by: User, project: Project, kind: str, *, leased_only: bool = False) -> list[int]:
    """This labeler's leases of a kind in a project, and the lapsed ones with room left, by key.

    What is at work comes first, then what is held ready, then what lapsed; drafts first in each.
    """
    rows = _UNFINISHED.rows({"user": by.pk, "project": project.pk, "kind": kind})
    rows.sort(key=lambda row: (row[1] != "open", *row[2:], row[0]))
    return [row[0] for row in rows if row[1] == "open" or not leased_only]


def _begun_or_another(terms: Terms, kind: str) -> Assignment | None:
    unfinished = _unfinished(terms.member.user, terms.member.project, kind)
    if not unfinished:
        return None
    begun = _begun(terms, unfinished)
    return begun if begun is not None else _lease(terms, kind)


def _begun(terms: Terms, unfinished: Sequence[int]) -> Assignment | None:
    """The task at work, the one held ready, or a lapsed one that could be had again.

    What was held ready is dropped where it went stale meanwhile.
    """
    by, found = terms.member.user, None
    dropped: list[int] = []
    for pk in unfinished:
        held = hold(by=by, assignment=Assignment(pk=pk))
        if dropped and held.state != Assignment.State.OPEN:
            # Its task would be locked before that of another one, whatever their keys.
            break
        if _is_stale(held, terms):
            dropped += _dropped(held)
        elif _goes_on(held):
            found = held
            break
    # No assignment is locked after a task.
    give_back(dropped)
    return found


def _is_stale(held: Assignment, terms: Terms) -> bool:
    """Held ready and never shown, under an older guideline or of what its labeler saw since."""
    if held.opened_at is not None or held.state not in LEASED_ONCE:
        return False
    return held.guideline_version_id != terms.version_id or has_seen(held)


def _goes_on(held: Assignment) -> bool:
    """Whether its labeler can go on with it, which they then do. The caller holds its row."""
    if held.state not in LEASED_ONCE:
        # Ended in another tab since it was listed.
        return False
    if held.state == Assignment.State.LAPSED and not take_back(held):
        return False
    renew(held)
    if held.opened_at is None:
        held.opened_at = timezone.now()
        held.save(update_fields=["opened_at"])
    return True


def _dropped(held: Assignment) -> list[int]:
    """Take away what was held ready and never shown, as if it had never been leased.

    Returns the tasks of which a place is free again.
    """
    freed = [held.task_id] if held.state == Assignment.State.OPEN else []
    held.delete()
    return freed


def take_back(assignment: Assignment) -> bool:
    """Lease a lapsed assignment again where its task has room. The caller holds its row."""
    if not take(assignment.task_id):
        return False
    now = timezone.now()
    assignment.state, assignment.ended_at = Assignment.State.OPEN, None
    assignment.leased_until = _lease_end(assignment.task.project, now)
    assignment.opened_at = assignment.opened_at or now
    assignment.save(update_fields=["state", "ended_at", "leased_until", "opened_at"])
    return True


def _lease(
    terms: Terms, kind: str, *, is_ahead: bool = False, beside_others: bool = True
) -> Assignment | None:
    now = timezone.now()
    until = _lease_end(terms.member.project, now)
    return lease_next(
        terms, kind, now=now, until=until, is_ahead=is_ahead, beside_others=beside_others
    )


def _loaded(pk: int, *, labeler: User) -> Assignment:
    found = _found(_LOADED.first(pk=pk))
    found.labeler = labeler
    return found


def _lease_end(project: Project, now: datetime | None = None) -> datetime:
    return (now or timezone.now()) + timedelta(minutes=project.lease_minutes)
