"""Two deeds on one task at the same moment, in threads, on real PostgreSQL: one outcome."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from labeling.assigning.flags import flag, settle
from labeling.assigning.queue import lapse_expired, skip
from labeling.gold.making import make_gold, retire_gold
from labeling.judging.correcting import undo
from labeling.judging.submissions import submit_comparison, submit_demonstration
from labeling.models import (
    Assignment,
    Comparison,
    Demonstration,
    Flag,
    Gold,
    GoldResult,
    Review,
    Task,
)
from labeling.reviewing.asking import ask_adjudication, ask_review
from labeling.reviewing.verdicts import submit_review
from projects.errors import Conflict
from projects.models import Project, Role, User
from tests.factories import make_member
from tests.labeling.reviewed import hold, judge
from tests.labeling.rows import claim, make_comparison_task, make_demonstration_task
from tests.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 6


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What each came to: its result, or the domain's refusal. Anything else fails the test."""

    def run(deed: Callable[[], Any]) -> Any:
        try:
            return deed()
        except Conflict as refusal:
            return refusal

    return in_threads(run, deeds)


def refusals(results: list[Any]) -> int:
    return sum(isinstance(result, Conflict) for result in results)


def counted(task: Task) -> None:
    """The counters of a task are those of its rows."""
    task.refresh_from_db()
    states = list(task.assignments.values_list("state", flat=True))
    n_submitted = sum(state in ("submitted", "reopened") for state in states)
    assert task.n_submitted == n_submitted
    assert task.n_assigned == n_submitted + states.count("open")
    assert task.is_open == (task.state == "ready" and task.n_assigned < task.overlap)


@pytest.fixture
def helds(project: Project, labeler: User) -> Iterator[Assignment]:
    """A lease at a time, each on a task of its own."""

    def leases() -> Iterator[Assignment]:
        for _ in range(TIMES):
            make_demonstration_task(project)
            yield claim(labeler, project)

    return leases()


def test_the_same_submission_twice_is_one(labeler: User, helds: Iterator[Assignment]) -> None:
    for held in helds:
        one, other = at_once(
            partial(submit_demonstration, by=labeler, assignment=held, text="One."),
            partial(submit_demonstration, by=labeler, assignment=held, text="Two."),
        )
        assert one == other
        assert Demonstration.objects.filter(assignment=held).count() == 1
        counted(held.task)


def test_submitting_and_flagging_is_one_of_both(labeler: User, helds: Iterator[Assignment]) -> None:
    for held in helds:
        results = at_once(
            partial(submit_demonstration, by=labeler, assignment=held, text="One."),
            partial(flag, by=labeler, assignment=held, reason="broken"),
        )
        assert refusals(results) == 1
        rows = Demonstration.objects.filter(assignment=held).count()
        assert rows + Flag.objects.filter(assignment=held).count() == 1
        counted(held.task)


def test_submitting_and_skipping_is_one_of_both(labeler: User, helds: Iterator[Assignment]) -> None:
    for held in helds:
        results = at_once(
            partial(submit_demonstration, by=labeler, assignment=held, text="One."),
            partial(skip, by=labeler, assignment=held),
        )
        assert refusals(results) == 1
        held.refresh_from_db()
        assert (held.state == "submitted") == Demonstration.objects.filter(assignment=held).exists()
        counted(held.task)


def test_taking_back_and_submitting_again_is_one_chain(
    labeler: User, helds: Iterator[Assignment]
) -> None:
    for held in helds:
        first = submit_demonstration(by=labeler, assignment=held, text="One.")
        at_once(
            partial(undo, by=labeler, assignment=held),
            partial(submit_demonstration, by=labeler, assignment=held, text="Two."),
            partial(undo, by=labeler, assignment=held),
            partial(submit_demonstration, by=labeler, assignment=held, text="Three."),
        )
        chain = list(Demonstration.objects.filter(assignment=held).order_by("pk"))
        assert [row.supersedes for row in chain] == [None, *chain[:-1]]
        assert chain[0] == first
        counted(held.task)


def test_a_lease_that_lapses_while_it_is_submitted(
    labeler: User, helds: Iterator[Assignment]
) -> None:
    for held in helds:
        Assignment.objects.filter(pk=held.pk).update(
            leased_until=timezone.now() - timedelta(seconds=1)
        )
        row, _ = at_once(
            partial(submit_demonstration, by=labeler, assignment=held, text="One."),
            lapse_expired,
        )
        assert isinstance(row, Demonstration)
        counted(held.task)


def test_a_verdict_and_a_correction_do_not_cross(
    project: Project, labeler: User, reviewer: User
) -> None:
    """A fix is of what stands: either it comes before the undoing, or it is refused."""
    for _ in range(TIMES):
        make_demonstration_task(project)
        held = claim(labeler, project)
        row = submit_demonstration(by=labeler, assignment=held, text="One.")
        ask_review(by=None, project=project, assignments=[held])
        review = hold(row.assignment.reviews.get(), reviewer)
        fix = {"text": "Fixed."}
        results = at_once(
            partial(undo, by=labeler, assignment=held),
            partial(submit_review, by=reviewer, assignment=review, verdict="fix", fix=fix),
        )
        assert refusals(results) == 1
        held.refresh_from_db()
        assert (held.state == "reopened") != Demonstration.objects.filter(supersedes=row).exists()


def test_a_verdict_twice_and_a_settlement_twice_are_one(project: Project, reviewer: User) -> None:
    for _ in range(TIMES):
        task = make_comparison_task(project, overlap=2)
        judge(task, preference=-2)
        judge(task, preference=2)
        made = at_once(*2 * [partial(ask_adjudication, by=None, task=task)])
        assert made.count(None) == 1
        held = hold(task.adjudications.get(), reviewer)
        fix = {"preference": 1}
        one, other = at_once(
            *2 * [partial(submit_review, by=reviewer, assignment=held, verdict="settle", fix=fix)]
        )
        assert one == other
        assert Review.objects.filter(about=task).count() == 1
        assert Comparison.objects.filter(assignment=held).count() == 1
        assert Task.objects.get(pk=held.task_id).n_submitted == 1


def test_retiring_gold_while_it_is_judged_and_settled(
    project: Project, owner: User, labeler: User
) -> None:
    """Three that want the task and its gold: in one order, so that none waits for the others."""
    for _ in range(TIMES):
        done = make_comparison_task(project)
        judge(done, make_member(project, Role.LABELER), preference=-2)
        expected = {"preferences": [-2], "both_bad": False}
        gold = make_gold(by=owner, task=done, expected=expected, reason="So.")
        held = hold(gold.task, labeler)
        Task.objects.filter(pk=gold.task_id).update(state="set_aside", is_open=False)
        row, *_ = at_once(
            partial(submit_comparison, by=labeler, assignment=held, preference=-2),
            partial(retire_gold, by=owner, gold=gold),
            partial(settle, by=owner, task=gold.task, outcome="retired"),
        )
        assert isinstance(row, Comparison)
        assert Gold.objects.get(pk=gold.pk).retired_at is not None
        assert GoldResult.objects.filter(assignment=held).count() <= 1
        assert Task.objects.get(pk=gold.task_id).n_submitted == 1
