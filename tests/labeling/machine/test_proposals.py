"""Proposed comparisons: what tells most comes first, and chance keeps its share."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.assigning.queue import claim_next
from labeling.machine import proposals, ratings, spread
from labeling.machine.proposals import change_rules, keep_up, pool_of, propose, why
from labeling.models import (
    Assignment,
    Candidate,
    JudgeVerdict,
    Lane,
    Proposal,
    ProposalRound,
    Response,
    Task,
)
from projects.errors import Conflict, InvalidInput, NotPermitted
from projects.models import Membership, Project, User
from tests.factories import make_model
from tests.labeling.judged import make_judge, make_run, preferring, settle
from tests.labeling.reviewed import judge as by_people
from tests.labeling.rows import make_comparison_task, make_generation, make_prompt, make_task
from workers.models import LanguageModel


def tasks_of(project: Project, number: int) -> list[Task]:
    return [make_comparison_task(project) for _ in range(number)]


def by_chance(owner: User, project: Project, percent: int) -> None:
    change_rules(by=owner, project=project, random_percent=percent, keep_waiting=0)


def test_an_unsure_judge_and_divided_judges_are_told_first(project: Project, owner: User) -> None:
    sure, unsure, torn, divided = tasks_of(project, 4)
    for name in ("One", "Two"):
        judge = make_judge(project, owner, name=name)
        make_run(judge, owner)
        for verdict in JudgeVerdict.objects.filter(judge=judge):
            if verdict.task == torn:
                settle(verdict, "A", "A")
            elif verdict.task == divided and name == "Two":
                preferring(verdict, "second", sure=100)
            else:
                preferring(verdict, "first", sure=60 if verdict.task == unsure else 100)
    pool = pool_of(project)
    told = {task.pk: part for task, part in zip(pool.tasks, pool.parts, strict=True)}
    assert (told[sure.pk]["unsure"], told[sure.pk]["divided"]) == (0.0, 0.0)
    assert told[unsure.pk]["unsure"] == pytest.approx(0.6)
    assert told[torn.pk]["unsure"] == 1.0
    assert told[divided.pk]["divided"] == 1.0
    by_chance(owner, project, 0)
    made = propose(by=owner, project=project, number=2)
    chosen = {row.task_id: why(row) for row in made.proposals.all()}
    assert set(chosen) == {torn.pk, divided.pk}
    assert "a judge is unsure of it" in chosen[torn.pk]
    assert "judges say different things" in chosen[divided.pk]


def drawn_from(project: Project, *models: LanguageModel, overlap: int = 1) -> Task:
    prompt = make_prompt(project)
    task = make_task(prompt, "comparison", overlap=overlap)
    for position, model in enumerate(models):
        text = f"Answer {position}"
        generation = make_generation(project, prompt, text, model=model)
        response = Response.objects.create(
            prompt=prompt, origin="model", text=text, generation=generation
        )
        Candidate.objects.create(
            task=task, position=position, generation=generation, response=response
        )
    return task


def test_little_known_models_come_before_well_known_ones(project: Project, owner: User) -> None:
    old, older, new = make_model(), make_model(), make_model()
    for _ in range(6):
        by_people(drawn_from(project, old, older), preference=-1)
        by_people(drawn_from(project, old, older), preference=1)
    known, unknown = drawn_from(project, old, older), drawn_from(project, old, new)
    pool = pool_of(project)
    assert [task.pk for task in pool.tasks] == [known.pk, unknown.pk]
    assert pool.parts[1]["wide"] == 1.0
    assert pool.parts[0]["wide"] < 0.5
    by_chance(owner, project, 0)
    (chosen,) = propose(by=owner, project=project, number=1).proposals.all()
    assert chosen.task == unknown
    assert "little is known of how its two models compare" in why(chosen)


def test_chosen_tasks_come_first_and_only_once(
    project: Project, owner: User, labeler: User
) -> None:
    tasks = tasks_of(project, 10)
    by_chance(owner, project, 50)
    made = propose(by=owner, project=project, number=4, seed=1)
    chosen = set(made.proposals.values_list("task_id", flat=True))
    assert (made.n_pool, made.n_proposed, made.n_random) == (10, 2, 2)
    moved = Task.objects.filter(lane__priority=Lane.Priority.HIGH).values_list("pk", flat=True)
    assert set(moved) == chosen
    claimed = claim_next(by=labeler, project=project, kind="comparison")
    assert claimed is not None
    assert claimed.task_id in chosen
    by_chance(owner, project, 0)
    propose(by=owner, project=project, number=100)
    assert Proposal.objects.count() == len(tasks)
    with pytest.raises(Conflict):
        propose(by=owner, project=project, number=1)


def test_the_recorded_chance_is_that_of_the_way_it_was_chosen(
    project: Project, owner: User
) -> None:
    tasks_of(project, 8)
    by_chance(owner, project, 50)
    made = propose(by=owner, project=project, number=4, seed=3)
    for row in made.proposals.all():
        assert row.probability == (1.0 if row.is_proposed else 2 / 8)
    proposed = made.proposals.filter(is_proposed=True)
    assert proposed.count() == 2
    assert made.proposals.filter(is_random=True).count() == 2


def test_weighted_by_its_chance_a_round_gives_a_fair_mean() -> None:
    """The estimate of the whole pool's mean from proposed and drawn tasks, over many draws."""
    rng = random.Random(5)
    values = [rng.random() + (i < 10) for i in range(40)]
    worth = [float(i < 10) for i in range(40)]
    texts = [f"prompt {i}" for i in range(40)]
    proposed = {c.place for c in spread.choose(worth, texts, number=10, novelty_weight=0.5)}
    estimates = []
    for seed in range(4_000):
        drawn = set(random.Random(seed).sample(range(40), 5))
        chance = {place: 1.0 if place in proposed else 5 / 40 for place in proposed | drawn}
        estimates.append(sum(values[place] / chance[place] for place in chance) / 40)
    assert np.mean(estimates) == pytest.approx(np.mean(values), abs=0.02)


