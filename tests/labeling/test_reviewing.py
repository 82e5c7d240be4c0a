"""Verdicts of reviewers and what follows from them."""

from typing import Any

import pytest

from labeling.models import Assignment, Comparison, Demonstration, Ranking, Review, Task
from labeling.reviewing.verdicts import (
    ask_adjudication,
    ask_review,
    returned_note,
    submit_review,
    usable,
)
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, Role, User
from tests.factories import make_member
from tests.labeling.reviewed import hold, judge, make_rules, review_of, write
from tests.labeling.rows import make_comparison_task, make_demonstration_task, make_ranking_task

pytestmark = pytest.mark.django_db


def answered(project: Project, labeler: User, text: str = "An answer.") -> Demonstration:
    row: Demonstration = judge(make_demonstration_task(project), labeler, text=text)
    ask_review(by=None, project=project, assignments=[row.assignment])
    return row


def verdict(row: Any, reviewer: User, verdict: str, **fields: Any) -> Review:
    held = review_of(row.assignment, reviewer)
    return submit_review(by=reviewer, assignment=held, verdict=verdict, **fields)


def disputed(project: Project, **fields: Any) -> Task:
    task = make_comparison_task(project, overlap=2)
    judge(task, preference=-2, **fields)
    judge(task, preference=2)
    ask_adjudication(by=None, task=task)
    return task


def settle(task: Task, reviewer: User, **fix: Any) -> Review:
    held = hold(task.adjudications.get(state="ready"), reviewer)
    return submit_review(by=reviewer, assignment=held, verdict="settle", reason="Why.", fix=fix)


