"""Thousands of random deeds on one queue, several people at once, on real PostgreSQL.

After every round, with nobody at work, the rows must agree with each other.
"""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from labeling.assigning import flags, queue
from labeling.assigning.lanes import move_tasks
from labeling.assigning.overlap import set_overlap
from labeling.judging.activity import pulse
from labeling.judging.submissions import save_draft, submit_demonstration
from labeling.models import Assignment, Demonstration, Task
from projects.compiled import Compiled
from projects.errors import Conflict, InvalidInput
from projects.models import Project, User
from tests.factories import make_member
from tests.labeling.rows import make_demonstration_task

STEPS = 10_000
THREADS = 4
ROUNDS = 25
N_TASKS = 60
HELD = ("open", "submitted", "reopened")

# Looking for something to do must not cost more than doing it.
MINE = Compiled(
    lambda labeler, one, other: (
        Assignment.objects.select_related("task__project")
        .filter(labeler=labeler, state__in=(one, other))
        .order_by("-pk")[:20]
    ),
    labeler=int,
    one=str,
    other=str,
)
TASKS = Compiled(
    lambda project: (
        Task.objects.select_related("project").filter(project=project).order_by("-pk")[:N_TASKS]
    ),
    project=int,
)
SET_ASIDE = Compiled(
    lambda project: (
        Task.objects.select_related("project")
        .filter(project=project, state="set_aside")
        .order_by("-pk")[:N_TASKS]
    ),
    project=int,
)


class Person:
    """One labeler's random deeds. Each is drawn from the seed; what comes of it may depend on the
    others. Refusals by the domain are part of the game; anything else fails the test."""

    def __init__(self, user: User, staff: User, project: Project, seed: int) -> None:
        self.user, self.staff, self.project = user, staff, project
        self.random = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.kept: dict[int, str] = {}
        """The text of late submissions that were refused, by assignment."""
        self.deeds: list[tuple[Callable[[], None], int]] = [
            (self.claim, 10),
            (self.submit, 9),
            (self.ahead, 5),
            (self.draft, 3),
            (self.renew, 3),
            (self.skip, 2),
            (self.flag, 1),
            (self.let_lapse, 3),
            (self.submit_late, 3),
            (self.submit_twice, 1),
            (self.settle, 3),
            (self.move, 2),
            (self.change_overlap, 2),
            (self.add_task, 4),
        ]

    def act(self, steps: int) -> None:
        deeds, weights = zip(*self.deeds, strict=True)
        for deed in self.random.choices(deeds, weights, k=steps):
            try:
                deed()
                self.done[deed.__name__] += 1
            except (Conflict, InvalidInput):
                self.done[f"{deed.__name__} refused"] += 1

    def mine(self, state: str, or_state: str = "") -> Assignment | None:
        found = MINE.all(labeler=self.user.pk, one=state, other=or_state or state)
        return self.random.choice(found) if found else None

    def any_task(self, tasks: Compiled[Task] = TASKS) -> Task | None:
        found = tasks.all(project=self.project.pk)
        return self.random.choice(found) if found else None

    def claim(self) -> None:
        queue.claim_next(by=self.user, project=self.project, kind="demonstration")

    def ahead(self) -> None:
        if held := self.mine("open"):
            queue.claim_ahead(by=self.user, assignment=held)

    def submit(self) -> None:
        if held := self.mine("open"):
            read = queue.assignment_for(self.user, held.pk)
            submit_demonstration(by=self.user, assignment=read, text="Answer.")

    def submit_late(self) -> None:
        if held := self.mine("lapsed"):
            text = f"Late {self.random.random()}"
            try:
                submit_demonstration(by=self.user, assignment=held, text=text)
            except Conflict:
                self.kept[held.pk] = text
                raise

    def submit_twice(self) -> None:
        if held := self.mine("submitted"):
            submit_demonstration(by=self.user, assignment=held, text="Again.")

    def draft(self) -> None:
        if (held := self.mine("open", "lapsed")) and held.pk not in self.kept:
            save_draft(by=self.user, assignment=held, draft={"text": "Begun"})

    def renew(self) -> None:
        if held := self.mine("open", "lapsed"):
            pulse(by=self.user, assignment=held, active_seconds=1, evidence={})

    def skip(self) -> None:
        if held := self.mine("open", "lapsed"):
            queue.skip(by=self.user, assignment=held)

    def flag(self) -> None:
        if held := self.mine("open", "lapsed"):
            flags.flag(by=self.user, assignment=held, reason="broken")

    def let_lapse(self) -> None:
        if held := self.mine("open"):
            past = timezone.now() - timedelta(seconds=1)
            Assignment.objects.filter(pk=held.pk, state="open").update(leased_until=past)
        queue.lapse_expired()

    def settle(self) -> None:
        if task := self.any_task(SET_ASIDE):
            outcome = self.random.choice(["queued", "queued", "queued", "retired"])
            flags.settle(by=self.staff, task=task, outcome=outcome)

    def move(self) -> None:
        if task := self.any_task():
            priority = self.random.choice([-1, 0, 1, 2])
            move_tasks(by=self.staff, project=self.project, tasks=[task], priority=priority)

    def change_overlap(self) -> None:
        if task := self.any_task():
            set_overlap(
                by=self.staff,
                project=self.project,
                overlap=self.random.randint(1, 4),
                tasks=[task],
            )

    def add_task(self) -> None:
        if Task.objects.filter(is_open=True).count() < N_TASKS:
            overlap = self.random.randint(1, 3)
            make_demonstration_task(
                self.project, f"{self.user.pk}:{self.random.random()}", overlap=overlap
            )