def test_judged_held_gold_and_chosen_tasks_are_not_in_the_pool(
    project: Project, owner: User, labeler: User
) -> None:
    free, judged, held, gold = tasks_of(project, 4)
    Task.objects.filter(pk=judged.pk).update(overlap=2)
    by_people(judged)
    Task.objects.filter(pk=held.pk).update(n_assigned=1, is_open=False)
    gold_lane = Lane.objects.create(project=project, kind="comparison", is_gold=True)
    Task.objects.filter(pk=gold.pk).update(lane=gold_lane)
    assert [task.pk for task in pool_of(project).tasks] == [free.pk]
    assert not Assignment.objects.filter(labeler=labeler).exists()


def test_urgent_tasks_stay_urgent(project: Project, owner: User) -> None:
    (task,) = tasks_of(project, 1)
    urgent = Lane.objects.create(project=project, kind="comparison", priority=2)
    Task.objects.filter(pk=task.pk).update(lane=urgent)
    propose(by=owner, project=project, number=1)
    task.refresh_from_db()
    assert task.lane == urgent


def test_a_project_can_keep_some_waiting(project: Project, owner: User) -> None:
    tasks_of(project, 12)
    change_rules(by=owner, project=project, random_percent=50, keep_waiting=4)
    assert keep_up() == 4
    waiting = proposals.waiting_in(project).count()
    assert 2 <= waiting <= 4
    Membership.objects.filter(user=owner).update(role="labeler")
    Proposal.objects.all().delete()
    assert keep_up() == 0


def test_only_owners_choose(project: Project, reviewer: User) -> None:
    make_comparison_task(project)
    with pytest.raises(NotPermitted):
        propose(by=reviewer, project=project, number=1)
    with pytest.raises(NotPermitted):
        change_rules(by=reviewer, project=project, random_percent=1, keep_waiting=1)


@pytest.mark.parametrize("number", [0, 501, "x", "", None, True, 1.5, 10**30, "9" * 5_000, [], {}])
def test_a_bad_number_is_refused(project: Project, owner: User, number: object) -> None:
    make_comparison_task(project)
    with pytest.raises(InvalidInput) as refused:
        propose(by=owner, project=project, number=number)
    assert refused.value.problems[0].field == "number"
    assert not ProposalRound.objects.exists()


@given(
    st.lists(st.floats(0, 3), min_size=1, max_size=30),
    st.lists(st.text(max_size=40), min_size=30, max_size=30),
    st.integers(0, 40),
)
def test_a_choice_has_no_repeats_and_is_always_the_same(
    worth: list[float], texts: list[str], number: int
) -> None:
    few = texts[: len(worth)]
    once = spread.choose(worth, few, number=number, novelty_weight=0.5)
    assert once == spread.choose(worth, few, number=number, novelty_weight=0.5)
    places = [choice.place for choice in once]
    assert len(set(places)) == len(places) == min(number, len(worth))
    assert all(0 <= choice.novelty <= 1 for choice in once)


def test_prompts_alike_are_not_chosen_together() -> None:
    texts = ["How do I bake bread?", "How do I bake a bread?", "Name the moons of Mars."]
    chosen = spread.choose([1.0, 1.0, 0.9], texts, number=2, novelty_weight=0.5)
    assert [choice.place for choice in chosen] == [0, 2]


def test_widths_fall_as_more_is_known() -> None:
    few = ratings.fit([("a", "b", "a"), ("b", "a", "a")])
    many = ratings.fit([("a", "b", "a"), ("b", "a", "a")] * 50)
    assert many.deviation("a", "b") < few.deviation("a", "b") < few.deviation("a", "new")
    assert few.deviation("new", "newer") == pytest.approx(ratings.PRIOR_DEVIATION * 2**0.5)
    assert ratings.fit([]).deviation("a", "b") == pytest.approx(ratings.PRIOR_DEVIATION * 2**0.5)


def test_strengths_are_where_the_slope_of_the_posterior_is_nil() -> None:
    rng = random.Random(2)
    names = ["a", "b", "c", "d"]
    rows: list[tuple[str, str, str]] = []
    for _ in range(80):
        first, second = rng.sample(names, 2)
        rows.append((first, second, rng.choice(["a", "tie", "b", "both_bad"])))
    found = ratings.fit(rows)
    at = {name: i for i, name in enumerate(found.names)}

    def posterior(strength: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        total = -float((strength**2).sum()) / (2 * ratings.PRIOR_DEVIATION**2)
        for first, second, verdict in rows:
            if verdict != "both_bad":
                points = ratings.POINTS[verdict]
                gap = strength[at[first]] - strength[at[second]]
                total += points * gap - np.log1p(np.exp(gap))
        return total

    best = posterior(found.strength)
    for place in range(4):
        for step in (-0.01, 0.01):
            moved = found.strength.copy()
            moved[place] += step
            assert posterior(moved) < best
    eye, step = np.eye(4), 1e-4
    curvature = np.array(
        [
            [
                -(
                    posterior(found.strength + step * (eye[i] + eye[j]))
                    - posterior(found.strength + step * eye[i])
                    - posterior(found.strength + step * eye[j])
                    + best
                )
                / step**2
                for j in range(4)
            ]
            for i in range(4)
        ]
    )
    assert np.linalg.inv(curvature) == pytest.approx(found.covariance, rel=1e-2, abs=1e-3)
