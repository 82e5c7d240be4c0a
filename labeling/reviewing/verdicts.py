"""Verdicts of reviewers, and what follows from them. Reviews are asked for in `asking.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest, Least
from django.db.models.lookups import Exact, In
from django.utils import timezone

from instructions.clauses import cited
from labeling.assigning.queue import hold, take_back
from labeling.judging.activity import note, seconds_since_opened
from labeling.judging.drafts import clean_draft, draft_of
from labeling.judging.rules import rules_of
from labeling.judging.standing import returned_since
from labeling.models import Assignment, Comparison, Review, Submission, Task
from labeling.reviewing.asking import GOLD, ask_adjudication, ask_review
from labeling.reviewing.fixes import write_fix, write_settlement
from labeling.reviewing.subjects import Subject, subject_of
from projects import audit
from projects.access import STAFF, membership
from projects.checks import an_object
from projects.errors import Conflict, InvalidInput, NotPermitted
from projects.models import User
from projects.text import clean_text

__all__ = [
    "ask_adjudication",
    "ask_review",
    "is_returned",
    "is_settled",
    "returned_note",
    "submit_review",
    "usable",
]

REASON_LIMIT = 4_000
MOST_CLAUSES = 50
Verdict = Review.Verdict
OF_ONE = (Verdict.ACCEPT, Verdict.FIX, Verdict.RETURN)
GONE = (
    "Your lease on this review had lapsed, and meanwhile somebody else has taken it up. What you "
    "wrote is kept as a draft."
)
LEFT = "Its labeler has left the project, so nobody could correct it. Fix it, or accept it."
Row = TypeVar("Row", bound=Submission)


@dataclass(frozen=True)
class ReturnedNote:
    """Why work came back to its labeler. `reviewer` is empty where names are not shown."""

    reason: str
    clauses: list[str]
    returned_at: datetime
    reviewer: str


def submit_review(
    *,
    by: User,
    assignment: Assignment,
    verdict: str,
    reason: str = "",
    clauses: Sequence[str] = (),
    fix: Any = None,
    activity: Any = None,
    seen: int | None = None,
) -> Review:
    """Give a verdict: accept, fix (and accept), return to its labeler, or settle a disputed task.

    `fix` is how it should be, in the fields of the kind's own form. `clauses` are anchors named
    beside those cited in the reason. `activity` may hold the last `active_seconds` and `evidence`.
    `seen` is the key of the row that was looked at: a verdict on one that was corrected meanwhile
    is a Conflict. Doing so again returns the first verdict unchanged.
    """
    reason = clean_text(reason, field="reason", limit=REASON_LIMIT, required=False).strip()
    with transaction.atomic():
        held = hold(by=by, assignment=assignment)
        earlier = Review.objects.filter(assignment=held).first()
        if earlier is not None:
            return earlier
        _require_reviewer(by, held)
        _require_verdict(held.task, verdict, reason)
        _note(held, activity)
        if held.state == Assignment.State.OPEN or take_back(held):
            subject = _subject(held.task, seen)
            review = _record(by, held, verdict, reason, clauses)
            _follow(subject, review, fix)
            return _finish(held, review)
        _keep(held, {"verdict": verdict, "reason": reason, "clauses": list(clauses), "fix": fix})
    # Raised outside the transaction, which has just kept the text.
    raise Conflict(GONE)


def returned_note(assignment: Assignment) -> ReturnedNote | None:
    """Why this work was returned, while it waits for its labeler to correct it."""
    if assignment.state != Assignment.State.REOPENED:
        return None
    last = Review.objects.filter(reviewed=assignment).order_by("-pk").first()
    if last is None or last.verdict != Verdict.RETURN:
        return None
    shows_names = rules_of(assignment.task.project).review_shows_names
    return ReturnedNote(
        reason=last.reason,
        clauses=last.cites,
        returned_at=last.created_at,
        reviewer=last.labeler.username if shows_names else "",
    )


def usable(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Of judgements of one kind, those to use: for exports, consensus and figures alike.

    Left out are gold tasks, what a correction or a reviewer's fix supersedes, what was returned
    and is not corrected yet, and what a later settlement of the same task has decided. What its
    labeler has taken back into hand stands until it is submitted again.
    """
    return (
        rows.exclude(_is_superseded(rows.model))
        .exclude(assignment__task__variant__startswith=GOLD)
        .exclude(is_returned())
        .exclude(is_settled(rows.model))
    )