@pytest.mark.django_db(transaction=True)
def test_whatever_people_do_at_once_the_queue_stays_right(project: Project, owner: User) -> None:
    for _ in range(N_TASKS):
        make_demonstration_task(project, overlap=2)
    people = [Person(make_member(project), owner, project, seed) for seed in range(THREADS * 2)]
    steps = STEPS // (ROUNDS * len(people))
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in range(ROUNDS):
            list(pool.map(lambda person: _in_thread(person, steps), people))
            agree(project)
    everything = sum((person.done for person in people), Counter())
    assert everything.total() == STEPS
    for deed, _ in people[0].deeds:
        assert everything[deed.__name__] > 0, deed.__name__
    refused_late(people)
    nothing_is_lost(project, owner)


def _in_thread(person: Person, steps: int) -> None:
    try:
        person.act(steps)
    finally:
        connection.close()


def agree(project: Project) -> None:
    """Counters equal the rows, no task is over-assigned, nobody holds two ready."""
    tasks = {task.pk: task for task in Task.objects.filter(project=project)}
    places: Counter[int] = Counter()
    submitted: Counter[int] = Counter()
    skipped: Counter[int] = Counter()
    for task_id, state in Assignment.objects.values_list("task_id", "state"):
        places[task_id] += state in HELD
        submitted[task_id] += state in HELD[1:]
        skipped[task_id] += state == "skipped"
    rows = Counter(Demonstration.objects.values_list("assignment__task", flat=True))
    for pk, task in tasks.items():
        assert task.n_assigned == places[pk] <= task.overlap, pk
        assert task.n_submitted == submitted[pk] == rows[pk], pk
        assert task.n_skipped <= skipped[pk], pk
        has_room = task.n_assigned < task.overlap
        assert task.is_open == (task.state == "ready" and has_room), pk
        if task.state in ("ready", "complete"):
            assert (task.state == "complete") == (task.n_submitted >= task.overlap), pk
    leases = Assignment.objects.filter(state="open")
    ahead = Counter(leases.filter(opened_at=None).values_list("labeler", flat=True))
    assert all(number <= 1 for number in ahead.values()), ahead


def refused_late(people: list[Person]) -> None:
    """What came too late counted once, later, or its text is still there."""
    for person in people:
        for held in Assignment.objects.filter(pk__in=person.kept):
            counted = Demonstration.objects.filter(assignment=held).count()
            assert counted <= 1
            if held.state == "lapsed":
                assert held.draft == {"text": person.kept[held.pk]}


def nothing_is_lost(project: Project, owner: User) -> None:
    """Every task that is open can be had until it is complete."""
    Assignment.objects.filter(state="open").update(leased_until=timezone.now())
    while queue.lapse_expired():
        pass
    for _ in range(8):
        person = make_member(project)
        while found := queue.claim_next(by=person, project=project, kind="demonstration"):
            submit_demonstration(by=person, assignment=found, text="Answer.")
    agree(project)
    states = set(Task.objects.filter(project=project).values_list("state", flat=True))
    assert states <= {"complete", "set_aside", "retired"}
    assert sum(1 for _ in flags.waiting(project)) >= Task.objects.filter(state="set_aside").count()
