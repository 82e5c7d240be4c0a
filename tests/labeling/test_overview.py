"""What home and a project's page count and tell."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.assigning.lanes import lane_for
from labeling.assigning.queue import claim_ahead
from labeling.judging.submissions import submit_comparison, submit_demonstration, submit_ranking
from labeling.models import Assignment, Gold, GoldResult, Labeler, Task
from labeling.quality import funnel, overview
from projects import audit
from projects.models import Membership, Project, User
from tests.factories import make_guideline_version, make_project
from tests.labeling.reviewed import judge, make_rules
from tests.labeling.rows import (
    claim,
    make_comparison_task,
    make_demonstration_task,
    make_prompt,
    make_ranking_task,
    make_task,
)

pytestmark = pytest.mark.django_db


def member(project: Project, user: User) -> Membership:
    return Membership.objects.get(project=project, user=user)


def ready(project: Project, user: User) -> dict[str, int]:
    return {kind.kind: kind.n_ready for kind in overview.work_for(member(project, user)).kinds}


class TestReady:
    def test_only_kinds_that_there_are_and_reviews_only_for_staff(
        self, project: Project, labeler: User, reviewer: User
    ) -> None:
        row = judge(make_demonstration_task(project))
        lane = lane_for(project=project, kind="review")
        make_task(row.prompt, "review", reviewed=row.assignment, lane=lane)
        assert ready(project, labeler) == {"demonstration": 0}
        assert ready(project, reviewer) == {"demonstration": 0, "review": 1}

    def test_what_this_labeler_could_not_be_given_is_not_counted(
        self, project: Project, labeler: User
    ) -> None:
        make_demonstration_task(project), make_demonstration_task(project)
        german = lane_for(project=project, kind="demonstration", language="de")
        skilled = lane_for(project=project, kind="demonstration", skills=["law"])
        gold = lane_for(project=project, kind="demonstration", is_gold=True)
        for lane in (german, skilled, gold):
            make_demonstration_task(project, lane=lane)
        claim(labeler, project)
        assert ready(project, labeler) == {"demonstration": 1}
        Labeler.objects.create(project=project, user=labeler, languages=["de"], skills=["law"])
        assert ready(project, labeler) == {"demonstration": 3}

    def test_counts_stop_at_a_bound(
        self, project: Project, labeler: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(overview, "COUNTED", 2)
        monkeypatch.setattr(funnel, "COUNTED", 2)
        for _ in range(4):
            make_demonstration_task(project)
        (kind,) = overview.work_for(member(project, labeler)).kinds
        assert (kind.n_ready, kind.ready) == (3, "2+")
        assert funnel.funnel(project)[0].told["open"] == "2+"
        assert funnel.n_prompts(project) == "2+"

    def test_no_more_is_asked_for_many_tasks_than_for_few(
        self, project: Project, labeler: User
    ) -> None:
        make_demonstration_task(project)
        with CaptureQueriesContext(connection) as few:
            overview.works_of(labeler)
        for _ in range(20):
            make_demonstration_task(project)
        with CaptureQueriesContext(connection) as many:
            overview.works_of(labeler)
        assert len(many) == len(few)


class TestBarriers:
    def test_what_stands_before_all_of_it_is_told_once(
        self, project: Project, labeler: User
    ) -> None:
        make_demonstration_task(project), make_comparison_task(project)
        assert overview.work_for(member(project, labeler)).barrier is None
        make_rules(project, daily_cap=1)
        assert overview.work_for(member(project, labeler)).left_today == 1
        submit_demonstration(by=labeler, assignment=claim(labeler, project), text="Answer.")
        work = overview.work_for(member(project, labeler))
        assert work.left_today == 0
        assert work.barrier is not None
        assert work.barrier.kind == "daily_cap"


class TestNews:
    def test_clauses_that_changed_since_the_last_work(
        self, project: Project, labeler: User
    ) -> None:
        make_demonstration_task(project)
        submit_demonstration(by=labeler, assignment=claim(labeler, project), text="Answer.")
        assert overview.work_for(member(project, labeler)).changes is None
        version = make_guideline_version(project)
        version.clauses.create(
            position=2, number="2", anchor="c-2", title="Be brief", level=2, body="Few words."
        )
        changes = overview.work_for(member(project, labeler)).changes
        assert changes is not None
        assert changes.outline is not None
        assert changes.outline.n_changed == 1

    def test_gold_results_are_told_when_there_are_a_few(
        self, project: Project, labeler: User, owner: User
    ) -> None:
        for score in (1.0, 0.0, 1.0):
            assert overview.work_for(member(project, labeler)).golds is None
            row = judge(make_comparison_task(project), labeler)
            expected = {"preferences": [-1], "both_bad": False}
            gold = Gold.objects.create(
                task=row.assignment.task, expected=expected, reason="So.", created_by=owner
            )
            GoldResult.objects.create(
                gold=gold, assignment=row.assignment, labeler=labeler, score=score
            )
        assert overview.work_for(member(project, labeler)).golds == (2, 3)
        make_rules(project, gold_feedback="never")
        assert overview.work_for(member(project, labeler)).golds is None


def test_what_is_only_held_ready_is_not_begun(project: Project, labeler: User) -> None:
    make_demonstration_task(project), make_demonstration_task(project)
    first = claim(labeler, project)
    ahead = claim_ahead(by=labeler, assignment=first)
    assert ahead is not None
    assert list(overview.drafts_of(labeler)) == [first]
    Assignment.objects.filter(pk=first.pk).update(state="skipped")
    (kind,) = overview.work_for(member(project, labeler)).kinds
    assert kind.begun is None


class TestFunnel:
    def test_each_kind_by_state(self, project: Project, labeler: User) -> None:
        make_demonstration_task(project), make_demonstration_task(project)
        claim(labeler, project)
        judge(make_comparison_task(project))
        make_task(make_prompt(project), "comparison", state="set_aside", is_open=False)
        by_kind = {kind.kind: kind for kind in funnel.funnel(project)}
        assert set(by_kind) == {"demonstration", "comparison"}
        demonstration, comparison = by_kind["demonstration"], by_kind["comparison"]
        assert (demonstration.n_open, demonstration.n_busy, demonstration.total) == (1, 1, 2)
        assert (comparison.states["complete"], comparison.states["set_aside"]) == (1, 1)

    def test_another_project_s_tasks_are_not_counted(
        self, project: Project, stranger: User
    ) -> None:
        elsewhere = Project.objects.exclude(pk=project.pk).get()
        make_demonstration_task(elsewhere)
        assert funnel.funnel(project) == []
        assert Task.objects.count() == 1


def test_the_last_judgements_of_every_kind_are_told(project: Project, labeler: User) -> None:
    make_demonstration_task(project)
    submit_demonstration(by=labeler, assignment=claim(labeler, project), text="Answer.")
    make_comparison_task(project)
    held = claim(labeler, project, "comparison")
    submit_comparison(by=labeler, assignment=held, preference=3)
    make_ranking_task(project)
    held = claim(labeler, project, "ranking")
    submit_ranking(by=labeler, assignment=held, tiers=[[1], [0, 2]])
    assert [row["kind"] for row in funnel.recent(project)] == [
        "ranking",
        "comparison",
        "demonstration",
    ]
    assert [row["said"] for row in funnel.recent(project)][1:] == ["B is much better", "Answer."]
    assert {row["by"] for row in funnel.recent(project)} == {labeler.username}


def test_the_last_judgements_are_there_whatever_else_was_done_since(
    project: Project, labeler: User
) -> None:
    row = judge(make_demonstration_task(project), labeler, text="An answer.")
    for _ in range(250):
        audit.record(verb="guideline.saved", by=labeler, project=project)
    other = make_project("other")
    make_guideline_version(other)
    judge(make_demonstration_task(other), text="Elsewhere.")
    assert [found["said"] for found in funnel.recent(project)] == [row.response.text]