def _is_superseded(model: type[Submission]) -> Q:
    # No join: of how many rows have none at its other side, the planner has a poor notion.
    corrections: QuerySet[Any] = model._default_manager.filter(supersedes__isnull=False)
    return Q(pk__in=corrections.values("supersedes"))


def is_returned() -> Q:
    """Of judgements: the last verdict since was to return them."""
    returned = Review.objects.filter(verdict=Verdict.RETURN, reviewed__isnull=False)
    # The few that were returned at all are read once; the rest is asked of those alone.
    return Q(assignment__in=returned.values("reviewed")) & Q(
        returned_since(assignment="assignment", moment="created_at")
    )


def is_settled(model: type[Submission]) -> Q:
    """Of judgements of this kind: a reviewer has settled their task since.

    The task is the one the row judges, also where the row is a reviewer's fix or an earlier
    settlement. Of comparisons, the pair must be the same: labelers of one task may have been
    given different pairs of its candidates.
    """
    settlements = Review.objects.filter(verdict=Verdict.SETTLE)
    places = ("assignment__task__about", "assignment__task__reviewed__task", "assignment__task")
    later = settlements.filter(
        about=Coalesce(*(OuterRef(place) for place in places)),
        created_at__gt=OuterRef("created_at"),
    )
    if model is Comparison:
        decided = Comparison.objects.filter(assignment=OuterRef("assignment"))
        for side_of in (Least, Greatest):
            # A value, and no EXISTS, which the planner would turn round: all judgements of the
            # pair, for each row anew.
            pair = decided.values(side=side_of("response_a", "response_b"))[:1]
            mine = side_of(OuterRef("response_a"), OuterRef("response_b"))
            later = later.filter(Exact(Subquery(pair), mine))
    # Of the few tasks that were settled at all; see above.
    return Q(In(Coalesce(*places), settlements.values("about"))) & Q(Exists(later))


def _require_reviewer(by: User, held: Assignment) -> None:
    task = held.task
    membership(by, task.project.slug, roles=STAFF)
    if task.kind != Task.Kind.REVIEW:
        raise InvalidInput.field("kind", f"this task is a {task.kind}")
    own = Assignment.objects.filter(labeler=by).exclude(state=Assignment.State.SKIPPED)
    if own.filter(Q(pk=task.reviewed_id) | Q(task=task.about_id)).exists():
        raise NotPermitted("You cannot review your own work; skip it, and a colleague will.")
    if held.state not in (Assignment.State.OPEN, Assignment.State.LAPSED):
        raise Conflict(f"You {held.get_state_display().lower()} this review already.")


def _note(held: Assignment, activity: Any) -> None:
    given = an_object(activity, field="activity")
    note(held, active_seconds=given.get("active_seconds"), evidence=given.get("evidence"))


def _keep(held: Assignment, draft: dict[str, Any]) -> None:
    held.draft = clean_draft(draft, Task.Kind.REVIEW)
    held.draft_saved_at = timezone.now()
    held.save(update_fields=["draft", "draft_saved_at", "active_seconds", "evidence"])


def _require_verdict(task: Task, verdict: str, reason: str) -> None:
    allowed = OF_ONE if task.about_id is None else (Verdict.SETTLE,)
    if verdict not in allowed:
        raise InvalidInput.field("verdict", f"must be one of {', '.join(allowed)}")
    if verdict == Verdict.RETURN and not reason:
        rule = "is needed: say what its labeler should do differently"
        raise InvalidInput.field("reason", rule)


