"""Who gets which task next, alone and against others."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labeling.assigning.queue import claim_next, hold, lapse_expired, resume, skip
from labeling.judging.submissions import save_draft, submit_demonstration
from labeling.models import Assignment, Task
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Membership, Project, User
from tests.factories import make_guideline_version, make_member, make_project
from tests.labeling.rows import claim, make_comparison_task, make_demonstration_task
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


def expire(assignment: Assignment) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Assignment.objects.filter(pk=assignment.pk).update(leased_until=past)


def test_tasks_come_in_their_order_and_each_once(project: Project, labeler: User) -> None:
    tasks = [make_demonstration_task(project) for _ in range(3)]
    taken = []
    for _ in tasks:
        assignment = claim(labeler, project)
        taken.append(assignment.task)
        submit_demonstration(by=labeler, assignment=assignment, text="Answer.")
    assert taken == tasks
    assert claim_next(by=labeler, project=project, kind="demonstration") is None


def test_asking_again_gives_the_task_that_is_open(project: Project, labeler: User) -> None:
    make_demonstration_task(project), make_demonstration_task(project)
    assert claim(labeler, project) == claim(labeler, project)
    assert Assignment.objects.count() == 1


def test_kinds_and_projects_do_not_mix(project: Project, labeler: User) -> None:
    other = make_project("other")
    make_demonstration_task(other)
    make_comparison_task(project)
    assert claim_next(by=labeler, project=project, kind="demonstration") is None
    assert claim(labeler, project, "comparison").task.kind == "comparison"


def test_a_task_with_overlap_goes_to_that_many_people(project: Project) -> None:
    task = make_demonstration_task(project, overlap=2)
    people = [make_member(project) for _ in range(3)]
    got = [claim_next(by=person, project=project, kind="demonstration") for person in people]
    assert [found is not None for found in got] == [True, True, False]
    task.refresh_from_db()
    assert (task.n_assigned, task.is_open) == (2, False)


def test_without_a_published_guideline_nothing_is_given(db: None) -> None:
    bare = make_project("bare")
    member = make_member(bare)
    make_demonstration_task(bare)
    with pytest.raises(Conflict, match="guideline"):
        claim_next(by=member, project=bare, kind="demonstration")
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("kind", ["", "red_team", "Demonstration", None, 7, ["demonstration"], {}])
def test_an_unknown_kind_is_refused(project: Project, labeler: User, kind: Any) -> None:
    with pytest.raises(InvalidInput, match="kind"):
        claim_next(by=labeler, project=project, kind=kind)


def test_a_stranger_gets_nothing(project: Project, stranger: User) -> None:
    make_demonstration_task(project)
    with pytest.raises(NotFound):
        claim_next(by=stranger, project=project, kind="demonstration")


def test_the_version_shown_is_recorded_though_a_newer_one_comes(
    project: Project, labeler: User
) -> None:
    make_demonstration_task(project), make_demonstration_task(project)
    assignment = claim(labeler, project)
    newer = make_guideline_version(project)
    row = submit_demonstration(by=labeler, assignment=assignment, text="Answer.")
    assert row.guideline_version.number == 1
    assert claim(labeler, project).guideline_version == newer


def test_two_of_the_candidates_are_presented_in_either_order(project: Project) -> None:
    task = make_comparison_task(project, answers=("1", "2", "3"), overlap=40)
    ids = set(task.candidates.values_list("response_id", flat=True))
    pairs = set()
    for _ in range(40):
        assignment = claim(make_member(project), project, "comparison")
        assert len(set(assignment.presented) & ids) == len(assignment.presented) == 2
        pairs.add(tuple(assignment.presented))
    assert len(pairs) == 6


def test_a_skipped_task_goes_to_others_and_not_back(project: Project, labeler: User) -> None:
    task = make_demonstration_task(project)
    assignment = claim(labeler, project)
    skip(by=labeler, assignment=assignment, reason="cannot judge")
    skip(by=labeler, assignment=assignment, reason="again")
    assignment.refresh_from_db()
    assert (assignment.state, assignment.skip_reason) == ("skipped", "cannot judge")
    assert claim_next(by=labeler, project=project, kind="demonstration") is None
    assert claim(make_member(project), project).task == task


def test_the_queue_begins_again_at_its_front(project: Project, labeler: User) -> None:
    first = make_demonstration_task(project)
    second = make_demonstration_task(project)
    other = make_member(project)
    held = claim(other, project)
    assert held.task == first
    submit_demonstration(by=labeler, assignment=claim(labeler, project), text="Answer.")
    assert claim_next(by=labeler, project=project, kind="demonstration") is None
    skip(by=other, assignment=held)
    assert claim(labeler, project).task == first
    second.refresh_from_db()
    assert second.state == "complete"


def test_a_lapsed_lease_frees_the_task_and_keeps_the_draft(project: Project, labeler: User) -> None:
    task = make_demonstration_task(project)
    assignment = claim(labeler, project)
    save_draft(by=labeler, assignment=assignment, draft={"text": "Half an ans"})
    assert lapse_expired() == 0
    expire(assignment)
    assert [lapse_expired(), lapse_expired()] == [1, 0]
    task.refresh_from_db()
    assignment.refresh_from_db()
    assert (task.n_assigned, task.is_open) == (0, True)
    assert (assignment.state, assignment.draft) == ("lapsed", {"text": "Half an ans"})


def test_own_lapsed_work_comes_back_where_there_is_room(project: Project, labeler: User) -> None:
    make_demonstration_task(project), make_demonstration_task(project)
    assignment = claim(labeler, project)
    expire(assignment)
    lapse_expired()
    again = claim(labeler, project)
    assert (again, again.state) == (assignment, "open")
    assert again.leased_until > timezone.now()
    again.task.refresh_from_db()
    assert (again.task.n_assigned, again.task.is_open) == (1, False)


def test_own_lapsed_work_stays_lapsed_where_others_took_it(project: Project, labeler: User) -> None:
    first, second = make_demonstration_task(project), make_demonstration_task(project)
    assignment = claim(labeler, project)
    expire(assignment)
    lapse_expired()
    assert claim(make_member(project), project).task == first
    assert resume(by=labeler, assignment=assignment).state == "lapsed"
    assert claim(labeler, project).task == second


def test_a_lease_is_as_long_as_the_project_says_and_renewed_by_work(
    project: Project, labeler: User
) -> None:
    Project.objects.filter(pk=project.pk).update(lease_minutes=10)
    project.refresh_from_db()
    make_demonstration_task(project)
    assignment = claim(labeler, project)
    left = assignment.leased_until - timezone.now()
    assert timedelta(minutes=9) < left <= timedelta(minutes=10)
    expire(assignment)
    kept = save_draft(by=labeler, assignment=assignment, draft={"text": "x"})
    assert kept.leased_until > timezone.now()


def test_somebody_else_s_assignment_is_not_found(project: Project, labeler: User) -> None:
    make_demonstration_task(project)
    assignment = claim(labeler, project)
    for deed in (resume, hold, skip):
        with pytest.raises(NotFound):
            deed(by=make_member(project), assignment=assignment)


def test_a_former_member_s_assignment_is_not_found(project: Project, labeler: User) -> None:
    make_demonstration_task(project)
    assignment = claim(labeler, project)
    Membership.objects.filter(user=labeler).delete()
    with pytest.raises(NotFound):
        resume(by=labeler, assignment=assignment)


def test_a_submitted_task_cannot_be_skipped(project: Project, labeler: User) -> None:
    make_demonstration_task(project)
    assignment = claim(labeler, project)
    submit_demonstration(by=labeler, assignment=assignment, text="Answer.")
    with pytest.raises(Conflict):
        skip(by=labeler, assignment=assignment)


@pytest.mark.parametrize("reason", ["a\0", "\ud800", "x" * 201, 7, None])
def test_a_bad_reason_is_refused(project: Project, labeler: User, reason: Any) -> None:
    make_demonstration_task(project)
    assignment = claim(labeler, project)
    with pytest.raises(InvalidInput, match="reason"):
        skip(by=labeler, assignment=assignment, reason=reason)


@pytest.mark.django_db(transaction=True)
def test_eight_labelers_at_once_never_exceed_the_overlap(project: Project) -> None:
    n_tasks, overlap = 30, 3
    for _ in range(n_tasks):
        make_demonstration_task(project, overlap=overlap)
    people = [make_member(project) for _ in range(8)]

    def label(person: User) -> int:
        done = 0
        while assignment := claim_next(by=person, project=project, kind="demonstration"):
            submit_demonstration(by=person, assignment=assignment, text="Answer.")
            done += 1
        return done

    # A labeler who finds every open task locked is told there is none; asking again settles it.
    total = sum(in_threads(label, people)) + sum(label(person) for person in people)
    assert total == n_tasks * overlap
    per_task = Counter(Assignment.objects.values_list("task_id", flat=True))
    assert set(per_task.values()) == {overlap}
    states = set(Task.objects.values_list("state", "n_assigned", "n_submitted", "is_open"))
    assert states == {("complete", overlap, overlap, False)}


@pytest.mark.django_db(transaction=True)
def test_one_labeler_in_two_tabs_gets_one_task(project: Project, labeler: User) -> None:
    for _ in range(5):
        make_demonstration_task(project)
    got = in_threads(lambda person: claim(person, project).pk, [labeler] * 4)
    assert len(set(got)) == 1
    assert Assignment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_lapsing_and_skipping_at_once_give_back_one_place_each(project: Project) -> None:
    task = make_demonstration_task(project, overlap=4)
    people = [make_member(project) for _ in range(4)]
    assignments = [claim(person, project) for person in people]
    for assignment in assignments:
        expire(assignment)

    def act(number: int) -> None:
        if number < 2:
            skip(by=people[number], assignment=assignments[number])
        else:
            lapse_expired()

    in_threads(act, [0, 1, 2, 3])
    lapse_expired()
    task.refresh_from_db()
    assert (task.n_assigned, task.is_open) == (0, True)
    states = Assignment.objects.order_by("pk").values_list("state", flat=True)
    assert set(states) <= {"skipped", "lapsed"}
