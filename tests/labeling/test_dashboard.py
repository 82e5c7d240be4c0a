"""Funnel, backlog and forecast."""

from datetime import date, timedelta

import pytest

from labeling.assigning.lanes import lane_for
from labeling.judging.submissions import submit_demonstration
from labeling.models import Task
from labeling.quality.dashboard import forecast, progress_of
from labeling.quality.filters import Filters
from projects.models import Project, User
from tests.labeling.rows import claim, make_demonstration_task, make_drawing_task

TODAY = date(2026, 3, 2)


def days(*counts: int, ending: date = TODAY - timedelta(days=1)) -> list[tuple[date, int]]:
    """So many submissions a day, nothing on days with none."""
    first = ending - timedelta(days=len(counts) - 1)
    return [(first + timedelta(days=i), n) for i, n in enumerate(counts) if n]


def test_a_steady_pace_ends_on_a_day() -> None:
    found = forecast(days(*[10] * 20), n_left=100, today=TODAY)
    assert (found.rate, found.n_active_days) == (10, 14)
    assert found.by == found.earliest == found.latest == TODAY + timedelta(days=10)


def test_the_range_comes_from_good_and_bad_days() -> None:
    found = forecast(days(5, 10, 20, 10, 5, 10, 20), n_left=100, today=TODAY)
    assert found.by == TODAY + timedelta(days=10)
    assert (found.earliest, found.latest) == (
        TODAY + timedelta(days=7),
        TODAY + timedelta(days=14),
    )


def test_days_off_stretch_the_pace() -> None:
    working = days(10, 10, 10, 10, 10, 0, 0, 10, 10, 10, 10, 10)
    found = forecast(working, n_left=100, today=TODAY)
    assert found.rate == pytest.approx(10 * 10 / 12, abs=0.01)


def test_today_is_not_over() -> None:
    with_today = [*days(10, 10, 10, 10), (TODAY, 1)]
    assert forecast(with_today, n_left=100, today=TODAY).rate == 10


def test_an_import_is_no_pace() -> None:
    found = forecast(days(9_000), n_left=10, today=TODAY)
    assert (found.by, found.n_active_days) == (None, 0)
    assert forecast(days(10, 9_000, 10, 10), n_left=100, today=TODAY).rate == pytest.approx(7.5)


def test_two_days_are_too_little_and_nothing_left_needs_no_forecast() -> None:
    assert forecast(days(10, 10), n_left=100, today=TODAY).by is None
    done = forecast(days(*[10] * 9), n_left=0, today=TODAY)
    assert (done.n_left, done.by) == (0, None)


def test_what_takes_ever_so_long_has_no_day() -> None:
    found = forecast(days(1, 1, 1, 1), n_left=10**9, today=TODAY)
    assert (found.rate, found.by, found.latest) == (1, None, None)


def test_the_funnel_and_the_backlog_count_what_is_there(project: Project, labeler: User) -> None:
    for _ in range(3):
        make_demonstration_task(project)
    urgent = lane_for(project=project, kind="demonstration", priority=2)
    make_demonstration_task(project, lane=urgent, overlap=2)
    make_drawing_task(project)
    gold = lane_for(project=project, kind="demonstration", is_gold=True)
    make_demonstration_task(project, lane=gold)
    submit_demonstration(by=labeler, assignment=claim(labeler, project), text="So.")
    found = progress_of(project, Filters())
    assert found["funnel"] == [["Prompts", 6], ["Answered", 1], ["Reviewed", 0], ["Exportable", 1]]
    assert [
        (row["kind"], row["priority"], row["n"], row["n_open"]) for row in found["backlog"]
    ] == [
        ("Comparison", "Normal", 1, 0),
        ("Demonstration", "Urgent", 1, 1),
        ("Demonstration", "Normal", 3, 3),
    ]
    assert [(row["kind"], row["n_places"], row["n_submitted"]) for row in found["kinds"]] == [
        ("demonstration", 5, 1),
        ("comparison", 1, 0),
    ]
    assert found["forecast"]["n_left"] == 5
    assert sum(n for _, n in found["days"]) == 1


def test_filters_limit_what_is_counted(project: Project) -> None:
    make_demonstration_task(project)
    make_drawing_task(project)
    Task.objects.get(kind="comparison").prompt.delete()
    task = make_drawing_task(project)
    type(task.prompt).objects.filter(pk=task.prompt_id).update(language="de", tags=["tide"])
    assert progress_of(project, Filters(language="de"))["funnel"][0] == ["Prompts", 1]
    assert progress_of(project, Filters(tag="tide"))["forecast"]["n_left"] == 1
    assert progress_of(project, Filters(tag="ebb"))["kinds"] == []
    assert [r["kind"] for r in progress_of(project, Filters(kind="demonstration"))["kinds"]] == [
        "demonstration"
    ]