class TestAsking:
    def test_staff_ask_once_while_a_review_waits(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        row = judge(make_demonstration_task(project), labeler)
        assert ask_review(by=reviewer, project=project, assignments=[row.assignment]) == 1
        assert ask_review(by=reviewer, project=project, assignments=[row.assignment]) == 0
        assert AuditEvent.objects.filter(verb="reviews.asked", actor=reviewer).count() == 2
        verdict(row, reviewer, "accept")
        asked = ask_review(
            by=reviewer,
            project=project,
            assignments=[row.assignment],
            cause="clause_changed",
            clauses=["c-1"],
        )
        assert asked == 1
        review = row.assignment.reviews.get(state="ready")
        assert (review.cause, review.clauses) == ("clause_changed", ["c-1"])

    def test_labelers_do_not_ask(self, project: Project, labeler: User) -> None:
        row = judge(make_demonstration_task(project), labeler)
        with pytest.raises(NotPermitted):
            ask_review(by=labeler, project=project, assignments=[row.assignment])
        with pytest.raises(NotPermitted):
            ask_adjudication(by=labeler, task=make_comparison_task(project))

    def test_open_gold_and_foreign_work_is_left_out(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        held = hold(make_demonstration_task(project), labeler)
        gold = judge(make_comparison_task(project, variant="gold-1"), labeler)
        row = judge(make_demonstration_task(project), labeler)
        other = make_demonstration_task(make_member_project(reviewer)).project
        assert ask_review(by=None, project=project, assignments=[held, gold.assignment]) == 0
        assert ask_review(by=None, project=other, assignments=[row.assignment]) == 0

    def test_a_task_is_settled_once_at_a_time(self, project: Project) -> None:
        task = disputed(project)
        assert ask_adjudication(by=None, task=task) is None

    def test_demonstrations_cannot_be_settled(self, project: Project) -> None:
        with pytest.raises(InvalidInput):
            ask_adjudication(by=None, task=make_demonstration_task(project))


def make_member_project(owner: User) -> Any:
    from tests.factories import make_guideline_version, make_project

    project = make_project()
    make_guideline_version(project)
    return project


class TestAccepting:
    def test_an_accepted_answer_stands(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        row = answered(project, labeler)
        review = verdict(row, reviewer, "accept", reason="Follows §1.")
        assert (review.verdict, review.reviewed_id) == ("accept", row.assignment_id)
        assert review.cites == ["c-1"]
        task = Task.objects.get(pk=review.assignment.task_id)
        assert (task.state, task.n_submitted, task.is_open) == ("complete", 1, False)
        assert Assignment.objects.get(pk=review.assignment_id).state == "submitted"
        assert list(usable(Demonstration.objects.all())) == [row]
        assert AuditEvent.objects.filter(verb="review.accept", actor=reviewer).count() == 1

    def test_twice_is_once(self, project: Project, reviewer: User, labeler: User) -> None:
        held = review_of(answered(project, labeler).assignment, reviewer)
        first = submit_review(by=reviewer, assignment=held, verdict="accept")
        again = submit_review(by=reviewer, assignment=held, verdict="return", reason="No.")
        assert again == first
        assert Review.objects.count() == 1

    def test_a_verdict_is_on_what_was_looked_at(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        row = answered(project, labeler)
        held = review_of(row.assignment, reviewer)
        write(row.assignment, supersedes=row, text="Corrected meanwhile.")
        with pytest.raises(Conflict, match="meanwhile"):
            submit_review(by=reviewer, assignment=held, verdict="accept", seen=row.pk)
        assert not Review.objects.exists()
        submit_review(by=reviewer, assignment=held, verdict="accept")

    def test_nobody_reviews_their_own_work(self, project: Project, reviewer: User) -> None:
        row = answered(project, reviewer)
        with pytest.raises(NotPermitted):
            verdict(row, reviewer, "accept")
        task = disputed(project)
        own = Assignment.objects.filter(task=task).first()
        assert own is not None
        own.labeler = reviewer
        own.save()
        with pytest.raises(NotPermitted):
            settle(task, reviewer, preference=1)

    def test_labelers_and_strangers_review_nothing(
        self, project: Project, labeler: User, stranger: User
    ) -> None:
        row = answered(project, labeler)
        other = make_member(project, Role.LABELER)
        held = review_of(row.assignment, other)
        with pytest.raises(NotPermitted):
            submit_review(by=other, assignment=held, verdict="accept")
        with pytest.raises(NotFound):
            submit_review(by=stranger, assignment=held, verdict="accept")

    def test_a_verdict_is_one_of_its_kind(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        held = review_of(answered(project, labeler).assignment, reviewer)
        for wrong in ("settle", "perhaps", ""):
            with pytest.raises(InvalidInput, match="verdict"):
                submit_review(by=reviewer, assignment=held, verdict=wrong)
        held = hold(disputed(project).adjudications.get(), reviewer)
        with pytest.raises(InvalidInput, match="verdict"):
            submit_review(by=reviewer, assignment=held, verdict="accept")

    def test_a_clause_named_is_one_of_the_guideline(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        held = review_of(answered(project, labeler).assignment, reviewer)
        with pytest.raises(InvalidInput, match="clauses"):
            submit_review(by=reviewer, assignment=held, verdict="accept", clauses=["c-99"])
        review = submit_review(by=reviewer, assignment=held, verdict="accept", clauses=["c-1"])
        assert review.cites == ["c-1"]


class TestFixing:
    def test_a_fixed_answer_is_a_row_of_the_reviewer(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        row = answered(project, labeler, text="Teh answer.")
        review = verdict(row, reviewer, "fix", fix={"text": "The answer."})
        fixed = Demonstration.objects.get(supersedes=row)
        assert fixed.response.text == "The answer."
        assert (fixed.labeler, fixed.assignment) == (reviewer, review.assignment)
        row.refresh_from_db()
        assert row.response.text == "Teh answer."
        assert list(usable(Demonstration.objects.all())) == [fixed]

    def test_a_conversation_keeps_its_turns(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        turns = [
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": "And?"},
            {"role": "assistant", "content": "Bye"},
        ]
        row = judge(make_demonstration_task(project), labeler, text="Hello", turns=turns)
        ask_review(by=None, project=project, assignments=[row.assignment])
        with pytest.raises(InvalidInput, match="turns"):
            verdict(row, reviewer, "fix", fix={"text": "Hello", "turns": [{"content": "x"}]})
        Assignment.objects.filter(task__reviewed=row.assignment).delete()
        fix = {"text": "Hello", "turns": [{"content": "And?"}, {"content": "Good-bye"}]}
        verdict(row, reviewer, "fix", fix=fix)
        fixed = Demonstration.objects.get(supersedes=row)
        assert fixed.response.turns == [*turns[:2], {"role": "assistant", "content": "Good-bye"}]

    def test_a_fixed_comparison_keeps_its_sides(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        row = judge(make_comparison_task(project), labeler, preference=-3, marks={"short": "a"})
        ask_review(by=None, project=project, assignments=[row.assignment])
        verdict(row, reviewer, "fix", fix={"preference": -1, "justification": "Only a little."})
        fixed = Comparison.objects.get(supersedes=row)
        assert (fixed.preference, fixed.justification) == (-1, "Only a little.")
        assert (fixed.response_a_id, fixed.response_b_id) == (row.response_a_id, row.response_b_id)
        assert fixed.marks == {"short": "a"}

    def test_a_fixed_ranking_names_places(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        row = judge(make_ranking_task(project), labeler)
        one, two, three = row.assignment.presented
        ask_review(by=None, project=project, assignments=[row.assignment])
        verdict(row, reviewer, "fix", fix={"tiers": [[2], [0, 1]]})
        assert Ranking.objects.get(supersedes=row).tiers == [[three], [one, two]]

    @pytest.mark.parametrize("fix", [None, {}, [], {"text": "An answer."}, {"text": 3}])
    def test_a_fix_that_changes_nothing_or_is_none_is_refused(
        self, project: Project, reviewer: User, labeler: User, fix: Any
    ) -> None:
        row = answered(project, labeler)
        with pytest.raises(InvalidInput):
            verdict(row, reviewer, "fix", fix=fix)
        assert not Review.objects.exists()
        assert Demonstration.objects.count() == 1

    def test_what_was_fixed_is_fixed_again_but_never_returned(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        row = answered(project, labeler)
        verdict(row, reviewer, "fix", fix={"text": "Better."})
        ask_review(by=None, project=project, assignments=[row.assignment])
        held = review_of(row.assignment, reviewer)
        with pytest.raises(Conflict, match="Fix it again"):
            submit_review(by=reviewer, assignment=held, verdict="return", reason="No.")
        submit_review(by=reviewer, assignment=held, verdict="fix", fix={"text": "Best."})
        assert [d.response.text for d in usable(Demonstration.objects.all())] == ["Best."]

    def test_nothing_is_fixed_while_its_labeler_corrects_it(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        row = answered(project, labeler)
        Assignment.objects.filter(pk=row.assignment_id).update(state="reopened")
        with pytest.raises(Conflict, match="correcting"):
            verdict(row, reviewer, "fix", fix={"text": "Better."})


class TestReturning:
    def test_returned_work_is_reopened_with_its_text_and_reason(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        row = answered(project, labeler)
        verdict(row, reviewer, "return", reason="See §1: answer the question.")
        held = Assignment.objects.get(pk=row.assignment_id)
        assert (held.state, held.draft) == ("reopened", {"text": "An answer."})
        note = returned_note(held)
        assert note is not None
        assert (note.reason, note.clauses) == ("See §1: answer the question.", ["c-1"])
        assert note.reviewer == ""
        make_rules(project, review_shows_names=True)
        shown = returned_note(Assignment.objects.get(pk=row.assignment_id))
        assert shown is not None
        assert shown.reviewer == reviewer.username
        assert list(usable(Demonstration.objects.all())) == []

    def test_a_return_says_why(self, project: Project, reviewer: User, labeler: User) -> None:
        row = answered(project, labeler)
        with pytest.raises(InvalidInput, match="reason"):
            verdict(row, reviewer, "return", reason="  ")

    def test_a_correction_is_usable_and_reviewed_again(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        row = answered(project, labeler)
        verdict(row, reviewer, "return", reason="Too short.")
        later = write(row.assignment, supersedes=row, text="A longer answer.")
        assert list(usable(Demonstration.objects.all())) == [later]
        assert returned_note(Assignment.objects.get(pk=row.assignment_id)) is None
        waiting = row.assignment.reviews.get(state="ready")
        assert waiting.cause == "asked"
        verdict(later, reviewer, "accept")
        assert list(usable(Demonstration.objects.all())) == [later]

    def test_what_is_being_corrected_anyway_keeps_its_draft(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        row = answered(project, labeler)
        draft = {"text": "Half a correction"}
        Assignment.objects.filter(pk=row.assignment_id).update(state="reopened", draft=draft)
        verdict(row, reviewer, "return", reason="Too short.")
        assert Assignment.objects.get(pk=row.assignment_id).draft == draft


class TestSettling:
    def test_the_settlement_decides_and_nothing_is_changed(
        self, project: Project, reviewer: User
    ) -> None:
        task = disputed(project)
        assert usable(Comparison.objects.all()).count() == 2
        review = settle(task, reviewer, preference=1)
        (row,) = usable(Comparison.objects.all())
        assert (row.assignment_id, row.labeler) == (review.assignment_id, reviewer)
        assert (row.supersedes, row.preference, row.justification) == (None, 1, "Why.")
        assert row.response_a_id < row.response_b_id
        assert Comparison.objects.count() == 3

    def test_a_later_settlement_decides(self, project: Project, reviewer: User) -> None:
        task = disputed(project)
        settle(task, reviewer, preference=1)
        assert ask_adjudication(by=reviewer, task=task) is not None
        settle(task, reviewer, both_bad=True)
        (row,) = usable(Comparison.objects.all())
        assert row.both_bad

    def test_judgements_of_other_pairs_stay(self, project: Project, reviewer: User) -> None:
        task = make_comparison_task(project, answers=("One.", "Two.", "Three."), overlap=3)
        one, two, three = task.candidates.order_by("position").values_list("response_id", flat=True)
        judge(task, preference=-2, presented=[one, two])
        judge(task, preference=-2, presented=[two, one])
        other = judge(task, preference=1, presented=[three, one])
        ask_adjudication(by=None, task=task)
        review = settle(task, reviewer, preference=-1)
        settled = Comparison.objects.get(assignment=review.assignment)
        assert set(usable(Comparison.objects.all())) == {other, settled}

    def test_a_ranking_is_settled(self, project: Project, reviewer: User) -> None:
        task = make_ranking_task(project, overlap=2)
        first = judge(task)
        judge(task, tiers=list(reversed(first.tiers)))
        ask_adjudication(by=None, task=task)
        settle(task, reviewer, tiers=[[1], [0], [2]])
        (row,) = usable(Ranking.objects.all())
        low, middle, high = sorted(first.assignment.presented)
        assert row.tiers == [[middle], [low], [high]]

    def test_fixes_of_a_settled_task_do_not_count(self, project: Project, reviewer: User) -> None:
        task = disputed(project)
        row = Comparison.objects.order_by("pk").first()
        assert row is not None
        ask_review(by=None, project=project, assignments=[row.assignment])
        verdict(row, reviewer, "fix", fix={"preference": -1})
        review = settle(task, reviewer, preference=1)
        assert [r.assignment_id for r in usable(Comparison.objects.all())] == [review.assignment_id]

    def test_the_reason_is_the_justification_of_a_settlement(
        self, project: Project, reviewer: User
    ) -> None:
        make_rules(project, justify_always=True)
        held = hold(disputed(project).adjudications.get(), reviewer)
        with pytest.raises(InvalidInput) as refused:
            submit_review(by=reviewer, assignment=held, verdict="settle", fix={"preference": 1})
        assert [problem.field for problem in refused.value.problems] == ["reason"]

    def test_a_settlement_needs_a_judgement(self, project: Project, reviewer: User) -> None:
        task = disputed(project)
        with pytest.raises(InvalidInput):
            settle(task, reviewer)


def test_gold_tasks_are_not_used(project: Project) -> None:
    judge(make_comparison_task(project, variant="gold-1"))
    assert list(usable(Comparison.objects.all())) == []
