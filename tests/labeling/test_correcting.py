"""Taking a submission back within the minute."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from labeling.assigning.queue import lapse_expired
from labeling.judging.correcting import last_undoable, leave_as_it_was, undo
from labeling.judging.submissions import (
    latest,
    save_draft,
    submit_comparison,
    submit_demonstration,
    submit_ranking,
)
from labeling.models import Assignment, Comparison, Demonstration, Review, Submission, Task
from labeling.reviewing.asking import ask_review
from labeling.reviewing.verdicts import submit_review, usable
from projects.errors import Conflict, NotFound
from projects.models import AuditEvent, Project, User
from tests.labeling.rows import (
    claim,
    make_comparison_task,
    make_demonstration_task,
    make_ranking_task,
    make_task,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def writing(project: Project, labeler: User) -> Assignment:
    make_demonstration_task(project)
    return claim(labeler, project)


@pytest.fixture
def comparing(project: Project, labeler: User) -> Assignment:
    make_comparison_task(project)
    return claim(labeler, project, "comparison")


def columns(row: Submission) -> dict[str, object]:
    fresh = type(row)._default_manager.get(pk=row.pk)
    return {f.attname: getattr(fresh, f.attname) for f in fresh._meta.concrete_fields}


def test_the_form_is_filled_as_it_was(labeler: User, comparing: Assignment) -> None:
    row = submit_comparison(by=labeler, assignment=comparing, preference=-2, justification="So.")
    held = undo(by=labeler, assignment=comparing)
    assert held.state == "reopened"
    assert held.draft == {
        "preference": "-2",
        "justification": "So.",
        "marks": {},
        "flags": {},
    }
    event = AuditEvent.objects.get(verb="comparison.reopened")
    assert (event.actor, event.subject) == (labeler, f"comparison:{row.pk}")


def test_both_bad_a_conversation_and_a_ranking_come_back_as_drafts(
    project: Project, labeler: User, writing: Assignment, comparing: Assignment
) -> None:
    make_ranking_task(project)
    ranking = claim(labeler, project, "ranking")
    submit_demonstration(by=labeler, assignment=writing, text="Out.")
    submit_comparison(by=labeler, assignment=comparing, preference=None, both_bad=True)
    submit_ranking(by=labeler, assignment=ranking, tiers=[[2], [0, 1]], all_bad=True)
    assert undo(by=labeler, assignment=writing).draft == {"text": "Out."}
    assert undo(by=labeler, assignment=comparing).draft["preference"] == "both_bad"
    assert undo(by=labeler, assignment=ranking).draft == {
        "tiers": [[2], [0, 1]],
        "all_bad": True,
        "justification": "",
        "flags": {},
    }


def test_submitting_again_writes_a_row_that_supersedes_and_the_older_never_changes(
    labeler: User, comparing: Assignment
) -> None:
    first = submit_comparison(by=labeler, assignment=comparing, preference=-2)
    before, task = columns(first), Task.objects.values().get()
    undo(by=labeler, assignment=comparing)
    second = submit_comparison(by=labeler, assignment=comparing, preference=2)
    assert second.supersedes == first
    assert columns(first) == before
    assert list(Comparison.objects.current()) == [second]
    assert latest(comparing) == second
    assert Task.objects.values().get() == task
    comparing.refresh_from_db()
    assert (comparing.state, comparing.draft) == ("submitted", {})
    assert AuditEvent.objects.filter(verb="comparison.corrected").count() == 1


def test_a_second_undo_corrects_the_correction(labeler: User, writing: Assignment) -> None:
    rows = [submit_demonstration(by=labeler, assignment=writing, text="One.")]
    for text in ("Two.", "Three."):
        undo(by=labeler, assignment=writing)
        rows.append(submit_demonstration(by=labeler, assignment=writing, text=text))
    assert [row.supersedes for row in rows] == [None, rows[0], rows[1]]
    assert list(Demonstration.objects.current()) == [rows[2]]
    assert [row.response.text for row in Demonstration.objects.order_by("pk")] == [
        "One.", "Two.", "Three.",
    ]  # fmt: skip
    task = Task.objects.get()
    assert (task.n_assigned, task.n_submitted, task.state) == (1, 1, "complete")


def test_submitting_the_correction_twice_gives_one_row(labeler: User, writing: Assignment) -> None:
    submit_demonstration(by=labeler, assignment=writing, text="One.")
    undo(by=labeler, assignment=writing)
    second = submit_demonstration(by=labeler, assignment=writing, text="Two.")
    assert submit_demonstration(by=labeler, assignment=writing, text="Three.") == second
    assert Demonstration.objects.count() == 2


def test_undoing_twice_is_once(labeler: User, writing: Assignment) -> None:
    submit_demonstration(by=labeler, assignment=writing, text="One.")
    undo(by=labeler, assignment=writing)
    save_draft(by=labeler, assignment=writing, draft={"text": "Two, begun."})
    assert undo(by=labeler, assignment=writing).draft == {"text": "Two, begun."}
    assert AuditEvent.objects.filter(verb="demonstration.reopened").count() == 1


def test_what_is_left_alone_stands(labeler: User, writing: Assignment) -> None:
    row = submit_demonstration(by=labeler, assignment=writing, text="One.")
    undo(by=labeler, assignment=writing)
    for _ in range(2):
        assert leave_as_it_was(by=labeler, assignment=writing).state == "submitted"
    assert list(Demonstration.objects.current()) == [row]


def test_a_correction_that_nobody_works_on_ends(labeler: User, writing: Assignment) -> None:
    row = submit_demonstration(by=labeler, assignment=writing, text="One.")
    undo(by=labeler, assignment=writing)
    lapse_expired()
    assert Assignment.objects.get().state == "reopened"
    Assignment.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    save_draft(by=labeler, assignment=writing, draft={"text": "Two."})
    lapse_expired()
    assert Assignment.objects.get().state == "reopened"
    Assignment.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    lapse_expired()
    assert Assignment.objects.get().state == "submitted"
    assert list(Demonstration.objects.current()) == [row]


def test_after_a_minute_it_is_too_late(labeler: User, writing: Assignment) -> None:
    submit_demonstration(by=labeler, assignment=writing, text="One.")
    assert last_undoable(labeler) == writing
    Assignment.objects.update(ended_at=timezone.now() - timedelta(seconds=61))
    assert last_undoable(labeler) is None
    with pytest.raises(Conflict, match="60 seconds"):
        undo(by=labeler, assignment=writing)


def test_the_last_one_is_offered(
    project: Project, labeler: User, owner: User, writing: Assignment, comparing: Assignment
) -> None:
    assert last_undoable(labeler) is None
    submit_demonstration(by=labeler, assignment=writing, text="One.")
    submit_comparison(by=labeler, assignment=comparing, preference=1)
    assert last_undoable(labeler) == comparing
    assert last_undoable(owner) is None
    undo(by=labeler, assignment=comparing)
    assert last_undoable(labeler) == writing
    project.memberships.filter(user=labeler).delete()
    assert last_undoable(labeler) is None


def test_what_was_not_submitted_is_not_undone(
    owner: User, labeler: User, writing: Assignment
) -> None:
    with pytest.raises(Conflict, match="not submitted"):
        undo(by=labeler, assignment=writing)
    with pytest.raises(Conflict, match="not being corrected"):
        leave_as_it_was(by=labeler, assignment=writing)
    submit_demonstration(by=labeler, assignment=writing, text="One.")
    with pytest.raises(NotFound):
        undo(by=owner, assignment=writing)


def reviewing(by: User, writing: Assignment) -> Assignment:
    task = make_task(writing.task.prompt, "review", reviewed=writing, cause="all")
    return Assignment.objects.create(
        task=task,
        labeler=by,
        guideline_version=writing.guideline_version,
        leased_until=timezone.now(),
    )


def given(by: User, writing: Assignment, verdict: str) -> Review:
    return Review.objects.create(
        assignment=reviewing(by, writing),
        labeler=by,
        guideline_version=writing.guideline_version,
        seconds=1.0,
        prompt=writing.task.prompt,
        reviewed=writing,
        verdict=verdict,
        reason="See §1.",
    )


def fixed(by: User, row: Demonstration, assignment: Assignment) -> Demonstration:
    """The row that a reviewer's fix writes."""
    response = row.response
    response.pk, response.author = None, by
    response.save()
    return Demonstration.objects.create(
        assignment=assignment,
        labeler=by,
        guideline_version=row.guideline_version,
        seconds=1.0,
        prompt=row.prompt,
        response=response,
        supersedes=Demonstration.objects.get(pk=row.pk),
    )


