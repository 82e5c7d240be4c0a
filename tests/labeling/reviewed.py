"""Rows of review for tests: judgements as labelers submit them, reviews as reviewers take them."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling.judging.aftermath import submitted
from labeling.judging.rules import rules_of
from labeling.models import (
    Assignment,
    Comparison,
    Demonstration,
    Labeler,
    Ranking,
    Response,
    Submission,
    Task,
    WorkRules,
)
from projects.models import Project, Role, User
from tests.factories import make_member


def make_rules(project: Project, **fields: Any) -> WorkRules:
    return WorkRules.objects.update_or_create(project=project, defaults=fields)[0]


def hold(task: Task, labeler: User, *, presented: list[int] | None = None) -> Assignment:
    """A lease on this very task, its candidates in their own order unless told otherwise."""
    candidates = task.candidates.order_by("position").values_list("response_id", flat=True)
    Task.objects.filter(pk=task.pk).update(n_assigned=task.assignments.count() + 1, is_open=False)
    version = task.project.guideline.versions.latest("number")
    return Assignment.objects.create(
        task=task,
        labeler=labeler,
        leased_until=timezone.now() + timedelta(hours=1),
        presented=presented or list(candidates),
        opened_at=timezone.now(),
        guideline_version=version,
    )


def judge(
    task: Task, labeler: User | None = None, *, presented: list[int] | None = None, **fields: Any
) -> Any:
    """A submitted judgement with all that follows from it."""
    held = hold(task, labeler or make_member(task.project, Role.LABELER), presented=presented)
    return write(held, **fields)


def write(held: Assignment, *, supersedes: Submission | None = None, **fields: Any) -> Any:
    """A judgement row of this assignment, as its labeler's submission leaves it."""
    task = Task.objects.get(pk=held.task_id)
    common: dict[str, Any] = {
        "assignment": held,
        "labeler": held.labeler,
        "prompt": task.prompt,
        "guideline_version": held.guideline_version,
        "seconds": 30.0,
        "active_seconds": 20.0,
        "supersedes": supersedes,
    }
    row = _row(held, common, fields)
    held.state, held.ended_at = Assignment.State.SUBMITTED, row.created_at
    held.save()
    if supersedes is None:
        task.n_submitted += 1
        task.state = "complete" if task.n_submitted >= task.overlap else "ready"
        task.save(update_fields=["n_submitted", "state"])
    with transaction.atomic():
        submitted(row, rules_of(task.project))
    return row


def _row(held: Assignment, common: dict[str, Any], fields: dict[str, Any]) -> Submission:
    if held.task.kind == Task.Kind.DEMONSTRATION:
        response = Response.objects.create(
            prompt=held.task.prompt,
            origin="person",
            text=fields.pop("text", "An answer."),
            turns=fields.pop("turns", None),
            author=held.labeler,
        )
        return Demonstration.objects.create(response=response, **common, **fields)
    if held.task.kind == Task.Kind.COMPARISON:
        side_a, side_b = held.presented[:2]
        fields.setdefault("preference", None if fields.get("both_bad") else -1)
        return Comparison.objects.create(
            response_a_id=side_a, response_b_id=side_b, **common, **fields
        )
    fields.setdefault("tiers", [[pk] for pk in held.presented])
    return Ranking.objects.create(**common, **fields)


def review_of(assignment: Assignment, reviewer: User) -> Assignment:
    """The reviewer's lease on the review of this assignment that waits."""
    return hold(assignment.reviews.get(state="ready"), reviewer)


def labeler_of(project: Project, user: User) -> Labeler:
    return Labeler.objects.get(project=project, user=user)
