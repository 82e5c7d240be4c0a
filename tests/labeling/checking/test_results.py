"""What came of tasks with the check and without, by intention to treat."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labeling.checking import telling
from labeling.checking.checks import decide_claim
from labeling.checking.effect import Difference
from labeling.checking.results import Results, results_of
from labeling.checking.rules import check_rules_of
from labeling.judging.submissions import submit_demonstration
from labeling.models import Assignment, CheckArm, Review
from projects.models import Project, User
from tests.factories import make_member, make_project
from tests.labeling.checked import GREEN, answered, asked, put_in, says, turn_on
from tests.labeling.rows import claim, make_demonstration_task

pytestmark = pytest.mark.django_db


def done(
    project: Project,
    labeler: User,
    arm: str,
    *,
    verdicts: tuple[str, ...] = (),
    active_seconds: float = 60.0,
) -> Assignment:
    """A task on this side, submitted, and reviewed with these verdicts in turn."""
    task = make_demonstration_task(project)
    held = claim(labeler, project)
    put_in(held, arm)
    activity: dict[str, Any] = {"active_seconds": active_seconds}
    Assignment.objects.filter(pk=held.pk).update(opened_at=timezone.now() - timedelta(hours=1))
    held.refresh_from_db()
    submit_demonstration(by=labeler, assignment=held, text="Blue.", activity=activity)
    for number, verdict in enumerate(verdicts):
        _review(project, task.pk, held, verdict, number)
    return held


def _review(project: Project, task: int, held: Assignment, verdict: str, number: int) -> None:
    reviewer = make_member(project)
    review = make_demonstration_task(project, is_open=False)
    with_it = Assignment.objects.create(
        task=review,
        labeler=reviewer,
        state="submitted",
        leased_until=timezone.now(),
        guideline_version=held.guideline_version,
    )
    Review.objects.create(
        assignment=with_it,
        labeler=reviewer,
        guideline_version=held.guideline_version,
        seconds=1,
        prompt=held.task.prompt,
        reviewed=held,
        verdict=verdict,
        reason="So." if verdict == "return" else "",
    )


def results(project: Project) -> Results:
    return results_of(project, check_rules_of(project))


def of(found: Results, key: str) -> Difference | None:
    return next(measure.difference for measure in found.measures if measure.key == key)


@pytest.fixture
def measured(project: Project) -> Project:
    turn_on(project, off_percent=50, measured_since=timezone.now() - timedelta(days=1))
    return project


def test_nothing_begun_is_said_so(measured: Project) -> None:
    found = results(measured)
    assert (found.n_on, found.n_off, found.n_claims) == (0, 0, 0)
    assert [measure.difference for measure in found.measures] == [None] * 5
    assert telling.headline(found, 50).startswith("Too few to say.")
    assert [line.verdict for line in telling.measure_lines(found)] == ["Nothing yet"] * 5
    assert telling.plot_of(found) is None


def test_the_first_verdict_counts(measured: Project, labeler: User) -> None:
    done(measured, labeler, "on", verdicts=("accept",))
    done(measured, labeler, "on", verdicts=("return", "accept"))
    done(measured, labeler, "off", verdicts=("return",))
    done(measured, labeler, "off", verdicts=("fix",))
    done(measured, labeler, "off")
    found = results(measured)
    assert (found.n_on, found.n_off) == (2, 3)
    shares = {key: of(found, key) for key in ("returned", "fixed", "accepted")}
    assert {
        key: each and (each.on, each.off, each.n_on, each.n_off) for key, each in shares.items()
    } == {
        "returned": (0.5, 0.5, 2, 2),
        "fixed": (0.0, 0.5, 2, 2),
        "accepted": (0.5, 0.0, 2, 2),
    }


def test_a_task_counts_on_its_side_whether_the_check_was_used_or_not(
    measured: Project, labeler: User
) -> None:
    make_demonstration_task(measured)
    held = claim(labeler, measured)
    put_in(held, "on")
    answered(asked(held), says(GREEN))
    done(measured, make_member(measured), "on")
    assert results(measured).n_on == 2


def test_times_are_of_the_first_submission(measured: Project, labeler: User) -> None:
    for seconds in (50.0, 70.0):
        done(measured, labeler, "on", active_seconds=seconds)
    for seconds in (100.0, 140.0):
        done(measured, labeler, "off", active_seconds=seconds)
    found = of(results(measured), "active_seconds")
    assert found is not None
    assert (found.on, found.off, found.value) == (60.0, 120.0, -60.0)


def test_skipped_tasks_are_not_submitted_and_open_ones_not_counted(
    measured: Project, labeler: User
) -> None:
    done(measured, labeler, "on")
    skipped = done(measured, labeler, "off")
    Assignment.objects.filter(pk=skipped.pk).update(state="skipped")
    make_demonstration_task(measured)
    put_in(claim(labeler, measured), "off")
    found = of(results(measured), "submitted")
    assert found is not None
    assert (found.on, found.off, found.n_on, found.n_off) == (1.0, 0.0, 1, 1)


def test_tasks_never_shown_and_from_before_do_not_count(measured: Project, labeler: User) -> None:
    ahead = done(measured, labeler, "on")
    Assignment.objects.filter(pk=ahead.pk).update(opened_at=None)
    done(measured, labeler, "off")
    turn_on(measured, measured_since=timezone.now())
    found = results(measured)
    assert (found.n_on, found.n_off) == (0, 0)


def test_other_projects_do_not_count(measured: Project, labeler: User) -> None:
    done(measured, labeler, "on")
    elsewhere = make_project()
    turn_on(elsewhere, measured_since=timezone.now() - timedelta(days=1))
    assert results(elsewhere).n_on == 0


def test_claims_are_counted_by_clause(measured: Project, labeler: User) -> None:
    for state in ("dismissed", "dismissed", "acted", "open"):
        make_demonstration_task(measured)
        held = claim(labeler, measured)
        put_in(held, "on")
        check = answered(asked(held), says(GREEN, GREEN | {"clause": "7"}))
        decide_claim(by=labeler, assignment=held, claim_id=check.claims.get().pk, state=state)
        submit_demonstration(by=labeler, assignment=held, text="Blue.")
    found = results(measured)
    (row,) = found.clauses
    assert (row.n_dismissed, row.n_acted, row.n_open) == (2, 1, 1)
    assert (found.n_checks["read"], found.n_checked_tasks) == (4, 4)
    assert (found.n_claims, found.n_dropped) == (4, 4)
    (line,) = telling.clause_lines(measured, found)
    assert (line.label, line.dismissed, line.interval) == ("§1 Be helpful", "67 %", "21 to 94 %")


def test_a_difference_is_told_once_both_sides_have_enough(measured: Project, labeler: User) -> None:
    for number in range(20):
        done(measured, labeler, "on", verdicts=("accept",))
        done(measured, labeler, "off", verdicts=("return" if number < 12 else "accept",))
    found = results(measured)
    returned = of(found, "returned")
    assert returned is not None
    assert returned.verdict == "lower"
    assert "fewer answers: 60.0 percentage points" in telling.headline(found, 50)
    assert telling.plot_of(found) is not None
    assert telling.headline(found, 0).startswith("Every task has the check")


def test_arms_outlive_the_end_of_the_measuring(measured: Project, labeler: User) -> None:
    done(measured, labeler, "on")
    turn_on(measured, is_on=False)
    assert CheckArm.objects.count() == 1
