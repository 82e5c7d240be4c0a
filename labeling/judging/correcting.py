"""Taking a submission back into hand: the row stands until another one supersedes it."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from labeling.assigning.queue import hold
from labeling.judging.activity import correction_ends
from labeling.judging.drafts import draft_of
from labeling.judging.standing import is_waiting_for_author
from labeling.judging.submissions import latest
from labeling.models import Assignment, Task
from projects import audit
from projects.errors import Conflict
from projects.models import User

UNDO_SECONDS = 60
KINDS = (Task.Kind.DEMONSTRATION, Task.Kind.COMPARISON, Task.Kind.RANKING)
TOO_LATE = f"A submission can be taken back for {UNDO_SECONDS} seconds. This one is older."
NEVER = "A review is not taken back; the next one settles it."
CORRECTED = "A reviewer has corrected this already, so it cannot be taken back."


def undo(*, by: User, assignment: Assignment) -> Assignment:
    """Open what `by` submitted in the last minute for correction, its form filled as it was.

    Twice is once. Submitting again writes a row that supersedes the one before; until then, and
    where nothing is submitted again, that one stands.
    """
    with transaction.atomic():
        held = hold(by=by, assignment=assignment)
        if held.task.kind not in KINDS:
            raise Conflict(NEVER)
        if held.state == Assignment.State.REOPENED:
            return held
        if held.state != Assignment.State.SUBMITTED:
            raise Conflict("This was not submitted, so there is nothing to take back.")
        if held.ended_at is None or held.ended_at < _oldest():
            raise Conflict(TOO_LATE)
        row = latest(held)
        if row is None or hasattr(row, "superseded_by"):
            raise Conflict(CORRECTED)
        held.state, held.draft = Assignment.State.REOPENED, draft_of(row, held.presented)
        held.draft_saved_at = timezone.now()
        held.leased_until = correction_ends(held.task.project)
        held.save(update_fields=["state", "draft", "draft_saved_at", "leased_until"])
        verb = f"{row._meta.model_name}.reopened"
        audit.record(verb=verb, by=by, project=held.task.project, subject=row)
    return held


def leave_as_it_was(*, by: User, assignment: Assignment) -> Assignment:
    """End a correction without a new row: what was submitted before stands. Twice is once."""
    with transaction.atomic():
        held = hold(by=by, assignment=assignment)
        if held.state == Assignment.State.SUBMITTED:
            return held
        if held.state != Assignment.State.REOPENED:
            raise Conflict("This is not being corrected.")
        if Assignment.objects.filter(is_waiting_for_author(), pk=held.pk).exists():
            raise Conflict("A reviewer returned this, so it wants an answer. You may submit it.")
        held.state, held.draft = Assignment.State.SUBMITTED, {}
        held.save(update_fields=["state", "draft"])
    return held


def last_undoable(user: User) -> Assignment | None:
    """What this person submitted last, while it can still be taken back."""
    return (
        Assignment.objects.select_related("task__project")
        .filter(
            labeler=user,
            state=Assignment.State.SUBMITTED,
            ended_at__gte=_oldest(),
            task__kind__in=KINDS,
            task__project__memberships__user=user,
        )
        .order_by("-ended_at", "-pk")
        .first()
    )


def _oldest() -> datetime:
    return timezone.now() - timedelta(seconds=UNDO_SECONDS)