def _subject(review: Task, seen: int | None) -> Subject:
    if review.reviewed_id is not None:
        # Its labeler must not correct it at this very moment.
        locked = Assignment.objects.select_for_update(of=("self",)).select_related("task__project")
        review.reviewed = locked.get(pk=review.reviewed_id)
    subject = subject_of(review)
    if seen is not None and not subject.is_adjudication and subject.row.pk != seen:
        raise Conflict("Its labeler has corrected this meanwhile. Load the page again to see it.")
    return subject


def _record(
    by: User, held: Assignment, verdict: str, reason: str, clauses: Sequence[str]
) -> Review:
    return Review.objects.create(
        assignment=held,
        labeler=by,
        prompt=held.task.prompt,
        guideline_version=held.guideline_version,
        seconds=seconds_since_opened(held),
        active_seconds=held.active_seconds or None,
        evidence=held.evidence,
        cites=_clauses(held, reason, clauses),
        verdict=verdict,
        reason=reason,
        reviewed_id=held.task.reviewed_id,
        about_id=held.task.about_id,
    )


def _follow(subject: Subject, review: Review, fix: Any) -> None:
    """What the verdict does: a judgement row of the reviewer's, or work going back."""
    if review.verdict == Verdict.SETTLE:
        write_settlement(subject, fix, _common(review), reason=review.reason)
    elif review.verdict == Verdict.FIX:
        _require_at_rest(subject)
        write_fix(subject, fix, _common(review))
    elif review.verdict == Verdict.RETURN:
        _return(subject)


def _common(review: Review) -> dict[str, Any]:
    """What the reviewer's judgement row has in common with the review it belongs to."""
    names = (
        "assignment", "labeler", "prompt", "guideline_version", "seconds", "active_seconds",
        "cites", "created_at",
    )  # fmt: skip
    return {name: getattr(review, name) for name in names}


def _finish(held: Assignment, review: Review) -> Review:
    held.state, held.ended_at = Assignment.State.SUBMITTED, review.created_at
    held.draft = {}
    held.save(update_fields=["state", "ended_at", "draft", "active_seconds", "evidence"])
    Task.objects.filter(pk=held.task_id).update(
        n_submitted=F("n_submitted") + 1, state=Task.State.COMPLETE
    )
    verb, project = f"review.{review.verdict}", held.task.project
    audit.record(verb=verb, by=review.labeler, project=project, subject=review)
    return review


def _require_at_rest(subject: Subject) -> None:
    reviewed = subject.review.reviewed
    if reviewed is not None and reviewed.state == Assignment.State.REOPENED:
        raise Conflict("Its labeler is correcting this just now. Return it with your reason.")


def _return(subject: Subject) -> None:
    reviewed = subject.review.reviewed
    if reviewed is None or subject.row.assignment_id != reviewed.pk:
        raise Conflict(
            "A reviewer has fixed this before, so it cannot go back to its labeler. Fix it again."
        )
    if not subject.task.project.memberships.filter(user=reviewed.labeler_id).exists():
        raise Conflict(LEFT)
    if reviewed.state == Assignment.State.SUBMITTED:
        Assignment.objects.filter(pk=reviewed.pk).update(
            state=Assignment.State.REOPENED, draft=draft_of(subject.row, list(reviewed.presented))
        )


def _clauses(held: Assignment, reason: str, clauses: Sequence[str]) -> list[str]:
    """The anchors named, those that the version on the screen has."""
    if not isinstance(clauses, list | tuple) or len(clauses) > MOST_CLAUSES:
        raise InvalidInput.field("clauses", f"must be a list of at most {MOST_CLAUSES} anchors")
    anchors = list(held.guideline_version.clauses_in_order().values_list("anchor", flat=True))
    for anchor in clauses:
        if anchor not in anchors:
            raise InvalidInput.field("clauses", "must be clauses of the guideline beside the task")
    return list(dict.fromkeys([*clauses, *cited(reason, anchors)]))
