"""What stands between a member and the work, and how gold is mixed in."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from instructions.models import Guideline, Quiz
from labeling.assigning.gates import NotNow, barrier
from labeling.assigning.lanes import lane_for
from labeling.assigning.queue import claim_ahead, claim_next
from labeling.judging.submissions import submit_comparison, submit_demonstration
from labeling.models import Gold, GoldResult, Labeler, Task, WorkRules
from projects.models import Membership, Project, User
from tests.factories import make_guideline_version, make_member, make_project
from tests.labeling.rows import claim, make_comparison_task, make_demonstration_task

pytestmark = pytest.mark.django_db


def rules(project: Project, **values: Any) -> None:
    WorkRules.objects.update_or_create(project=project, defaults=values)


def kind_of_barrier(user: User, project: Project, kind: str = "demonstration") -> str:
    found = barrier(Membership.objects.get(user=user, project=project), kind)
    return found.kind if found else ""


def make_gold(project: Project, owner: User) -> Task:
    lane = lane_for(project=project, kind="comparison", is_gold=True)
    task = make_comparison_task(project, lane=lane, overlap=50, variant="gold-1")
    expected = {"preferences": [2], "both_bad": False}
    Gold.objects.create(task=task, expected=expected, reason="Because.", created_by=owner)
    return task


def test_nothing_hinders_by_default(project: Project, labeler: User) -> None:
    for kind in Task.Kind.values:
        assert kind_of_barrier(labeler, project, kind) == ""


def test_without_a_guideline_there_is_nothing_to_judge_by(labeler: User) -> None:
    bare = make_project("bare")
    member = make_member(bare)
    make_demonstration_task(bare)
    assert kind_of_barrier(member, bare) == "guideline"
    with pytest.raises(NotNow, match="guideline") as refused:
        claim_next(by=member, project=bare, kind="demonstration")
    assert refused.value.barrier.kind == "guideline"
    assert refused.value.barrier.url == "/projects/bare/guideline/"
    assert refused.value.status == 409


def test_a_version_to_acknowledge_comes_first(project: Project, labeler: User) -> None:
    Guideline.objects.filter(project=project).update(requires_acknowledgement=True)
    assert kind_of_barrier(labeler, project) == "acknowledgement"
    with pytest.raises(NotNow, match="confirm"):
        claim_next(by=labeler, project=project, kind="demonstration")


def test_a_quiz_gates_its_kinds_only(project: Project, labeler: User, owner: User) -> None:
    Quiz.objects.create(
        guideline=project.guideline,
        title="Basics",
        kinds=["comparison"],
        is_active=True,
        created_by=owner,
    )
    assert kind_of_barrier(labeler, project, "comparison") == "quiz"
    assert kind_of_barrier(labeler, project, "demonstration") == ""


def test_who_is_paused_is_told_why(project: Project, labeler: User) -> None:
    Labeler.objects.create(
        project=project, user=labeler, paused_at=timezone.now(), pause_reason="Gold is low."
    )
    make_demonstration_task(project)
    with pytest.raises(NotNow, match="Gold is low") as refused:
        claim_next(by=labeler, project=project, kind="demonstration")
    assert refused.value.barrier.kind == "paused"


def test_the_daily_cap_counts_this_day_and_a_labeler_may_have_an_own_one(
    project: Project, labeler: User
) -> None:
    rules(project, daily_cap=1)
    for _ in range(4):
        make_demonstration_task(project)
    held = claim(labeler, project)
    assert claim_ahead(by=labeler, assignment=held) is None
    submit_demonstration(by=labeler, assignment=held, text="Answer.")
    assert kind_of_barrier(labeler, project) == "daily_cap"
    assert kind_of_barrier(labeler, project, "review") == ""
    Labeler.objects.create(project=project, user=labeler, daily_cap=2)
    assert kind_of_barrier(labeler, project) == ""
    Labeler.objects.update(daily_cap=None)
    type(held).objects.update(ended_at=timezone.now() - timedelta(days=1, minutes=1))
    assert kind_of_barrier(labeler, project) == ""


def test_before_qualifying_only_gold_is_given(project: Project, labeler: User, owner: User) -> None:
    rules(project, qualify_percent=60, qualify_golds=2)
    plain = [make_comparison_task(project, overlap=9) for _ in range(3)]
    golds = [make_gold(project, owner) for _ in range(2)]
    for gold in golds:
        held = claim(labeler, project, "comparison")
        assert held.task == gold
        submit_comparison(by=labeler, assignment=held, preference=2)
    GoldResult.objects.all().delete()
    for known, score in zip(Gold.objects.order_by("pk"), (1.0, 0.0), strict=True):
        assignment = known.task.assignments.get(labeler=labeler)
        GoldResult.objects.create(gold=known, assignment=assignment, labeler=labeler, score=score)
    assert kind_of_barrier(labeler, project, "comparison") == "unqualified"
    assert kind_of_barrier(labeler, project, "demonstration") == ""
    GoldResult.objects.update(score=1.0)
    assert claim(labeler, project, "comparison").task == plain[0]


@pytest.mark.parametrize(("percent", "expected"), [(100, True), (0, False)])
def test_gold_is_mixed_in_at_the_rate_of_the_project(
    project: Project, labeler: User, owner: User, percent: int, expected: bool
) -> None:
    rules(project, gold_percent=percent)
    make_comparison_task(project)
    make_gold(project, owner)
    assert (claim(labeler, project, "comparison").task.variant == "gold-1") is expected


def test_neither_gold_nor_the_rest_starves(project: Project, owner: User) -> None:
    rules(project, gold_percent=50)
    for _ in range(2):
        make_comparison_task(project, overlap=9)
        make_gold(project, owner)
    person = make_member(project)
    for _ in range(4):
        submit_comparison(by=person, assignment=claim(person, project, "comparison"), preference=2)
    assert claim_next(by=person, project=project, kind="comparison") is None


def test_about_the_named_share_is_gold(
    project: Project, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules(project, gold_percent=30)
    for _ in range(3):
        make_gold(project, owner)
        make_comparison_task(project, overlap=200)
    drawn = iter(range(100))
    monkeypatch.setattr("secrets.randbelow", lambda _: next(drawn))
    found = [claim(make_member(project), project, "comparison").task for _ in range(100)]
    assert [task.variant == "gold-1" for task in found] == [True] * 30 + [False] * 70


def test_gold_takes_the_same_statements(
    project: Project, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules(project, gold_percent=50)
    make_gold(project, owner), make_comparison_task(project, overlap=50)
    counted = []
    for drawn in (0, 99):
        monkeypatch.setattr("secrets.randbelow", lambda _, drawn=drawn: drawn)
        person = make_member(project)
        with CaptureQueriesContext(connection) as queries:
            claim(person, project, "comparison")
        counted.append([query["sql"].split()[0] for query in queries])
    assert counted[0] == counted[1]


def test_whoever_made_a_gold_task_is_not_given_it(project: Project, owner: User) -> None:
    rules(project, gold_percent=100)
    make_gold(project, owner)
    assert claim_next(by=owner, project=project, kind="comparison") is None


def test_a_newer_version_is_the_one_that_is_shown(project: Project, labeler: User) -> None:
    newer = make_guideline_version(project)
    make_demonstration_task(project)
    assert claim(labeler, project).guideline_version == newer