def test_what_a_reviewer_fixed_is_not_undone(
    reviewer: User, labeler: User, writing: Assignment
) -> None:
    row = submit_demonstration(by=labeler, assignment=writing, text="One.")
    fixed(reviewer, row, given(reviewer, writing, "fix").assignment)
    with pytest.raises(Conflict, match="corrected"):
        undo(by=labeler, assignment=writing)


def test_a_fix_that_came_between_keeps_the_text(
    reviewer: User, labeler: User, writing: Assignment
) -> None:
    row = submit_demonstration(by=labeler, assignment=writing, text="One.")
    undo(by=labeler, assignment=writing)
    fixed(reviewer, row, given(reviewer, writing, "fix").assignment)
    with pytest.raises(Conflict, match="kept"):
        submit_demonstration(by=labeler, assignment=writing, text="Two.")
    writing.refresh_from_db()
    assert writing.draft == {"text": "Two."}


def test_what_was_returned_wants_an_answer(
    reviewer: User, labeler: User, writing: Assignment
) -> None:
    first = submit_demonstration(by=labeler, assignment=writing, text="One.")
    given(reviewer, writing, "return")
    Assignment.objects.filter(pk=writing.pk).update(state="reopened")
    with pytest.raises(Conflict, match="returned"):
        leave_as_it_was(by=labeler, assignment=writing)
    second = submit_demonstration(by=labeler, assignment=writing, text="Two.")
    assert second.supersedes == first


