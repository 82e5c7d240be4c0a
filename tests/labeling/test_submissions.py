"""Drafts, demonstrations and comparisons."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.assigning.queue import lapse_expired, skip
from labeling.judging.submissions import (
    save_draft,
    submit_comparison,
    submit_demonstration,
    submit_ranking,
)
from labeling.models import (
    Assignment,
    Comparison,
    Demonstration,
    QueueCursor,
    Response,
    Task,
    WorkRules,
)
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import AuditEvent, Project, User
from tests.factories import make_member
from tests.labeling.rows import (
    claim,
    make_comparison_task,
    make_demonstration_task,
    make_drawing_task,
    make_ranking_task,
)
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def writing(project: Project, labeler: User) -> Assignment:
    make_demonstration_task(project)
    return claim(labeler, project)


@pytest.fixture
def comparing(project: Project, labeler: User) -> Assignment:
    make_comparison_task(project)
    return claim(labeler, project, "comparison")


@pytest.fixture
def ranking(project: Project, labeler: User) -> Assignment:
    make_ranking_task(project)
    return claim(labeler, project, "ranking")


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
    assert comparing.draft == {
        "preference": "both_bad",
        "justification": "",
        "marks": {},
        "flags": {},
    }


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
    assert kept.draft == {"preference": "-3"}


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


@pytest.mark.parametrize(
    "draft",
    [
        {"tiers": [[0, 2], [1]], "all_bad": False, "justification": "", "flags": {"1": ["rude"]}},
        {"tiers": [[1]]},
        {"tiers": [], "all_bad": True},
    ],
)
def test_an_unfinished_ranking_is_kept(labeler: User, ranking: Assignment, draft: Any) -> None:
    assert save_draft(by=labeler, assignment=ranking, draft=draft).draft == draft


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"tiers": [[0], [0]]}, "tiers"),
        ({"tiers": [[9]]}, "tiers"),
        ({"tiers": [[True]]}, "tiers"),
        ({"tiers": 7}, "tiers"),
        ({"tiers": [0]}, "tiers"),
        ({"all_bad": "yes"}, "all_bad"),
        ({"flags": []}, "flags"),
        ({"flags": {"0": "rude"}}, "flags"),
        ({"flags": {"0": ["\0"]}}, "flags"),
        ({"flags": {"0": ["x" * 41]}}, "flags"),
    ],
)
def test_a_bad_draft_of_a_ranking_is_refused(
    labeler: User, ranking: Assignment, draft: Any, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        save_draft(by=labeler, assignment=ranking, draft=draft)
    assert caught.value.problems[0].field == field


def test_half_a_mark_is_kept_in_a_draft(labeler: User, comparing: Assignment) -> None:
    draft = {"marks": {"tone": "a", "truth": [3, None]}, "flags": {"a": ["rude"], "b": []}}
    assert save_draft(by=labeler, assignment=comparing, draft=draft).draft == draft


@pytest.mark.parametrize(
    "marks",
    [
        {"tone": "c"},
        {"tone": [1]},
        {"tone": [1, 5]},
        {"tone": None},
        {"x" * 41: "a"},
        {f"k{i}": "a" for i in range(51)},
        [],
    ],
    ids=lambda value: repr(value)[:20],
)
def test_bad_marks_in_a_draft_are_refused(labeler: User, comparing: Assignment, marks: Any) -> None:
    with pytest.raises(InvalidInput, match="marks"):
        save_draft(by=labeler, assignment=comparing, draft={"marks": marks})


def test_activity_rides_along_with_a_draft(labeler: User, writing: Assignment) -> None:
    Assignment.objects.update(opened_at=timezone.now() - timedelta(seconds=100))
    evidence = {"typed": 4, "pasted": 0, "bulk": 0, "pastes": []}
    draft = {"text": "Four", "active_seconds": 12.5, "evidence": evidence}
    kept = save_draft(by=labeler, assignment=writing, draft=draft)
    assert (kept.draft, kept.active_seconds, kept.evidence) == ({"text": "Four"}, 12.5, evidence)


def test_a_conversation_goes_on_where_the_project_lets_it(
    project: Project, labeler: User, writing: Assignment
) -> None:
    turns = [{"role": "user", "content": "And then?"}, {"role": "assistant", "content": "Home."}]
    with pytest.raises(InvalidInput, match="turns"):
        submit_demonstration(by=labeler, assignment=writing, text="Out.", turns=turns)
    WorkRules.objects.create(project=project, demonstrations_go_on=True)
    row = submit_demonstration(by=labeler, assignment=writing, text="Out.", turns=turns)
    assert row.response.text == "Out."
    assert row.response.turns == [{"role": "assistant", "content": "Out."}, *turns]


@pytest.mark.parametrize(
    "turns",
    [
        "x",
        {},
        [{"role": "user", "content": "And?"}],
        [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}],
        [{"role": "user", "content": " "}, {"role": "assistant", "content": "b"}],
        [{"role": "user", "content": "a\0"}, {"role": "assistant", "content": "b"}],
        [{"role": "user", "content": "a", "x": 1}, {"role": "assistant", "content": "b"}],
        [{"role": "user"}, {"role": "assistant", "content": "b"}],
        [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}] * 11,
        [1, 2],
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_bad_conversation_is_refused(
    project: Project, labeler: User, writing: Assignment, turns: Any
) -> None:
    WorkRules.objects.create(project=project, demonstrations_go_on=True)
    with pytest.raises(InvalidInput, match="turns"):
        submit_demonstration(by=labeler, assignment=writing, text="Out.", turns=turns)
    assert not Response.objects.exists()


def test_a_ranking_keeps_responses_by_tier(
    project: Project, labeler: User, ranking: Assignment
) -> None:
    WorkRules.objects.create(project=project, safety_flags=["rude"])
    row = submit_ranking(
        by=labeler, assignment=ranking, tiers=[[2], [0, 1]], flags={"1": ["rude"], "0": []}
    )
    first, second, third = ranking.presented
    assert (row.tiers, row.all_bad) == ([[third], [first, second]], False)
    assert row.flags == {str(second): ["rude"]}
    again = submit_ranking(by=labeler, assignment=ranking, tiers=[[0], [1], [2]])
    assert (again, again.tiers) == (row, row.tiers)
    assert Task.objects.get().state == "complete"


def test_a_late_ranking_is_kept_as_a_draft(
    project: Project, labeler: User, ranking: Assignment
) -> None:
    lapse(ranking)
    claim(make_member(project), project, "ranking")
    with pytest.raises(Conflict, match="kept"):
        submit_ranking(by=labeler, assignment=ranking, tiers=[[2], [0], [1]], all_bad=True)
    ranking.refresh_from_db()
    assert ranking.draft == {
        "tiers": [[2], [0], [1]],
        "all_bad": True,
        "justification": "",
        "flags": {},
    }


def test_a_justification_cites_clauses_that_exist(labeler: User, comparing: Assignment) -> None:
    row = submit_comparison(
        by=labeler, assignment=comparing, preference=1, justification="See §1 and §9.9."
    )
    assert row.cites == ["c-1"]


def test_time_counts_from_opening_and_active_time_is_within_it(
    labeler: User, comparing: Assignment
) -> None:
    Assignment.objects.update(opened_at=timezone.now() - timedelta(seconds=30), active_seconds=9e9)
    row = submit_comparison(by=labeler, assignment=comparing, preference=1)
    assert 30 <= row.seconds < 60
    assert row.active_seconds == row.seconds


def test_active_time_that_nobody_counted_is_unknown(labeler: User, writing: Assignment) -> None:
    row = submit_demonstration(by=labeler, assignment=writing, text="Answer.")
    assert (row.active_seconds, row.evidence) == (None, {})


def test_the_last_activity_comes_with_the_submission(labeler: User, writing: Assignment) -> None:
    Assignment.objects.update(opened_at=timezone.now() - timedelta(seconds=30))
    evidence = {"typed": 7, "pasted": 0, "bulk": 0, "pastes": []}
    row = submit_demonstration(
        by=labeler,
        assignment=writing,
        text="Answer.",
        activity={"active_seconds": 20, "evidence": evidence},
    )
    assert (row.active_seconds, row.evidence) == (20, evidence)
    writing.refresh_from_db()
    assert (writing.active_seconds, writing.evidence) == (20, evidence)


def test_a_task_set_aside_is_complete_with_its_last_submission(
    labeler: User, writing: Assignment
) -> None:
    Task.objects.update(state="set_aside", is_open=False)
    submit_demonstration(by=labeler, assignment=writing, text="Answer.")
    assert Task.objects.get().state == "complete"


def test_a_retired_task_stays_retired(labeler: User, writing: Assignment) -> None:
    Task.objects.update(state="retired", is_open=False)
    submit_demonstration(by=labeler, assignment=writing, text="Answer.")
    task = Task.objects.get()
    assert (task.state, task.n_submitted) == ("retired", 1)


def test_a_submission_is_a_handful_of_statements(
    labeler: User, writing: Assignment, comparing: Assignment, ranking: Assignment
) -> None:
    """Holding, and one for all that is written; the rest is what follows."""
    with CaptureQueriesContext(connection) as one:
        submit_demonstration(by=labeler, assignment=writing, text="Answer.")
    with CaptureQueriesContext(connection) as two:
        submit_comparison(by=labeler, assignment=comparing, preference=1)
    with CaptureQueriesContext(connection) as three:
        submit_ranking(by=labeler, assignment=ranking, tiers=[[0], [1], [2]])
    assert [own_statements(found) for found in (one, two, three)] == [3, 4, 3]


def own_statements(found: CaptureQueriesContext) -> int:
    """Up to the record of the deed; savepoints are there for the test's own transaction."""
    said = [query["sql"] for query in found.captured_queries if "SAVEPOINT" not in query["sql"]]
    return next(at for at, sql in enumerate(said, start=1) if "projects_auditevent" in sql)


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
        Task.objects.create(project=project, prompt=task.prompt, kind="comparison", lane=task.lane)
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
