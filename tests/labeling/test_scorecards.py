"""How the work of labelers goes, and who sees it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.gold import making as gold_making
from labeling.models import Assignment, Comparison, GoldResult, Labeler, Task
from labeling.quality.scorecards import scorecard, summary_of
from labeling.reviewing.asking import ask_review
from labeling.reviewing.verdicts import submit_review, usable
from projects.models import Project, Role, User
from tests.conftest import SignIn
from tests.factories import make_member
from tests.labeling.reviewed import hold, judge, make_rules, review_of, write
from tests.labeling.rows import make_comparison_task, make_demonstration_task
from tests.labeling.test_gold import ITEM

pytestmark = pytest.mark.django_db


def at_work(row: Any, seconds: float) -> None:
    Assignment.objects.filter(pk=row.assignment_id).update(active_seconds=seconds)


def test_volume_and_median_time_by_kind(project: Project, labeler: User) -> None:
    for seconds in (10, 20, 90, 0):
        at_work(judge(make_demonstration_task(project), labeler), seconds)
    at_work(judge(make_comparison_task(project), labeler), 5)
    judge(make_comparison_task(project))
    card = scorecard(project, labeler)
    kinds = [(kind.label, kind.number, kind.median_seconds) for kind in card.kinds]
    assert kinds == [("Demonstration", 4, 20.0), ("Comparison", 1, 5.0)]
    assert (card.number, card.median_seconds) == (5, 15.0)


def test_skips_and_flags_are_counted(project: Project, labeler: User) -> None:
    for state in ("skipped", "skipped", "flagged", "lapsed"):
        held = hold(make_demonstration_task(project), labeler)
        Assignment.objects.filter(pk=held.pk).update(state=state)
    card = scorecard(project, labeler)
    assert (card.number, card.n_skipped, card.n_flagged) == (0, 2, 1)


def test_the_gold_score_has_an_interval(project: Project, owner: User, labeler: User) -> None:
    for number in range(4):
        item = ITEM | {"prompt": f"Question {number}"}
        made = gold_making.write_gold(by=owner, project=project, item=item)
        judge(made.task, labeler, preference=-3 if number else 3)
    found = scorecard(project, labeler).gold
    assert found is not None
    assert (found.value, found.n) == (0.75, 4)
    assert (round(found.low, 3), round(found.high, 3)) == (0.301, 0.954)


def test_a_hidden_gold_score_does_not_move_on_the_same_day(
    project: Project, owner: User, labeler: User
) -> None:
    make_rules(project, gold_feedback="never")
    made = gold_making.write_gold(by=owner, project=project, item=ITEM)
    judge(made.task, labeler, preference=-3)
    assert scorecard(project, labeler, is_own=True).gold is None
    assert scorecard(project, labeler).gold is not None
    GoldResult.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert scorecard(project, labeler, is_own=True).gold is not None


def test_agreement_is_the_share_of_others_on_the_same_side(project: Project, labeler: User) -> None:
    task = make_comparison_task(project, overlap=3)
    first, second = task.candidates.order_by("position").values_list("response_id", flat=True)
    judge(task, labeler, preference=-3)
    judge(task, preference=1, presented=[second, first])
    judge(task, both_bad=True)
    other = make_comparison_task(project, overlap=2)
    judge(other, labeler, preference=0)
    judge(other, preference=0)
    judge(make_comparison_task(project), labeler)
    found = scorecard(project, labeler).agreement
    assert found is not None
    assert (found.n, found.value) == (2, 0.75)


def test_a_corrected_judgement_counts_once(project: Project, labeler: User) -> None:
    task = make_comparison_task(project, overlap=2)
    judge(task, preference=-3)
    row = judge(task, labeler, preference=3)
    write(row.assignment, supersedes=row, preference=-1)
    found = scorecard(project, labeler).agreement
    assert found is not None
    assert (found.n, found.value) == (1, 1.0)


def test_reviews_are_counted(project: Project, reviewer: User, labeler: User) -> None:
    for verdict in ("accept", "accept", "return"):
        row = judge(make_demonstration_task(project), labeler)
        ask_review(by=None, project=project, assignments=[row.assignment])
        held = review_of(row.assignment, reviewer)
        submit_review(by=reviewer, assignment=held, verdict=verdict, reason="Because.")
    card = scorecard(project, labeler)
    assert card.verdicts == {"accept": 2, "fix": 0, "return": 1}
    assert card.returned is not None
    assert card.returned.percent == 33
    reviewers = scorecard(project, reviewer)
    assert [(kind.label, kind.number) for kind in reviewers.kinds] == [("Review", 3)]


def test_weeks_come_in_order(project: Project, labeler: User) -> None:
    for days in (0, 7, 7):
        row = judge(make_demonstration_task(project), labeler)
        ended_at = timezone.now() - timedelta(days=days)
        Assignment.objects.filter(pk=row.assignment_id).update(ended_at=ended_at)
    card = scorecard(project, labeler)
    assert [week.number for week in card.weeks] == [2, 1]
    assert card.busiest_week == 2


def test_the_summary_has_everybody_with_work_the_busiest_first(
    project: Project, labeler: User
) -> None:
    other = make_member(project, Role.LABELER, "lars")
    make_member(project, Role.LABELER, "idle")
    judge(make_demonstration_task(project), labeler)
    for _ in range(2):
        judge(make_demonstration_task(project), other)
    elsewhere = make_member(make_other(), Role.LABELER)
    assert [(one.user, one.number) for one in summary_of(project)] == [(other, 2), (labeler, 1)]
    assert elsewhere not in [one.user for one in summary_of(project)]


def make_other() -> Project:
    from tests.factories import make_guideline_version, make_project

    project = make_project()
    make_guideline_version(project)
    return project


def test_the_statements_do_not_grow_with_the_people(project: Project) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            summary_of(project)
        return len(asked)

    judge(make_comparison_task(project))
    before = statements()
    for _ in range(3):
        judge(make_comparison_task(project))
    assert statements() == before <= 7


def test_ten_thousand_judgements_are_read_by_plans_that_end(
    project: Project, labeler: User
) -> None:
    task = make_comparison_task(project)
    people = [labeler, *(make_member(project) for _ in range(3))]
    first, second = task.candidates.order_by("position").values_list("response_id", flat=True)
    tasks = Task.objects.bulk_create(
        Task(
            project=project, prompt=task.prompt, kind="comparison", variant=f"p-{number}",
            lane=task.lane, state="complete", is_open=False, overlap=4, n_assigned=4, n_submitted=4,
        )
        for number in range(2_500)
    )  # fmt: skip
    version = project.guideline.versions.get()
    held = Assignment.objects.bulk_create(
        Assignment(
            task=each, labeler=person, state="submitted", leased_until=timezone.now(),
            ended_at=timezone.now(), guideline_version=version, presented=[first, second],
        )
        for each in tasks
        for person in people
    )  # fmt: skip
    Comparison.objects.bulk_create(
        Comparison(
            assignment=each, labeler_id=each.labeler_id, prompt=task.prompt, seconds=1,
            guideline_version=version, response_a_id=first, response_b_id=second,
            preference=each.pk % 7 - 3,
        )
        for each in held
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE labeling_task, labeling_assignment, labeling_comparison")
        cursor.execute("SET LOCAL statement_timeout = '60s'")
    assert [one.number for one in summary_of(project)] == [2_500] * 4
    card = scorecard(project, labeler)
    assert card.agreement is not None
    assert card.agreement.n == 2_500
    assert usable(Comparison.objects.all()).count() == 10_000


class TestPages:
    def test_a_labeler_sees_their_own_and_nobody_elses(
        self, project: Project, labeler: User, signed_in: SignIn
    ) -> None:
        other = make_member(project, Role.LABELER, "lars")
        judge(make_comparison_task(project), labeler)
        client = signed_in(labeler)
        page = client.get("/projects/harbour/scorecard/").content.decode()
        assert "Your scorecard" in page
        assert "lars" not in page
        for person in (other, labeler):
            path = f"/projects/harbour/labelers/{person.pk}/"
            assert client.get(path).status_code == 403

    def test_an_owner_sees_all_of_the_project(
        self, project: Project, owner: User, labeler: User, stranger: User, signed_in: SignIn
    ) -> None:
        judge(make_comparison_task(project), labeler)
        client = signed_in(owner)
        page = client.get(f"/projects/harbour/labelers/{labeler.pk}/").content.decode()
        assert labeler.username in page
        assert client.get(f"/projects/harbour/labelers/{stranger.pk}/").status_code == 404

    def test_a_paused_labeler_is_told_kindly_and_an_owner_lifts_it(
        self, project: Project, owner: User, labeler: User, signed_in: SignIn
    ) -> None:
        Labeler.objects.create(
            project=project, user=labeler, paused_at=timezone.now(), pause_reason="Gold at 20 %."
        )
        page = signed_in(labeler).get("/projects/harbour/scorecard/").content.decode()
        assert "Your work here is paused." in page
        assert "Lift the pause" not in page
        client = signed_in(owner)
        path = f"/projects/harbour/labelers/{labeler.pk}/"
        assert "Lift the pause" in client.get(path).content.decode()
        assert client.post(f"{path}resume/", {}).status_code == 400
        assert client.post(f"{path}resume/", {"note": "We talked."}).status_code == 302
        assert client.post(f"{path}resume/", {"note": ""}).status_code == 409
        assert Labeler.objects.get().paused_at is None