def test_a_review_is_not_undone(reviewer: User, labeler: User, writing: Assignment) -> None:
    submit_demonstration(by=labeler, assignment=writing, text="One.")
    review = reviewing(reviewer, writing)
    Assignment.objects.filter(pk=review.pk).update(state="submitted", ended_at=timezone.now())
    assert last_undoable(reviewer) is None
    with pytest.raises(Conflict, match="review"):
        undo(by=reviewer, assignment=review)


class TestReturned:
    """What a reviewer sent back has no lease: it waits for its author."""

    @pytest.fixture
    def returned(
        self, project: Project, labeler: User, reviewer: User, writing: Assignment
    ) -> Assignment:
        row = submit_demonstration(by=labeler, assignment=writing, text="Too short.")
        ask_review(by=None, project=project, assignments=[row.assignment])
        held = claim(reviewer, project, "review")
        submit_review(by=reviewer, assignment=held, verdict="return", reason="Say more.")
        Assignment.objects.filter(pk=writing.pk).update(leased_until=long_ago())
        return Assignment.objects.get(pk=writing.pk)

    def test_it_stays_until_it_is_corrected(self, labeler: User, returned: Assignment) -> None:
        lapse_expired()
        returned.refresh_from_db()
        assert (returned.state, returned.draft) == ("reopened", {"text": "Too short."})
        submit_demonstration(by=labeler, assignment=returned, text="A longer one.")
        lapse_expired()
        returned.refresh_from_db()
        assert returned.state == "submitted"

    def test_taking_the_correction_back_ends_by_itself(
        self, labeler: User, returned: Assignment
    ) -> None:
        submit_demonstration(by=labeler, assignment=returned, text="A longer one.")
        held = undo(by=labeler, assignment=returned)
        Assignment.objects.filter(pk=held.pk).update(leased_until=long_ago())
        lapse_expired()
        held.refresh_from_db()
        assert held.state == "submitted"

    def test_it_ends_when_its_author_has_left(
        self, project: Project, labeler: User, returned: Assignment
    ) -> None:
        project.memberships.filter(user=labeler).delete()
        lapse_expired()
        returned.refresh_from_db()
        assert returned.state == "submitted"
        assert not usable(Demonstration.objects.all()).exists()


def long_ago() -> datetime:
    return timezone.now() - timedelta(days=9)
