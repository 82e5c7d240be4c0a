"""Drafts and submissions: what labelers write and how they judge."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from labeling.models import Assignment, Comparison, Demonstration, Response, Submission, Task
from labeling.queue import hold, renew, take_back
from projects import audit
from projects.errors import Conflict, InvalidInput
from projects.models import User
from projects.text import clean_text

LONGEST_ANSWER = 50_000
LONGEST_JUSTIFICATION = 4_000
CHOICES = ("", "-3", "-2", "-1", "0", "1", "2", "3", "both_bad", "cannot_judge")
DRAFT_FIELDS = {
    Task.Kind.DEMONSTRATION.value: ("text",),
    Task.Kind.COMPARISON.value: ("preference", "justification"),
}
FULL = (
    "Your lease on this task had lapsed and others have completed it meanwhile. "
    "What you wrote is kept as a draft."
)
Row = TypeVar("Row", bound=Submission)


def save_draft(*, by: User, assignment: Assignment, draft: Any) -> Assignment:
    """Keep an unfinished answer and renew the lease; a lapsed one where the task has room."""
    kept = _clean_draft(draft, assignment.task.kind)
    with transaction.atomic():
        held = hold(by=by, assignment=assignment)
        _require_unfinished(held)
        _keep(held, kept)
        if held.state == Assignment.State.OPEN:
            renew(held)
        else:
            take_back(held)
    return held


def submit_demonstration(*, by: User, assignment: Assignment, text: str) -> Demonstration:
    """Submit the ideal answer. Doing so again returns the first one unchanged."""
    _require_kind(assignment, Task.Kind.DEMONSTRATION)
    text = clean_text(text, field="text", limit=LONGEST_ANSWER)

    def write(held: Assignment, common: dict[str, Any]) -> Demonstration:
        response = Response.objects.create(
            prompt=held.task.prompt, origin=Response.Origin.PERSON, text=text, author=by
        )
        return Demonstration.objects.create(response=response, **common)

    draft = {"text": text}
    return _submit(by=by, assignment=assignment, draft=draft, kind=Demonstration, write=write)


def submit_comparison(
    *,
    by: User,
    assignment: Assignment,
    preference: int | None,
    both_bad: bool = False,
    justification: str = "",
) -> Comparison:
    """Submit a judgement: a preference from -3 (A) to +3 (B), or that both are bad.

    Doing so again returns the first one unchanged.
    """
    _require_kind(assignment, Task.Kind.COMPARISON)
    _check_judgement(preference, both_bad)
    justification = clean_text(
        justification, field="justification", limit=LONGEST_JUSTIFICATION, required=False
    ).strip()

    def write(held: Assignment, common: dict[str, Any]) -> Comparison:
        side_a, side_b = held.presented
        return Comparison.objects.create(
            response_a_id=side_a,
            response_b_id=side_b,
            preference=preference,
            both_bad=both_bad,
            justification=justification,
            **common,
        )

    choice = "both_bad" if both_bad else str(preference)
    draft = {"preference": choice, "justification": justification}
    return _submit(by=by, assignment=assignment, draft=draft, kind=Comparison, write=write)


def _submit(
    *,
    by: User,
    assignment: Assignment,
    draft: dict[str, str],
    kind: type[Row],
    write: Callable[[Assignment, dict[str, Any]], Row],
) -> Row:
    with transaction.atomic():
        held = hold(by=by, assignment=assignment)
        earlier = kind._default_manager.filter(assignment=held).first()
        if earlier is not None:
            return earlier
        _require_unfinished(held)
        has_place = held.state == Assignment.State.OPEN or take_back(held)
        if has_place:
            return _finish(by, held, write)
        _keep(held, draft)
    # Raised outside the transaction, which has just kept the text.
    raise Conflict(FULL)


def _finish(by: User, held: Assignment, write: Callable[[Assignment, dict[str, Any]], Row]) -> Row:
    now = timezone.now()
    common = {
        "assignment": held,
        "labeler": by,
        "prompt": held.task.prompt,
        "guideline_version": held.guideline_version,
        "seconds": (now - held.created_at).total_seconds(),
        "created_at": now,
    }
    row = write(held, common)
    Assignment.objects.filter(pk=held.pk).update(
        state=Assignment.State.SUBMITTED, ended_at=now, draft={}
    )
    is_last = When(n_submitted__gte=F("overlap") - 1, then=Value(Task.State.COMPLETE))
    Task.objects.filter(pk=held.task_id).update(
        n_submitted=F("n_submitted") + 1, state=Case(is_last, default=F("state"))
    )
    verb = f"{row._meta.model_name}.submitted"
    audit.record(verb=verb, by=by, project=held.task.project, subject=row)
    return row


def _require_unfinished(held: Assignment) -> None:
    if held.state == Assignment.State.SUBMITTED:
        raise Conflict("This task was already submitted.")
    if held.state == Assignment.State.SKIPPED:
        raise Conflict("You skipped this task, so it went to others.")


def _require_kind(assignment: Assignment, kind: str) -> None:
    if assignment.task.kind != kind:
        raise InvalidInput.field("kind", f"this task is a {assignment.task.kind}")


def _check_judgement(preference: Any, both_bad: Any) -> None:
    if not isinstance(both_bad, bool):
        raise InvalidInput.field("both_bad", "must be true or false")
    if both_bad and preference is not None:
        raise InvalidInput.field("preference", "must be empty when both are bad")
    is_whole = isinstance(preference, int) and not isinstance(preference, bool)
    if not both_bad and not (is_whole and -3 <= preference <= 3):
        raise InvalidInput.field("preference", "must be a whole number from -3 (A) to 3 (B)")


def _keep(held: Assignment, draft: dict[str, str]) -> None:
    held.draft, held.draft_saved_at = draft, timezone.now()
    held.save(update_fields=["draft", "draft_saved_at"])


def _clean_draft(draft: Any, kind: str) -> dict[str, str]:
    if not isinstance(draft, Mapping):
        raise InvalidInput.field("draft", "must be an object")
    fields = DRAFT_FIELDS[kind]
    if not any(name in draft for name in fields):
        raise InvalidInput.field("draft", f"must hold {' or '.join(fields)}")
    if kind == Task.Kind.DEMONSTRATION:
        text = draft.get("text", "")
        return {"text": clean_text(text, field="text", limit=LONGEST_ANSWER, required=False)}
    preference = draft.get("preference", "")
    if preference not in CHOICES:
        raise InvalidInput.field("preference", f"must be one of {', '.join(CHOICES[1:])}")
    justification = clean_text(
        draft.get("justification", ""),
        field="justification",
        limit=LONGEST_JUSTIFICATION,
        required=False,
    )
    return {"preference": preference, "justification": justification}
