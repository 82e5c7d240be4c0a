"""Priorities, languages, skills and overlap, and what changes them."""

from threading import Event
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction

from labeling.assigning.lanes import lane_for, move_tasks
from labeling.assigning.overlap import set_overlap
from labeling.assigning.queue import claim_next, skip
from labeling.judging.submissions import submit_demonstration
from labeling.models import Labeler, QueueCursor, Task
from projects.errors import InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, User
from tests.factories import make_member
from tests.labeling.rows import claim, make_demonstration_task
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


def move(by: User, task: Task, **changes: Any) -> int:
    return move_tasks(by=by, project=task.project, tasks=[task], **changes)


def state_of(task: Task) -> tuple[str, bool, int, int]:
    task.refresh_from_db()
    return task.state, task.is_open, task.overlap, task.n_assigned


def test_urgent_tasks_come_first(project: Project, labeler: User, reviewer: User) -> None:
    low, normal, urgent = (make_demonstration_task(project) for _ in range(3))
    assert [move(reviewer, low, priority=-1), move(reviewer, urgent, priority=2)] == [1, 1]
    got = []
    for _ in range(3):
        held = claim(labeler, project)
        got.append(held.task)
        submit_demonstration(by=labeler, assignment=held, text="Answer.")
    assert got == [urgent, normal, low]


def test_a_task_moved_behind_the_cursor_is_found(
    project: Project, labeler: User, reviewer: User
) -> None:
    first = make_demonstration_task(project)
    move(reviewer, first, priority=1)
    second = make_demonstration_task(project)
    make_demonstration_task(project)
    move(reviewer, first, priority=0)
    QueueCursor.objects.create(user=labeler, lane=second.lane, seq=second.seq)
    skip(by=labeler, assignment=claim(labeler, project))
    assert {claim(labeler, project).task} <= {first, second}


def test_languages_and_skills_route_tasks(project: Project, labeler: User, owner: User) -> None:
    german, medical, both = (make_demonstration_task(project) for _ in range(3))
    move(owner, german, language="de")
    move(owner, medical, skills=["medicine"])
    move(owner, both, language="DE", skills=["medicine", "law", "law"])
    both.refresh_from_db()
    assert (both.lane.language, both.lane.skills) == ("de", ["law", "medicine"])
    assert claim_next(by=labeler, project=project, kind="demonstration") is None
    known = Labeler.objects.create(project=project, user=labeler, languages=["de", "en"])
    held = claim(labeler, project)
    assert held.task == german
    submit_demonstration(by=labeler, assignment=held, text="Antwort.")
    assert claim_next(by=labeler, project=project, kind="demonstration") is None
    known.skills = ["law", "medicine", "maths"]
    known.save()
    held = claim(labeler, project)
    assert held.task == medical
    skip(by=labeler, assignment=held)
    assert claim(labeler, project).task == both


def test_what_is_not_named_stays_as_it_is(project: Project, owner: User) -> None:
    task = make_demonstration_task(project)
    move(owner, task, language="de", skills=["law"])
    assert move(owner, task, priority=2) == 1
    assert move(owner, task, priority=2) == 0
    task.refresh_from_db()
    lane = task.lane
    assert (lane.priority, lane.language, lane.skills) == (2, "de", ["law"])
    assert AuditEvent.objects.filter(verb="tasks.moved").count() == 3


def test_tasks_of_another_project_do_not_move(project: Project, stranger: User) -> None:
    task = make_demonstration_task(project)
    elsewhere = stranger.memberships.get().project
    assert move_tasks(by=stranger, project=elsewhere, tasks=[task], priority=2) == 0
    with pytest.raises(NotFound):
        move(stranger, task, priority=2)
    with pytest.raises(NotPermitted):
        move(make_member(project), task, priority=2)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "priority"),
        ({"priority": 9}, "priority"),
        ({"priority": True}, "priority"),
        ({"priority": "1"}, "priority"),
        ({"priority": 10**30}, "priority"),
        ({"language": "x" * 17}, "language"),
        ({"language": "d\0e"}, "language"),
        ({"language": 7}, "language"),
        ({"skills": "law"}, "skills"),
        ({"skills": ["law"] * 21}, "skills"),
        ({"skills": [""]}, "skills"),
        ({"skills": ["\ud800"]}, "skills"),
        ({"skills": [["law"]]}, "skills"),
    ],
)
def test_bad_moves_name_the_field(
    project: Project, owner: User, changes: dict[str, Any], field: str
) -> None:
    task = make_demonstration_task(project)
    with pytest.raises(InvalidInput) as refused:
        move(owner, task, **changes)
    assert refused.value.problems[0].field == field
    assert not AuditEvent.objects.filter(verb="tasks.moved").exists()


