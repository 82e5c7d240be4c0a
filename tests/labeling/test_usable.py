"""Which judgements are to be used, at a size where a wrong plan would be felt."""

import json
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from labeling.assigning.lanes import lane_for
from labeling.models import Assignment, Comparison, Review, Task
from labeling.reviewing.verdicts import usable
from projects.models import Project, User
from tests.labeling.rows import make_comparison_task
from tests.plans import rows_met

pytestmark = pytest.mark.django_db
TASKS = 6_000
EVERY = 6
# Reading every table once and asking each row's own few is far below this; pairing all rows of two
# tables is a thousand times above it.
ROWS_PER_TASK = 60


def test_it_does_not_hang_on_what_the_planner_knows(
    project: Project, labeler: User, reviewer: User
) -> None:
    """Six thousand judgements, a sixth accepted, a sixth returned, a sixth settled."""
    task = make_comparison_task(project)
    judged = _judged(task, labeler)
    accepted, returned, settled = judged[::EVERY], judged[1::EVERY], judged[2::EVERY]
    _review(reviewer, accepted, "accept")
    _review(reviewer, returned, "return")
    _review(reviewer, settled, "settle")
    _forget_statistics()
    judgements = usable(Comparison.objects.all())
    plan = json.loads(judgements.explain(format="json", analyze=True))
    assert rows_met(plan[0]["Plan"]) < ROWS_PER_TASK * TASKS
    assert judgements.count() == TASKS - len(returned)


def _forget_statistics() -> None:
    """As after a large import that nothing has analysed yet, until this test ends."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '60s'")
        cursor.execute("DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class)")
        # What other tests left behind may have been vacuumed, and the tables be thought empty.
        cursor.execute(
            "UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relname LIKE 'labeling_%'"
        )


def _tasks(like: Task, kind: str, **fields: list[Any]) -> list[Task]:
    lane = lane_for(project=like.project, kind=kind)
    number = len(next(iter(fields.values())))
    return Task.objects.bulk_create(
        Task(
            project=like.project, prompt=like.prompt, kind=kind, lane=lane, state="complete",
            is_open=False, n_assigned=1, n_submitted=1,
            **{name: values[at] for name, values in fields.items()},
        )
        for at in range(number)
    )  # fmt: skip


def _held(tasks: list[Task], user: User, presented: list[int]) -> list[Assignment]:
    version = tasks[0].project.guideline.versions.get()
    now = timezone.now()
    return Assignment.objects.bulk_create(
        Assignment(
            task=task, labeler=user, state="submitted", leased_until=now, ended_at=now,
            guideline_version=version, presented=presented,
        )
        for task in tasks
    )  # fmt: skip


def _judged(task: Task, labeler: User) -> list[Comparison]:
    first, second = task.candidates.order_by("position").values_list("response_id", flat=True)
    tasks = _tasks(task, "comparison", variant=[f"p-{at}" for at in range(TASKS)])
    return _compared(_held(tasks, labeler, [first, second]))


def _compared(held: list[Assignment]) -> list[Comparison]:
    return Comparison.objects.bulk_create(
        Comparison(
            assignment=each, labeler=each.labeler, prompt=each.task.prompt, preference=1,
            guideline_version=each.guideline_version, seconds=1, response_a_id=each.presented[0],
            response_b_id=each.presented[1], created_at=timezone.now(),
        )
        for each in held
    )  # fmt: skip


def _review(reviewer: User, rows: list[Comparison], verdict: str) -> None:
    is_settled = verdict == "settle"
    subject = "about" if is_settled else "reviewed"
    of: list[Any] = [row.assignment.task if is_settled else row.assignment for row in rows]
    variants = [f"{verdict}-{row.pk}" for row in rows]
    tasks = _tasks(rows[0].assignment.task, "review", variant=variants, **{subject: of})
    held = _held(tasks, reviewer, rows[0].assignment.presented)
    if is_settled:
        made = _compared(held)
    Review.objects.bulk_create(
        Review(
            assignment=each, labeler=reviewer, prompt=each.task.prompt, verdict=verdict,
            guideline_version=each.guideline_version, seconds=1, reason="So.",
            created_at=made[at].created_at if is_settled else timezone.now(),
            **{subject: of[at]},
        )
        for at, each in enumerate(held)
    )  # fmt: skip
