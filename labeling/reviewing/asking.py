"""Asking for reviews: the tasks in which reviewers look at what was submitted."""

from collections import Counter
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Count

from labeling.assigning.lanes import lane_for
from labeling.models import Assignment, Lane, Task
from projects import audit
from projects.access import STAFF, membership
from projects.errors import InvalidInput
from projects.models import Project, User

BATCH = 1_000
WAITING = (Task.State.READY, Task.State.SET_ASIDE)
GOLD = "gold-"
"""How the variants of gold tasks begin."""


def ask_review(
    *,
    by: User | None,
    project: Project,
    assignments: Iterable[Assignment],
    cause: str = Task.Cause.ASKED,
    clauses: Sequence[str] = (),
) -> int:
    """Send what was submitted to the reviewers; returns how many reviews were added.

    Left out: what waits for a review already, gold tasks, and reviews themselves. `by=None` is
    the project's own rules.
    """
    if by is not None:
        membership(by, project.slug, roles=STAFF)
    if cause not in Task.Cause.values:
        raise InvalidInput.field("cause", f"must be one of {', '.join(Task.Cause.values)}")
    wanted = sorted(assignment.pk for assignment in assignments)
    n_added = 0
    with transaction.atomic():
        for start in range(0, len(wanted), BATCH):
            n_added += _add(project, wanted[start : start + BATCH], cause, list(clauses))
        if by is not None:
            audit.record(
                verb="reviews.asked", by=by, project=project, subject=project, number=n_added
            )
    return n_added


def ask_adjudication(
    *,
    by: User | None,
    task: Task,
    cause: str = Task.Cause.DISPUTED,
    clauses: Sequence[str] = (),
) -> Task | None:
    """Have a reviewer settle a task on which labelers disagree; None where one waits already."""
    if by is not None:
        membership(by, task.project.slug, roles=STAFF)
    if task.kind not in (Task.Kind.COMPARISON, Task.Kind.RANKING):
        raise InvalidInput.field("task", "only comparisons and rankings can be settled")
    with transaction.atomic():
        # Locked, so that two who ask at once do not both find none waiting.
        Task.objects.select_for_update().get(pk=task.pk)
        earlier = Task.objects.filter(about=task)
        if earlier.filter(state__in=WAITING).exists():
            return None
        made = _review(task, _lane(task.project), f"settle-{task.pk}-{earlier.count() + 1}", cause)
        made.about, made.clauses = task, list(clauses)
        made.save()
        if by is not None:
            audit.record(verb="adjudication.asked", by=by, project=task.project, subject=task)
    return made


def _add(project: Project, pks: list[int], cause: str, clauses: list[str]) -> int:
    found = list(
        Assignment.objects.select_for_update(of=("self",))
        .select_related("task")
        .filter(
            pk__in=pks,
            task__project=project,
            state__in=(Assignment.State.SUBMITTED, Assignment.State.REOPENED),
        )
        .exclude(task__kind=Task.Kind.REVIEW)
        .exclude(task__variant__startswith=GOLD)
        .order_by("pk")
    )
    reviews = Task.objects.filter(reviewed__in=found)
    waiting = set(reviews.filter(state__in=WAITING).values_list("reviewed_id", flat=True))
    numbers = Counter(dict(reviews.values_list("reviewed_id").annotate(Count("pk"))))
    lane = _lane(project)
    new = []
    for assignment in found:
        if assignment.pk in waiting:
            continue
        variant = f"review-{assignment.pk}-{numbers[assignment.pk] + 1}"
        review = _review(assignment.task, lane, variant, cause)
        review.reviewed, review.clauses = assignment, clauses
        new.append(review)
    Task.objects.bulk_create(new)
    return len(new)


def _lane(project: Project) -> Lane:
    return lane_for(project=project, kind=Task.Kind.REVIEW)


def _review(task: Task, lane: Lane, variant: str, cause: str) -> Task:
    return Task(
        project_id=task.project_id,
        prompt_id=task.prompt_id,
        kind=Task.Kind.REVIEW,
        variant=variant,
        lane=lane,
        cause=cause,
    )