def test_gold_stays_gold_when_it_moves(project: Project, owner: User) -> None:
    lane = lane_for(project=project, kind="demonstration", is_gold=True)
    task = make_demonstration_task(project, lane=lane)
    move(owner, task, priority=1)
    task.refresh_from_db()
    assert (task.lane.is_gold, task.lane.priority) == (True, 1)


def test_raising_the_overlap_opens_complete_tasks_again(
    project: Project, labeler: User, owner: User
) -> None:
    task, untouched = make_demonstration_task(project), make_demonstration_task(project)
    submit_demonstration(by=labeler, assignment=claim(labeler, project), text="Answer.")
    assert state_of(task) == ("complete", False, 1, 1)
    assert set_overlap(by=owner, project=project, overlap=2, tasks=[task]) == 1
    assert state_of(task) == ("ready", True, 2, 1)
    assert state_of(untouched) == ("ready", True, 1, 0)
    assert claim(make_member(project), project).task == task
    assert set_overlap(by=owner, project=project, overlap=3) == 2
    project.refresh_from_db()
    assert project.overlap == 3
    assert [state_of(task), state_of(untouched)] == [("ready", True, 3, 2), ("ready", True, 3, 0)]


def test_lowering_the_overlap_completes_or_closes(project: Project, owner: User) -> None:
    done, held = (make_demonstration_task(project, overlap=3) for _ in range(2))
    first, second = make_member(project), make_member(project)
    submit_demonstration(by=first, assignment=claim(first, project), text="Answer.")
    skip(by=second, assignment=claim(second, project))
    assert claim(second, project).task == held
    set_overlap(by=owner, project=project, overlap=1)
    assert [state_of(done), state_of(held)] == [
        ("complete", False, 1, 1),
        ("ready", False, 1, 1),
    ]


def test_an_overlap_below_what_is_held_is_refused_and_nothing_changes(
    project: Project, owner: User
) -> None:
    task = make_demonstration_task(project, overlap=2)
    claim(make_member(project), project), claim(make_member(project), project)
    with pytest.raises(InvalidInput, match="1 task would have too many"):
        set_overlap(by=owner, project=project, overlap=1)
    assert state_of(task) == ("ready", False, 2, 2)
    assert not AuditEvent.objects.filter(verb="overlap.changed").exists()


@pytest.mark.django_db(transaction=True)
def test_a_task_that_is_being_moved_is_not_passed_over(project: Project, owner: User) -> None:
    task = make_demonstration_task(project, overlap=2)
    claim(make_member(project), project), claim(make_member(project), project)
    is_moved, is_asked = Event(), Event()

    def move_slowly() -> None:
        with transaction.atomic():
            move(owner, task, priority=2)
            is_moved.set()
            assert is_asked.wait(20)

    def lower() -> None:
        assert is_moved.wait(20)
        with pytest.raises(InvalidInput, match="1 task would have too many"):
            set_overlap(by=owner, project=project, overlap=1, tasks=[task])

    def let_go() -> None:
        assert is_moved.wait(20)
        for _ in range(2_000):
            if waiting_for_locks():
                break
            sleep(0.01)
        is_asked.set()

    in_threads(lambda work: work(), [move_slowly, lower, let_go])
    assert state_of(task) == ("ready", False, 2, 2)


def waiting_for_locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("overlap", [0, -1, 1001, True, "2", None, 10**30, 1.5])
def test_a_bad_overlap_is_refused(project: Project, owner: User, overlap: Any) -> None:
    with pytest.raises(InvalidInput, match="overlap"):
        set_overlap(by=owner, project=project, overlap=overlap)


def test_only_an_owner_changes_the_overlap(project: Project, reviewer: User) -> None:
    with pytest.raises(NotPermitted):
        set_overlap(by=reviewer, project=project, overlap=2)
