"""What a labeler is told of the reviews of their own work."""

from dataclasses import dataclass

from django.db.models import QuerySet

from instructions.word_diff import Piece, word_changes
from labeling.judging.told import said
from labeling.models import Assignment, Demonstration, Review
from labeling.reviewing.subjects import MODELS, Judgement
from projects.models import Project, User


@dataclass(frozen=True)
class Told:
    """One verdict as its labeler sees it.

    `changes` is the answer word by word where a reviewer fixed one; `before` and `after` are the
    judgement in words. `is_to_correct` says that it waits to be corrected now.
    """

    review: Review
    kind: str
    changes: list[Piece]
    before: str
    after: str
    is_to_correct: bool


def verdicts_on(user: User, project: Project) -> QuerySet[Review]:
    """The verdicts on this person's own submissions, the newest first."""
    found = Review.objects.filter(reviewed__labeler=user, reviewed__task__project=project)
    related = ("prompt", "labeler", "guideline_version", "reviewed__task")
    return found.select_related(*related).order_by("-pk")


def told(review: Review) -> Told:
    """One verdict for the page; with what the reviewer changed, if anything."""
    reviewed = review.reviewed
    if reviewed is None:
        raise ValueError(f"review {review.pk} is of no submission")
    fix = _fix(review)
    original = getattr(fix, "supersedes", None)
    order = list(reviewed.presented)
    changes: list[Piece] = []
    if isinstance(fix, Demonstration) and isinstance(original, Demonstration):
        changes = word_changes(_whole(original), _whole(fix))
    return Told(
        review=review,
        kind=reviewed.task.get_kind_display(),
        changes=changes,
        before=said(original, order) if original and not changes else "",
        after=said(fix, order) if fix and not changes else "",
        is_to_correct=review.verdict == Review.Verdict.RETURN
        and reviewed.state == Assignment.State.REOPENED,
    )


def _fix(review: Review) -> Judgement | None:
    if review.verdict != Review.Verdict.FIX or review.reviewed is None:
        return None
    rows = MODELS[review.reviewed.task.kind]._default_manager.filter(
        assignment=review.assignment_id
    )
    return rows.select_related("supersedes").first()


def _whole(row: Demonstration) -> str:
    turns = row.response.turns
    return "\n\n".join(turn["content"] for turn in turns) if turns else row.response.text
