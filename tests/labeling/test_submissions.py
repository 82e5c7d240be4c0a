"""Drafts, demonstrations and comparisons."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from labeling.models import Assignment, Comparison, Demonstration, QueueCursor, Response, Task
from labeling.queue import lapse_expired, skip
from labeling.submissions import save_draft, submit_comparison, submit_demonstration
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import AuditEvent, Project, User
from tests.factories import make_member
from tests.labeling.rows import (
    claim,
    make_comparison_task,
    make_demonstration_task,
    make_drawing_task,
)
from tests.labeling.test_queue import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def writing(project: Project, labeler: User) -> Assignment:
    make_demonstration_task(project)
    return claim(labeler, project)


@pytest.fixture
def comparing(project: Project, labeler: User) -> Assignment:
    make_comparison_task(project)
    return claim(labeler, project, "comparison")


def lapse(assignment: Assignment) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Assignment.objects.filter(pk=assignment.pk).update(leased_until=past)
    lapse_expired()


def test_a_demonstration_carries_who_when_and_by_which_version(
    project: Project, labeler: User, writing: Assignment
) -> None:
    row = submit_demonstration(by=labeler, assignment=writing, text="Line\r\ntwo.\n")
    assert row.response.text == "Line\ntwo.\n"
    assert (row.response.origin, row.response.author) == ("person", labeler)
    assert (row.prompt, row.labeler) == (writing.task.prompt, labeler)
    assert row.guideline_version == writing.guideline_version
    assert 0 <= row.seconds < 60
    writing.refresh_from_db()
    assert (writing.state, writing.draft) == ("submitted", {})
    task = Task.objects.get()
    assert (task.state, task.n_submitted, task.is_open) == ("complete", 1, False)
    event = AuditEvent.objects.get(verb="demonstration.submitted")
    assert (event.actor, event.subject) == (labeler, f"demonstration:{row.pk}")


def test_with_overlap_a_task_is_complete_with_the_last_submission(project: Project) -> None:
    task = make_demonstration_task(project, overlap=2)
    states = []
    for _ in range(2):
        person = make_member(project)
        submit_demonstration(by=person, assignment=claim(person, project), text="Answer.")
        task.refresh_from_db()
        states.append(task.state)
    assert states == ["ready", "complete"]


def test_a_comparison_carries_its_sides(labeler: User, comparing: Assignment) -> None:
    row = submit_comparison(
        by=labeler, assignment=comparing, preference=-2, justification=" A is right. "
    )
    assert [row.response_a_id, row.response_b_id] == comparing.presented
    assert (row.preference, row.both_bad, row.justification) == (-2, False, "A is right.")


def test_both_bad_has_no_preference(labeler: User, comparing: Assignment) -> None:
    row = submit_comparison(by=labeler, assignment=comparing, preference=None, both_bad=True)
    assert (row.preference, row.both_bad) == (None, True)


def test_submitting_twice_gives_the_first_one_once(labeler: User, comparing: Assignment) -> None:
    first = submit_comparison(by=labeler, assignment=comparing, preference=1)
    again = submit_comparison(by=labeler, assignment=comparing, preference=-3)
    assert (again, again.preference) == (first, 1)
    assert Comparison.objects.count() == 1
    assert Task.objects.get().n_submitted == 1


@pytest.mark.django_db(transaction=True)
def test_submitting_at_the_same_moment_gives_one_row(labeler: User, writing: Assignment) -> None:
    rows = in_threads(
        lambda text: submit_demonstration(by=labeler, assignment=writing, text=text).pk,
        ["One.", "Two.", "Three.", "Four."],
    )
    assert len(set(rows)) == 1
    assert Demonstration.objects.count() == Response.objects.count() == 1
    task = Task.objects.get()
    assert (task.n_assigned, task.n_submitted) == (1, 1)


@pytest.mark.parametrize(
    ("preference", "both_bad", "field"),
    [
        (None, False, "preference"),
        (4, False, "preference"),
        (-4, False, "preference"),
        (True, False, "preference"),
        (1.0, False, "preference"),
        ("1", False, "preference"),
        ([1], False, "preference"),
        (1, True, "preference"),
        (1, "yes", "both_bad"),
        (1, None, "both_bad"),
        (None, 1, "both_bad"),
    ],
)
def test_a_judgement_out_of_range_is_refused(
    labeler: User, comparing: Assignment, preference: Any, both_bad: Any, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        submit_comparison(
            by=labeler, assignment=comparing, preference=preference, both_bad=both_bad
        )
    assert caught.value.problems[0].field == field
    assert not Comparison.objects.exists()


@pytest.mark.parametrize("text", ["", " \n", "a\0", "\ud800", "x" * 50_001, None, 7, ["a"], {}])
def test_a_bad_answer_is_refused(labeler: User, writing: Assignment, text: Any) -> None:
    with pytest.raises(InvalidInput, match="text"):
        submit_demonstration(by=labeler, assignment=writing, text=text)
    assert not Response.objects.exists()


@pytest.mark.parametrize("text", ["a\0", "\ud800", "x" * 4_001, None, 7])
def test_a_bad_justification_is_refused(labeler: User, comparing: Assignment, text: Any) -> None:
    with pytest.raises(InvalidInput, match="justification"):
        submit_comparison(by=labeler, assignment=comparing, preference=0, justification=text)


def test_the_wrong_kind_is_refused(
    labeler: User, writing: Assignment, comparing: Assignment
) -> None:
    with pytest.raises(InvalidInput, match="kind"):
        submit_comparison(by=labeler, assignment=writing, preference=0)
    with pytest.raises(InvalidInput, match="kind"):
        submit_demonstration(by=labeler, assignment=comparing, text="Answer.")


def test_somebody_else_cannot_submit(
    project: Project, owner: User, writing: Assignment, comparing: Assignment
) -> None:
    with pytest.raises(NotFound):
        submit_demonstration(by=owner, assignment=writing, text="Answer.")
    with pytest.raises(NotFound):
        submit_comparison(by=owner, assignment=comparing, preference=0)
    with pytest.raises(NotFound):
        save_draft(by=owner, assignment=writing, draft={"text": "a"})


def test_after_the_lease_an_answer_is_still_taken_where_there_is_room(
    labeler: User, writing: Assignment
) -> None:
    lapse(writing)
    submit_demonstration(by=labeler, assignment=writing, text="Answer.")
    task = Task.objects.get()
    assert (task.state, task.n_assigned, task.n_submitted) == ("complete", 1, 1)


def test_after_the_lease_and_without_room_the_text_is_kept(
    project: Project, labeler: User, writing: Assignment
) -> None:
    lapse(writing)
    claim(make_member(project), project)
    with pytest.raises(Conflict, match="kept"):
        submit_demonstration(by=labeler, assignment=writing, text="A long answer.")
    writing.refresh_from_db()
    assert (writing.state, writing.draft) == ("lapsed", {"text": "A long answer."})
    assert not Demonstration.objects.exists()


def test_a_judgement_without_room_is_kept_too(
    project: Project, labeler: User, comparing: Assignment
) -> None:
    lapse(comparing)
    claim(make_member(project), project, "comparison")
    with pytest.raises(Conflict):
        submit_comparison(by=labeler, assignment=comparing, preference=None, both_bad=True)
    comparing.refresh_from_db()
    assert comparing.draft == {"preference": "both_bad", "justification": ""}


def test_what_was_skipped_cannot_be_submitted(labeler: User, writing: Assignment) -> None:
    skip(by=labeler, assignment=writing)
    with pytest.raises(Conflict, match="skipped"):
        submit_demonstration(by=labeler, assignment=writing, text="Answer.")


def test_a_draft_takes_the_form_s_fields_only(
    labeler: User, writing: Assignment, comparing: Assignment
) -> None:
    kept = save_draft(by=labeler, assignment=writing, draft={"text": "", "other": 1})
    assert kept.draft == {"text": ""}
    assert kept.draft_saved_at is not None
    kept = save_draft(by=labeler, assignment=comparing, draft={"preference": "-3"})
    assert kept.draft == {"preference": "-3", "justification": ""}


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (None, "draft"),
        ([], "draft"),
        ("text", "draft"),
        ({"preference": 1}, "preference"),
        ({"preference": "4"}, "preference"),
        ({"preference": ["1"]}, "preference"),
        ({"preference": None}, "preference"),
        ({"justification": "\0"}, "justification"),
        ({"justification": 7}, "justification"),
        ({"justification": "x" * 4_001}, "justification"),
    ],
)
def test_a_bad_draft_is_refused(
    labeler: User, comparing: Assignment, draft: Any, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        save_draft(by=labeler, assignment=comparing, draft=draft)
    assert caught.value.problems[0].field == field


@pytest.mark.parametrize("text", ["\0", "\ud800", 7, None, "x" * 50_001])
def test_a_bad_draft_text_is_refused(labeler: User, writing: Assignment, text: Any) -> None:
    with pytest.raises(InvalidInput, match="text"):
        save_draft(by=labeler, assignment=writing, draft={"text": text})


def test_after_submission_there_is_no_draft(labeler: User, writing: Assignment) -> None:
    submit_demonstration(by=labeler, assignment=writing, text="Answer.")
    with pytest.raises(Conflict):
        save_draft(by=labeler, assignment=writing, draft={"text": "late"})


def refused(constraint: str) -> Any:
    return pytest.raises(IntegrityError, match=constraint)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"n_assigned": 2, "is_open": False}, "never_assigned_beyond_overlap"),
        ({"n_submitted": 1}, "submitted_only_if_assigned"),
        ({"n_assigned": 1}, "open_only_with_room"),
        ({"state": "drawing"}, "open_only_with_room"),
    ],
)
def test_the_database_refuses_an_impossible_task(
    project: Project, changes: dict[str, Any], constraint: str
) -> None:
    task = make_demonstration_task(project)
    with refused(constraint), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(**changes)


def test_the_database_refuses_second_ones(
    project: Project, labeler: User, comparing: Assignment
) -> None:
    task = comparing.task
    common = {"guideline_version": comparing.guideline_version, "labeler": labeler}
    with refused("one_assignment_a_labeler"), transaction.atomic():
        Assignment.objects.create(task=task, leased_until=timezone.now(), **common)
    with refused("one_task_a_prompt_kind_and_variant"), transaction.atomic():
        Task.objects.create(
            project=project, prompt=task.prompt, kind="comparison", lane=task.lane
        )
    with refused("one_prompt_a_content"), transaction.atomic():
        make_drawing_task(project, task.prompt.messages[0]["content"])
    with refused("one_cursor_each"), transaction.atomic():
        QueueCursor.objects.create(user=labeler, lane=task.lane)
    candidate = task.candidates.get(position=0)
    with refused("one_candidate_a_position"), transaction.atomic():
        task.candidates.filter(position=1).update(position=candidate.position)


def test_the_database_refuses_an_impossible_judgement(labeler: User, comparing: Assignment) -> None:
    a, b = comparing.presented
    common = {
        "assignment": comparing,
        "labeler": labeler,
        "guideline_version": comparing.guideline_version,
        "seconds": 1.0,
        "prompt": comparing.task.prompt,
        "response_a_id": a,
    }
    for values in ({}, {"preference": 4}, {"preference": 1, "both_bad": True}):
        with refused("a_preference_or_both_bad"), transaction.atomic():
            Comparison.objects.create(response_b_id=b, **common, **values)
    with refused("two_different_responses"), transaction.atomic():
        Comparison.objects.create(response_b_id=a, preference=0, **common)
    Comparison.objects.create(response_b_id=b, preference=0, **common)
    with refused("assignment_id"), transaction.atomic():
        Comparison.objects.create(response_b_id=b, preference=1, **common)


def test_the_database_refuses_to_change_what_was_submitted(
    labeler: User, writing: Assignment, comparing: Assignment
) -> None:
    submit_demonstration(by=labeler, assignment=writing, text="Answer.")
    submit_comparison(by=labeler, assignment=comparing, preference=2)
    for table, change in (
        ("labeling_response", "text = 'x'"),
        ("labeling_demonstration", "seconds = 0"),
        ("labeling_comparison", "preference = -2"),
    ):
        with refused("never changes"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {change}")  # noqa: S608 - our own words


def test_a_response_has_an_origin(project: Project, writing: Assignment) -> None:
    for origin in ("person", "model", "mixed", "web"):
        with refused("a_response_has_its_origin"), transaction.atomic():
            Response.objects.create(prompt=writing.task.prompt, origin=origin, text="x")
