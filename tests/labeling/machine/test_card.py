"""A judge's card from rows: whose word counts, and how it is held against the judge's."""

from typing import Any

import pytest

from labeling.machine.card import card_of, measured_agreement, people_said
from labeling.machine.told import measures_of
from labeling.models import Comparison, Judge, JudgeVerdict, Task
from projects.models import Project, User
from tests.factories import make_guideline_version, make_model
from tests.labeling.judged import make_judge, make_run, preferring
from tests.labeling.reviewed import judge as by_people
from tests.labeling.rows import make_comparison_task


def judged_task(project: Project, *preferences: int | None, **fields: Any) -> Task:
    """A comparison that people judged so, negative for the first answer."""
    task = make_comparison_task(project, overlap=9, **fields)
    for preference in preferences:
        said: dict[str, Any] = {"preference": preference, "both_bad": preference is None}
        by_people(task, **said)
    return task


def settled(judge: Judge, owner: User, **better: str) -> None:
    """All verdicts of a run settled as `first`, or as named by task."""
    make_run(judge, owner)
    for verdict in JudgeVerdict.objects.filter(judge=judge, state="drawing"):
        preferring(verdict, better.get(f"t{verdict.task_id}", "first"))


def test_the_judge_is_held_against_the_majority_of_people(project: Project, owner: User) -> None:
    same = judged_task(project, -2, -1, 3)
    other = judged_task(project, 1)
    divided = judged_task(project, -1, 1)
    bad = judged_task(project, None)
    judge = make_judge(project, owner)
    settled(judge, owner)
    card = card_of(judge)
    assert (card.n_asked, card.n_decided, card.n_abstained) == (4, 4, 0)
    assert card.n_judged_by_people == 2
    assert card.with_people.n == 2
    assert card.with_people.agreeing is not None
    assert card.with_people.agreeing.value == 0.5
    assert card.is_thin
    found = {task.pk for task in (same, other, divided, bad)}
    assert set(JudgeVerdict.objects.values_list("task_id", flat=True)) == found


def test_the_side_an_answer_stood_on_does_not_matter(project: Project, owner: User) -> None:
    task = make_comparison_task(project, overlap=2)
    first, second = task.candidates.order_by("position").values_list("response_id", flat=True)
    by_people(task, preference=-3, presented=[second, first])
    said = people_said(project, [(min(first, second), max(first, second))])
    assert set(said.majority.values()) == {"second" if first < second else "first"}


def test_people_among_themselves_are_measured_on_the_same_pairs(
    project: Project, owner: User
) -> None:
    for _ in range(3):
        judged_task(project, -1, -2)
    judged_task(project, -1, 1, -1)
    judge = make_judge(project, owner)
    settled(judge, owner)
    among = card_of(judge).people_agreeing
    assert among is not None
    assert (among.n_units, among.n_judgements) == (4, 9)
    assert among.percent.value == pytest.approx((3 + 1 / 3) / 4)


def test_the_own_family_is_that_of_the_weights(project: Project, owner: User) -> None:
    model = make_model("Judge's own", weights="stone-7b")
    task = judged_task(project, 1)
    drawn = task.candidates.order_by("position")[0].generation
    assert drawn is not None
    drawn.model.weights = "stone-7b"
    drawn.model.save()
    judge = make_judge(project, owner, model=model)
    settled(judge, owner)
    own = card_of(judge).own_family
    assert own.n == 1
    assert own.difference.value == 1.0


def test_agreement_of_an_audit_counts_its_own_comparisons(project: Project, owner: User) -> None:
    tasks = [judged_task(project, -1) for _ in range(3)]
    judge = make_judge(project, owner)
    settled(judge, owner, **{f"t{tasks[2].pk}": "second"})
    assert measured_agreement(judge).n == 3
    audited = Comparison.objects.filter(assignment__task__in=tasks[:2])
    found = measured_agreement(judge, comparisons=audited)
    assert found.n == 2
    assert found.agreeing is not None
    assert found.agreeing.value == 1.0
    assert found.agreeing.low == pytest.approx(0.342, abs=0.001)
    assert measured_agreement(judge, tasks=[tasks[2].pk]).agreeing is not None
    assert measured_agreement(judge, tasks=[]).n == 0


def test_the_last_version_of_a_verdict_counts(project: Project, owner: User) -> None:
    judged_task(project, -1)
    judge = make_judge(project, owner)
    settled(judge, owner)
    make_guideline_version(project)
    make_run(judge, owner)
    preferring(JudgeVerdict.objects.get(state="drawing"), "second")
    card = card_of(judge)
    assert card.n_asked == 1
    assert card.with_people.agreeing is not None
    assert card.with_people.agreeing.value == 0.0


def test_an_empty_card_says_so(project: Project, owner: User) -> None:
    card = card_of(make_judge(project, owner))
    assert card.n_asked == 0
    assert {row.value for row in measures_of(card)} == {"–"}
