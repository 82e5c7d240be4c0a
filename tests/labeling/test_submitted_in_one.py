"""A plain submission is one statement; whatever came between falls back to the careful way."""

from copy import copy

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.assigning.queue import assignment_for, skip
from labeling.judging.aftermath import may_follow
from labeling.judging.correcting import undo
from labeling.judging.submissions import save_draft, submit_comparison, submit_demonstration
from labeling.models import Assignment, Demonstration, Response, Task, WorkRules
from projects.errors import Conflict
from projects.models import AuditEvent, Project, User
from tests.factories import make_member
from tests.labeling.rows import claim, make_comparison_task, make_demonstration_task
from tests.labeling.test_submissions import lapse
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(project: Project) -> Task:
    return make_demonstration_task(project)


@pytest.fixture
def read(task: Task, labeler: User, project: Project) -> Assignment:
    """An assignment as a request reads it."""
    return assignment_for(labeler, claim(labeler, project).pk)


def written(task: Task) -> tuple[int, int, int, int]:
    """Judgements, responses, places counted as done, deeds told."""
    task.refresh_from_db()
    verbs = ("demonstration.submitted", "demonstration.corrected")
    told = AuditEvent.objects.filter(verb__in=verbs).count()
    return Demonstration.objects.count(), Response.objects.count(), task.n_submitted, told


def test_the_plain_case_is_one_statement(task: Task, labeler: User, read: Assignment) -> None:
    with CaptureQueriesContext(connection) as seen:
        row = submit_demonstration(by=labeler, assignment=read, text="Answer.")
    assert len(seen) == 1
    assert (read.state, row.assignment, row.response.text) == ("submitted", read, "Answer.")
    row.refresh_from_db()
    assert (row.assignment_id, row.labeler, row.supersedes) == (read.pk, labeler, None)
    assert Assignment.objects.get().ended_at == row.created_at
    assert written(task) == (1, 1, 1, 1)
    assert Task.objects.get().state == "complete"


def test_a_change_in_between_is_not_overlooked(task: Task, labeler: User, read: Assignment) -> None:
    save_draft(by=labeler, assignment=copy(read), draft={"text": "Ans", "active_seconds": 0})
    row = submit_demonstration(by=labeler, assignment=read, text="Answer.")
    assert Assignment.objects.get().draft == {}
    assert (row.response.text, written(task)) == ("Answer.", (1, 1, 1, 1))


def test_submitted_in_between_the_first_one_stands(
    task: Task, labeler: User, read: Assignment
) -> None:
    first = submit_demonstration(by=labeler, assignment=copy(read), text="First.")
    assert submit_demonstration(by=labeler, assignment=copy(read), text="Second.") == first
    undo(by=labeler, assignment=copy(read))
    corrected = submit_demonstration(by=labeler, assignment=read, text="Third.")
    assert corrected.supersedes == first
    assert written(task) == (2, 2, 1, 2)


def test_lapsed_in_between_it_is_kept_or_refused_as_ever(
    project: Project, task: Task, labeler: User, read: Assignment
) -> None:
    lapse(read)
    claim(make_member(project), project)
    with pytest.raises(Conflict, match="lapsed"):
        submit_demonstration(by=labeler, assignment=read, text="Late.")
    assert Assignment.objects.get(labeler=labeler).draft == {"text": "Late."}
    assert written(task) == (0, 0, 0, 0)


def test_skipped_in_between_nothing_is_written(task: Task, labeler: User, read: Assignment) -> None:
    skip(by=labeler, assignment=copy(read))
    with pytest.raises(Conflict, match="skipped"):
        submit_demonstration(by=labeler, assignment=read, text="Late.")
    assert written(task) == (0, 0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_it_is_one(task: Task, labeler: User, read: Assignment) -> None:
    rows = in_threads(
        lambda text: submit_demonstration(by=labeler, assignment=copy(read), text=text).pk,
        ["One.", "Two.", "Three.", "Four."],
    )
    assert len(set(rows)) == 1
    assert written(task) == (1, 1, 1, 1)


def test_whatever_follows_still_does(
    project: Project, task: Task, labeler: User, read: Assignment
) -> None:
    WorkRules.objects.create(project=project, review_mode="all")
    again = assignment_for(labeler, read.pk)
    submit_demonstration(by=labeler, assignment=again, text="Answer.")
    assert Task.objects.filter(kind="review").count() == 1


@pytest.mark.parametrize(
    ("kind", "fields", "rules", "may"),
    [
        ("demonstration", {}, {}, False),
        ("demonstration", {"overlap": 2}, {"gold_percent": 10}, False),
        ("demonstration", {}, {"review_mode": "sample"}, True),
        ("demonstration", {}, {"review_mode": "disputed"}, False),
        ("comparison", {}, {}, False),
        ("comparison", {"overlap": 2}, {}, True),
        ("comparison", {}, {"gold_percent": 1}, True),
        ("comparison", {}, {"qualify_percent": 50}, True),
        ("comparison", {"variant": "gold-1"}, {}, True),
        ("review", {}, {}, True),
    ],
)
def test_where_gold_is_mixed_in_all_take_the_same_way(
    kind: str, fields: dict[str, object], rules: dict[str, object], *, may: bool
) -> None:
    task = Task(**{"kind": kind, "variant": "", "overlap": 1, **fields})
    assert may_follow(task, WorkRules(**rules)) is may


def test_a_comparison_is_written_with_its_sides(project: Project, labeler: User) -> None:
    make_comparison_task(project)
    read = assignment_for(labeler, claim(labeler, project, "comparison").pk)
    row = submit_comparison(by=labeler, assignment=read, preference=-1)
    row.refresh_from_db()
    assert [row.response_a_id, row.response_b_id] == read.presented
    assert Task.objects.get().state == "complete"
