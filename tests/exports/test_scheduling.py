"""Exports that saved recipes make by themselves."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from exports.models import Export, SavedRecipe, Schedule
from exports.scheduling import ask_for_due, remove_schedule, set_schedule
from exports.selecting.saved import save_recipe
from projects.errors import InvalidInput, NotPermitted
from projects.models import AuditEvent, Membership, Project, Role, User
from tests.factories import make_guideline_version, make_member, make_project

DATA = {"kind": "preferences", "selection": {"tags": ["maths"]}}


@pytest.fixture
def saved(project: Project, owner: User) -> SavedRecipe:
    return save_recipe(by=owner, project=project, name="Weekly", data=DATA)


def make_due(schedule: Schedule, **ago: float) -> None:
    then = timezone.now() - timedelta(**(ago or {"minutes": 1}))
    Schedule.objects.filter(pk=schedule.pk).update(next_at=then)


@pytest.mark.django_db
def test_nothing_is_asked_for_before_it_is_due(saved: SavedRecipe, owner: User) -> None:
    schedule = set_schedule(by=owner, saved=saved, every="week", weekday="4", hour="6")
    assert (schedule.weekday, schedule.hour, schedule.next_at.weekday()) == (4, 6, 4)
    assert (ask_for_due(), Export.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_what_is_due_is_asked_for_once_by_its_recipe(saved: SavedRecipe, owner: User) -> None:
    schedule = set_schedule(by=owner, saved=saved, every="day", hour=3)
    make_due(schedule, days=5)
    assert (ask_for_due(), ask_for_due()) == (1, 0)
    [export] = Export.objects.all()
    schedule.refresh_from_db()
    assert (export.recipe, export.by, export.kind) == (DATA, owner, "preferences")
    assert schedule.last_export == export
    assert schedule.next_at > timezone.now()


@pytest.mark.django_db
def test_one_that_is_off_or_removed_asks_for_nothing(saved: SavedRecipe, owner: User) -> None:
    make_due(set_schedule(by=owner, saved=saved, every="day", is_on=False))
    assert ask_for_due() == 0
    remove_schedule(by=owner, saved=saved)
    remove_schedule(by=owner, saved=saved)
    told = AuditEvent.objects.filter(verb__startswith="schedule.").order_by("pk")
    assert [event.verb for event in told] == ["schedule.set", "schedule.removed"]
    assert not Schedule.objects.exists()


@pytest.mark.django_db
def test_it_stops_and_says_why_when_whoever_set_it_has_left(
    project: Project, saved: SavedRecipe, owner: User, reviewer: User
) -> None:
    schedule = set_schedule(by=reviewer, saved=saved, every="day")
    make_due(schedule)
    Membership.objects.filter(project=project, user=reviewer).delete()
    assert (ask_for_due(), Export.objects.count()) == (0, 0)
    schedule.refresh_from_db()
    assert not schedule.is_on
    assert "not a member" in schedule.problem
    assert AuditEvent.objects.filter(verb="schedule.stopped").count() == 1
    mended = set_schedule(by=owner, saved=saved, every="day")
    assert (mended.pk, mended.is_on, mended.problem) == (schedule.pk, True, "")


@pytest.mark.django_db
def test_it_stops_and_says_why_when_its_recipe_is_refused(saved: SavedRecipe, owner: User) -> None:
    make_due(set_schedule(by=owner, saved=saved, every="day"))
    SavedRecipe.objects.update(data={"kind": "prompts", "selection": {"models": ["heron"]}})
    assert (ask_for_due(), Export.objects.count()) == (0, 0)
    schedule = Schedule.objects.get()
    assert not schedule.is_on
    assert schedule.problem == "selection.models: has no meaning for prompts"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("every", "year"),
        ("every", []),
        ("weekday", 7),
        ("weekday", "9" * 5000),
        ("hour", 24),
        ("hour", 3.0),
        ("hour", "three"),
        ("is_on", "on"),
    ],
)
def test_what_is_no_time_is_refused(
    saved: SavedRecipe, owner: User, field: str, value: Any
) -> None:
    told: dict[str, Any] = {"every": "week", field: value}
    with pytest.raises(InvalidInput) as refused:
        set_schedule(by=owner, saved=saved, **told)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert not Schedule.objects.exists()


@pytest.mark.django_db
def test_labelers_set_no_schedule(saved: SavedRecipe, labeler: User) -> None:
    with pytest.raises(NotPermitted):
        set_schedule(by=labeler, saved=saved, every="day")
    with pytest.raises(NotPermitted):
        remove_schedule(by=labeler, saved=saved)


@pytest.mark.django_db(transaction=True)
def test_of_two_beats_at_once_one_asks() -> None:
    project = make_project()
    make_guideline_version(project)
    owner = make_member(project, Role.OWNER)
    saved = save_recipe(by=owner, project=project, name="Weekly", data=DATA)
    make_due(set_schedule(by=owner, saved=saved, every="day"))
    ready, asked = Barrier(2), list[int]()

    def beat() -> None:
        try:
            ready.wait()
            asked.append(ask_for_due())
        finally:
            connection.close()

    threads = [Thread(target=beat) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(asked), Export.objects.count()) == ([0, 1], 1)
