"""What changes in a project while somebody has a task open."""

from datetime import timedelta

import pytest
from django.utils import timezone

from instructions.publish import publish
from labeling.assigning.queue import claim_ahead, claim_next, lapse_expired
from labeling.judging.criteria import add_criterion, retire_criterion
from labeling.judging.rules import change_rules
from labeling.judging.submissions import submit_comparison, submit_demonstration, submit_ranking
from labeling.models import Assignment, Task
from labeling.reviewing.asking import ask_review
from labeling.reviewing.verdicts import submit_review
from projects.errors import Conflict, InvalidInput
from projects.models import Project, Role, User
from tests.factories import make_member
from tests.labeling.reviewed import hold, judge
from tests.labeling.rows import (
    claim,
    make_comparison_task,
    make_demonstration_task,
    make_ranking_task,
)

pytestmark = pytest.mark.django_db


class TestWhatIsNoLongerAskedFor:
    def test_the_mark_of_a_retired_criterion_is_dropped(
        self, project: Project, owner: User, labeler: User
    ) -> None:
        kept = add_criterion(by=owner, project=project, name="Style")
        gone = add_criterion(by=owner, project=project, name="Truth", is_required=True)
        make_comparison_task(project)
        held = claim(labeler, project, "comparison")
        retire_criterion(by=owner, project=project, criterion_id=gone.pk)
        marks = {kept.key: "a", gone.key: "b"}
        row = submit_comparison(by=labeler, assignment=held, preference=1, marks=marks)
        assert row.marks == {kept.key: "a"}

    def test_a_mark_of_no_criterion_is_refused_still(
        self, project: Project, owner: User, labeler: User
    ) -> None:
        make_comparison_task(project)
        held = claim(labeler, project, "comparison")
        with pytest.raises(InvalidInput, match="not a criterion"):
            submit_comparison(by=labeler, assignment=held, preference=1, marks={"a\x00": "a"})

    def test_a_safety_flag_removed_since_is_dropped(
        self, project: Project, owner: User, labeler: User
    ) -> None:
        change_rules(by=owner, project=project, safety_flags=["old", "violence", "fraud"])
        change_rules(by=owner, project=project, safety_flags=["violence", "fraud"])
        make_comparison_task(project)
        make_ranking_task(project)
        held = claim(labeler, project, "comparison")
        ranked = claim(labeler, project, "ranking")
        change_rules(by=owner, project=project, safety_flags=["fraud"])
        flags = {"a": ["violence", "fraud"], "b": ["violence"]}
        row = submit_comparison(by=labeler, assignment=held, preference=1, flags=flags)
        assert row.flags == {"a": ["fraud"], "b": []}
        ranking = submit_ranking(
            by=labeler, assignment=ranked, tiers=[[0], [1, 2]], flags={"1": ["violence", "fraud"]}
        )
        assert ranking.flags == {str(ranked.presented[1]): ["fraud"]}

    @pytest.mark.parametrize("flag", ["old", "never"])
    def test_a_flag_that_the_form_never_showed_is_refused(
        self, project: Project, owner: User, labeler: User, flag: str
    ) -> None:
        change_rules(by=owner, project=project, safety_flags=["old", "fraud"])
        change_rules(by=owner, project=project, safety_flags=["fraud"])
        make_comparison_task(project)
        held = claim(labeler, project, "comparison")
        with pytest.raises(InvalidInput, match="not a safety flag"):
            submit_comparison(by=labeler, assignment=held, preference=1, flags={"a": [flag]})


class TestTheGuideline:
    def test_what_was_held_ready_is_given_under_the_new_version(
        self, project: Project, owner: User, labeler: User
    ) -> None:
        tasks = [make_demonstration_task(project) for _ in range(2)]
        held = claim(labeler, project)
        ahead = claim_ahead(by=labeler, assignment=held)
        assert ahead is not None
        guideline = project.guideline
        guideline.draft = "## 1 Answering\n\nAnswer at once."
        guideline.save()
        version = publish(by=owner, project=project, change_note="Shorter.")
        submit_demonstration(by=labeler, assignment=held, text="An answer.")
        following = claim(labeler, project)
        assert (following.task, following.guideline_version) == (tasks[1], version)
        assert not Assignment.objects.filter(pk=ahead.pk).exists()
        assert Task.objects.get(pk=tasks[1].pk).n_assigned == 1

    def test_what_is_at_work_keeps_the_version_it_was_shown_with(
        self, project: Project, owner: User, labeler: User
    ) -> None:
        make_demonstration_task(project)
        held = claim(labeler, project)
        guideline = project.guideline
        guideline.draft = "## 1 Answering\n\nAnswer at once."
        guideline.save()
        publish(by=owner, project=project, change_note="Shorter.")
        assert claim_next(by=labeler, project=project, kind="demonstration") == held
        row = submit_demonstration(by=labeler, assignment=held, text="An answer.")
        assert row.guideline_version.number == 1


class TestReviews:
    def test_a_review_that_comes_too_late_keeps_its_text(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        row = judge(make_demonstration_task(project), labeler)
        ask_review(by=None, project=project, assignments=[row.assignment])
        held = claim(reviewer, project, "review")
        Assignment.objects.filter(pk=held.pk).update(
            leased_until=timezone.now() - timedelta(minutes=1)
        )
        lapse_expired()
        colleague = make_member(project, Role.REVIEWER)
        other = claim(colleague, project, "review")
        submit_review(by=colleague, assignment=other, verdict="accept")
        with pytest.raises(Conflict, match="kept as a draft"):
            submit_review(by=reviewer, assignment=held, verdict="return", reason="Too short.")
        held.refresh_from_db()
        assert (held.state, held.draft["verdict"], held.draft["reason"]) == (
            "lapsed", "return", "Too short.",
        )  # fmt: skip

    def test_nothing_is_returned_to_who_has_left(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        row = judge(make_demonstration_task(project), labeler)
        ask_review(by=None, project=project, assignments=[row.assignment])
        project.memberships.filter(user=labeler).delete()
        held = hold(row.assignment.reviews.get(), reviewer)
        with pytest.raises(Conflict, match="has left"):
            submit_review(by=reviewer, assignment=held, verdict="return", reason="Too short.")
        submit_review(by=reviewer, assignment=held, verdict="fix", fix={"text": "Better."})

    def test_a_dispute_is_settled_also_where_one_of_the_judgements_was_fixed(
        self, project: Project, owner: User, reviewer: User
    ) -> None:
        change_rules(by=owner, project=project, review_mode="disputed")
        task = make_comparison_task(project, overlap=3)
        first = judge(task, preference=0)
        ask_review(by=None, project=project, assignments=[first.assignment])
        review = hold(first.assignment.reviews.get(), reviewer)
        submit_review(by=reviewer, assignment=review, verdict="fix", fix={"preference": 1})
        pair = first.assignment.presented
        judge(task, preference=-3, presented=pair, justification="So.")
        judge(task, preference=3, presented=pair, justification="So.")
        task.refresh_from_db()
        assert (task.is_disputed, task.adjudications.count()) == (True, 1)
