"""Which tasks are never given to whom, and what is held ready ahead."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.assigning import queue
from labeling.assigning.claiming import lease_next
from labeling.assigning.gates import terms_for
from labeling.assigning.lanes import lane_for
from labeling.assigning.queue import claim_ahead, claim_next, lapse_expired, open_now, skip
from labeling.judging.submissions import submit_comparison, submit_demonstration
from labeling.models import Assignment, Candidate, Response, Task
from labeling.reviewing.asking import ask_adjudication, ask_review
from projects.errors import NotFound, NotPermitted
from projects.models import Project, User
from tests.factories import make_guideline_version, make_member, make_project
from tests.labeling.rows import (
    claim,
    make_comparison_task,
    make_demonstration_task,
    make_ranking_task,
    make_task,
)
from tests.plans import rows_met_by

pytestmark = pytest.mark.django_db


def of_prompt(task: Task, kind: str) -> Task:
    return make_task(task.prompt, kind)


def test_a_review_of_their_own_submission_is_for_others(
    project: Project, reviewer: User, owner: User
) -> None:
    make_demonstration_task(project)
    held = claim(reviewer, project)
    submit_demonstration(by=reviewer, assignment=held, text="Answer.")
    ask_review(by=owner, project=project, assignments=[held])
    assert claim_next(by=reviewer, project=project, kind="review") is None
    assert claim(owner, project, "review").task.reviewed == held


def test_labelers_are_given_no_reviews(project: Project, labeler: User, owner: User) -> None:
    make_demonstration_task(project)
    held = claim(owner, project)
    submit_demonstration(by=owner, assignment=held, text="Answer.")
    ask_review(by=owner, project=project, assignments=[held])
    with pytest.raises(NotPermitted):
        claim_next(by=labeler, project=project, kind="review")


def test_whoever_had_a_task_does_not_settle_it(
    project: Project, reviewer: User, owner: User
) -> None:
    task = make_comparison_task(project, overlap=2)
    held = claim(reviewer, project, "comparison")
    submit_comparison(by=reviewer, assignment=held, preference=1)
    ask_adjudication(by=owner, task=task)
    assert claim_next(by=reviewer, project=project, kind="review") is None
    assert claim(owner, project, "review").task.about == task


@pytest.mark.parametrize("kind", ["comparison", "ranking"])
def test_responses_they_wrote_are_for_others(project: Project, labeler: User, kind: str) -> None:
    make = make_comparison_task if kind == "comparison" else make_ranking_task
    task = make(project)
    own = Response.objects.create(prompt=task.prompt, origin="person", text="Mine.", author=labeler)
    Candidate.objects.create(task=task, position=7, response=own)
    assert claim_next(by=labeler, project=project, kind=kind) is None
    assert claim(make_member(project), project, kind).task == task


@pytest.mark.parametrize("kind", ["comparison", "ranking"])
def test_whoever_opened_its_candidates_does_not_demonstrate(
    project: Project, labeler: User, kind: str
) -> None:
    make = make_comparison_task if kind == "comparison" else make_ranking_task
    demonstration = of_prompt(make(project), "demonstration")
    other = make_demonstration_task(project)
    skip(by=labeler, assignment=claim(labeler, project, kind))
    assert claim(labeler, project).task == other
    assert claim(make_member(project), project).task == demonstration


def test_whoever_reviewed_a_prompt_neither_demonstrates_nor_compares(
    project: Project, reviewer: User, owner: User
) -> None:
    demonstration = make_demonstration_task(project, overlap=2)
    comparison = of_prompt(demonstration, "comparison")
    held = claim(owner, project)
    submit_demonstration(by=owner, assignment=held, text="Answer.")
    ask_review(by=owner, project=project, assignments=[held])
    claim(reviewer, project, "review")
    assert claim_next(by=reviewer, project=project, kind="demonstration") is None
    assert claim_next(by=reviewer, project=project, kind="comparison") is None
    assert claim(make_member(project), project, "comparison").task == comparison


def test_a_task_held_ahead_comes_next_and_only_one_is(project: Project, labeler: User) -> None:
    tasks = [make_demonstration_task(project) for _ in range(3)]
    first = claim(labeler, project)
    ahead = claim_ahead(by=labeler, assignment=first)
    assert ahead is not None
    assert (ahead.task, ahead.opened_at, ahead.state) == (tasks[1], None, "open")
    assert claim_ahead(by=labeler, assignment=first) == ahead
    assert claim(labeler, project) == first
    submit_demonstration(by=labeler, assignment=first, text="Answer.")
    second = claim(labeler, project)
    assert second == ahead
    assert second.opened_at is not None
    assert claim(make_member(project), project).task == tasks[2]


def test_opening_what_was_held_ready_notes_when_once(project: Project, labeler: User) -> None:
    make_demonstration_task(project), make_demonstration_task(project)
    ahead = claim_ahead(by=labeler, assignment=claim(labeler, project))
    assert ahead is not None
    opened = open_now(by=labeler, assignment=ahead)
    assert opened.opened_at is not None
    assert open_now(by=labeler, assignment=ahead).opened_at == opened.opened_at
    with pytest.raises(NotFound):
        open_now(by=make_member(project), assignment=ahead)


def test_nothing_is_held_ahead_of_a_task_that_ended(project: Project, labeler: User) -> None:
    make_demonstration_task(project), make_demonstration_task(project)
    first = claim(labeler, project)
    submit_demonstration(by=labeler, assignment=first, text="Answer.")
    assert claim_ahead(by=labeler, assignment=first) is None
    assert Assignment.objects.count() == 1


def test_what_was_held_ready_lapses_and_comes_back(project: Project, labeler: User) -> None:
    make_demonstration_task(project), make_demonstration_task(project)
    first = claim(labeler, project)
    ahead = claim_ahead(by=labeler, assignment=first)
    assert ahead is not None
    past = timezone.now() - timedelta(seconds=1)
    Assignment.objects.filter(pk=ahead.pk).update(leased_until=past)
    assert lapse_expired() == 1
    submit_demonstration(by=labeler, assignment=first, text="Answer.")
    again = claim(labeler, project)
    assert (again, again.state, again.opened_at is None) == (ahead, "open", False)


def test_what_was_held_ready_is_dropped_once_its_answers_were_seen(
    project: Project, labeler: User
) -> None:
    make_demonstration_task(project)
    comparison = make_comparison_task(project)
    demonstration = of_prompt(comparison, "demonstration")
    first = claim(labeler, project)
    ahead = claim_ahead(by=labeler, assignment=first)
    assert ahead is not None
    assert ahead.task == demonstration
    claim(labeler, project, "comparison")
    submit_demonstration(by=labeler, assignment=first, text="Answer.")
    assert claim_next(by=labeler, project=project, kind="demonstration") is None
    demonstration.refresh_from_db()
    assert (demonstration.n_assigned, demonstration.is_open) == (0, True)
    assert not Assignment.objects.filter(pk=ahead.pk).exists()


def test_a_correction_is_no_lease_and_ends_by_itself(project: Project, labeler: User) -> None:
    first, second = make_demonstration_task(project), make_demonstration_task(project)
    held = claim(labeler, project)
    submit_demonstration(by=labeler, assignment=held, text="Answer.")
    past = timezone.now() - timedelta(seconds=1)
    Assignment.objects.filter(pk=held.pk).update(
        state="reopened", leased_until=past, draft={"text": "Better."}
    )
    assert claim(labeler, project).task == second
    assert lapse_expired() == 0
    held.refresh_from_db()
    assert (held.state, held.draft) == ("submitted", {"text": "Better."})
    first.refresh_from_db()
    assert (first.n_assigned, first.state) == (1, "complete")


def test_a_claim_loads_no_guideline_text(project: Project, labeler: User) -> None:
    make_guideline_version(project, text="## 1 Be helpful\n\n" + "Long. " * 10_000)
    make_demonstration_task(project)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        claim(labeler, project)
    assert not [
        query for query in queries if '"instructions_guidelineversion"."text"' in query["sql"]
    ]


def test_a_claim_walks_the_partial_index_whatever_else_is_there(
    project: Project, labeler: User
) -> None:
    """With many projects, thousands of closed tasks and many had, the plan must not change."""
    for number in range(8):
        _many_tasks(make_project(f"other-{number}"), 400, is_open=number % 2 == 0)
    _many_tasks(project, 400, is_open=False)
    _many_tasks(project, 400, is_open=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    claims = Claims()
    with connection.execute_wrapper(claims):
        claim(labeler, project)
    ((statement, values),) = claims.made
    with connection.cursor() as cursor:
        # Again, though the labeler has one at work by now.
        again = {**values, "beside": True}
        cursor.execute("EXPLAIN (ANALYZE, TIMING OFF) " + statement, again)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan using open_tasks on labeling_task" in plan
    assert "Seq Scan on labeling_task" not in plan
    walked = re.search(r"open_tasks on labeling_task task.*?actual rows=([\d.]+)", plan)
    assert walked is not None
    assert float(walked[1]) == 1


@pytest.mark.parametrize("kind", ["demonstration", "comparison", "ranking", "review"])
def test_a_claim_costs_the_same_whatever_a_labeler_did_before(
    project: Project, reviewer: User, kind: str
) -> None:
    """Though the planner last heard of somebody who had done nothing.

    It may go through the open tasks in another way meanwhile, but never through what was had.
    """
    n_open, n_had = 50, 3_000
    _many_tasks(project, n_open, is_open=True, kind=kind)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    before = _rows_met(project, reviewer, kind)
    _many_had(project, reviewer, n_had)
    assert _rows_met(project, reviewer, kind) < before + 4 * n_open < n_had


def _rows_met(project: Project, user: User, kind: str) -> int:
    claims = Claims()
    with connection.execute_wrapper(claims), transaction.atomic():
        lease_next(
            terms_for(user, project.slug, kind), kind, now=timezone.now(), until=timezone.now()
        )
        transaction.set_rollback(True)
    ((statement, values),) = claims.made
    with transaction.atomic():
        met = rows_met_by(statement, values)
        transaction.set_rollback(True)
    return met


class Claims:
    """The claims among the statements that pass, with their values."""

    def __init__(self) -> None:
        self.made: list[tuple[str, Any]] = []

    def __call__(self, execute: Any, sql: Any, values: Any, many: Any, context: Any) -> Any:
        if "INSERT INTO labeling_assignment" in sql:
            self.made.append((sql, values))
        return execute(sql, values, many, context)


def _many_tasks(
    project: Project, number: int, *, is_open: bool, kind: str = "demonstration"
) -> Task:
    task = make_demonstration_task(project)
    about = make_demonstration_task(project) if kind == "review" else None
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO labeling_task (project_id, prompt_id, kind, variant, lane_id, state,"
            " is_open, overlap, n_assigned, n_submitted, n_skipped, is_disputed, cause, clauses,"
            " about_id, created_at) SELECT project_id, prompt_id, %s, %s || n, %s, %s, %s, 1, 0,"
            " 0, 0, false, '', '{}', %s, now() FROM labeling_task, generate_series(1, %s) n"
            " WHERE id = %s",
            [
                kind,
                f"{is_open}-",
                lane_for(project=project, kind=kind).pk,
                "ready" if is_open else "retired",
                is_open,
                about.pk if about else None,
                number,
                task.pk,
            ],
        )
    return task


def _many_had(project: Project, user: User, number: int) -> None:
    """Closed tasks that this labeler opened, on another prompt."""
    task = _many_tasks(project, number, is_open=False)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO labeling_assignment (task_id, labeler_id, state, leased_until, presented,"
            " guideline_version_id, draft, skip_reason, opened_at, active_seconds, evidence,"
            " created_at) SELECT task.id, %s, 'submitted', now(), '{}', version.id, '{}', '',"
            " now(), 0, '{}', now() FROM labeling_task task, instructions_guidelineversion version"
            " WHERE task.prompt_id = %s AND NOT task.is_open",
            [user.pk, task.prompt_id],
        )


def test_the_statements_of_a_claim_are_few(project: Project, labeler: User) -> None:
    make_demonstration_task(project)
    with CaptureQueriesContext(connection) as queries:
        assert queue.claim_next(by=labeler, project=project, kind="demonstration") is not None
    assert len(queries) <= 12
