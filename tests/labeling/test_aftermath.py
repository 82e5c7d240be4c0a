"""What follows from a submission: gold results, pauses, disputes, reviews."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from labeling.judging.aftermath import submitted
from labeling.judging.rules import rules_of
from labeling.models import Gold, GoldResult, Labeler, Task
from projects.models import AuditEvent, Project, User
from tests.factories import make_member
from tests.labeling.reviewed import hold, judge, make_rules, write
from tests.labeling.rows import make_comparison_task, make_demonstration_task, make_ranking_task

pytestmark = pytest.mark.django_db


def reviews(project: Project) -> list[tuple[str, int | None, int | None]]:
    found = Task.objects.filter(project=project, kind="review").order_by("pk")
    return list(found.values_list("cause", "reviewed_id", "about_id"))


def test_nothing_follows_where_the_rules_ask_for_nothing(project: Project) -> None:
    judge(make_demonstration_task(project))
    judge(make_comparison_task(project))
    assert reviews(project) == []


def test_a_submission_costs_no_statement_here(project: Project, labeler: User) -> None:
    row = judge(make_comparison_task(project), labeler)
    rules = rules_of(project)
    with CaptureQueriesContext(connection) as asked:
        submitted(row, rules)
    assert len(asked) == 0


def test_everything_is_reviewed_where_the_rules_say_so(project: Project) -> None:
    make_rules(project, review_mode="all")
    row = judge(make_demonstration_task(project))
    assert reviews(project) == [("all", row.assignment_id, None)]


def test_a_sample_is_reviewed(project: Project) -> None:
    make_rules(project, review_mode="sample", review_percent=100)
    row = judge(make_demonstration_task(project))
    assert reviews(project) == [("sampled", row.assignment_id, None)]
    make_rules(project, review_percent=0)
    judge(make_demonstration_task(project))
    assert len(reviews(project)) == 1


def test_a_dispute_is_settled_when_all_have_judged(project: Project) -> None:
    make_rules(project, review_mode="disputed")
    task = make_comparison_task(project, overlap=3)
    judge(task, preference=-2)
    judge(task, preference=2)
    task.refresh_from_db()
    assert task.is_disputed
    assert reviews(project) == []
    judge(task, preference=-1)
    assert reviews(project) == [("disputed", None, task.pk)]


def test_agreement_is_not_reviewed_where_only_disputes_are(project: Project) -> None:
    make_rules(project, review_mode="disputed")
    task = make_comparison_task(project, overlap=2)
    first, second = task.candidates.order_by("position").values_list("response_id", flat=True)
    judge(task, preference=-2)
    judge(task, preference=1, presented=[second, first])
    task.refresh_from_db()
    assert not task.is_disputed
    assert reviews(project) == []


def test_adjudicated_consensus_settles_disputes_as_well(project: Project) -> None:
    make_rules(project, consensus="adjudicated")
    task = make_ranking_task(project, overlap=2)
    first, second, third = task.candidates.order_by("position").values_list(
        "response_id", flat=True
    )
    judge(task, tiers=[[first], [second], [third]])
    judge(task, tiers=[[third], [second], [first]])
    assert reviews(project) == [("disputed", None, task.pk)]


def test_a_correction_can_end_a_dispute(project: Project) -> None:
    task = make_comparison_task(project, overlap=2)
    judge(task, preference=-2)
    row = judge(task, preference=2)
    task.refresh_from_db()
    assert task.is_disputed
    write(row.assignment, supersedes=row, preference=-1)
    task.refresh_from_db()
    assert not task.is_disputed


def gold_task(project: Project, **expected: object) -> Task:
    owner = make_member(project, "owner")
    task = make_comparison_task(project, variant="gold-1", overlap=32_767)
    Gold.objects.create(
        task=task,
        expected={"preferences": [-3, -2], "both_bad": False} | expected,
        reason="The first one answers.",
        created_by=owner,
    )
    return task


def test_gold_results_are_kept_with_sides_turned(project: Project) -> None:
    task = gold_task(project)
    first, second = task.candidates.order_by("position").values_list("response_id", flat=True)
    rows = [
        judge(task, preference=-3),
        judge(task, preference=3, presented=[second, first]),
        judge(task, preference=3),
        judge(task, both_bad=True),
    ]
    found = GoldResult.objects.order_by("pk").values_list("assignment_id", "score")
    assert list(found) == [
        (row.assignment_id, score) for row, score in zip(rows, (1, 1, 0, 0), strict=True)
    ]
    assert reviews(project) == []


def test_who_has_seen_the_answer_cannot_better_the_result(project: Project) -> None:
    row = judge(gold_task(project), preference=3)
    later = write(row.assignment, supersedes=row, preference=-3)
    assert GoldResult.objects.get().score == 0
    make_rules(project, gold_feedback="never")
    write(row.assignment, supersedes=later, preference=-3)
    assert GoldResult.objects.get().score == 1


def test_a_retired_gold_task_gives_no_result(project: Project) -> None:
    task = gold_task(project)
    Gold.objects.update(retired_at=task.created_at)
    judge(task)
    assert not GoldResult.objects.exists()


def test_too_many_wrong_gold_answers_pause_a_labeler(project: Project, labeler: User) -> None:
    make_rules(project, pause_below_percent=60, pause_after_golds=2)
    tasks = [gold_task(project) for _ in range(3)]
    judge(tasks[0], labeler, preference=-3)
    judge(tasks[1], labeler, preference=3)
    found = Labeler.objects.get(project=project, user=labeler)
    assert found.paused_at is not None
    assert "50 %" in found.pause_reason
    assert AuditEvent.objects.filter(verb="labeler.paused", actor=None).count() == 1
    judge(tasks[2], labeler, preference=3)
    assert AuditEvent.objects.filter(verb="labeler.paused").count() == 1


def test_good_gold_answers_pause_nobody(project: Project, labeler: User) -> None:
    make_rules(project, pause_below_percent=50, pause_after_golds=2)
    judge(gold_task(project), labeler, preference=-3)
    judge(gold_task(project), labeler, preference=3)
    assert not Labeler.objects.filter(paused_at__isnull=False).exists()


def test_nothing_follows_from_what_reviewers_write(project: Project, reviewer: User) -> None:
    make_rules(project, review_mode="all")
    row = judge(make_demonstration_task(project))
    held = hold(row.assignment.reviews.get(), reviewer)
    with transaction.atomic():
        submitted(type(row)(assignment=held), rules_of(project))
    assert len(reviews(project)) == 1
