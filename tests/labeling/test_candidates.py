"""Candidates: asked of models, drawn anew when spoiled, settled into responses."""

from collections import Counter

import pytest
from django.db import transaction

from labeling.assigning import candidates
from labeling.assigning.queue import claim_next
from labeling.models import Candidate, Response, Task, WorkRules
from labeling.tasks import reconcile
from projects.errors import NotPermitted
from projects.models import AuditEvent, Project, User
from tests.factories import make_endpoint, make_model
from tests.labeling.rows import (
    end,
    make_comparison_task,
    make_drawing_task,
    make_generation,
    make_ranking_task,
)
from workers import drawing
from workers.models import Generation, LanguageModel

pytestmark = pytest.mark.django_db


@pytest.fixture
def models(db: None) -> list[LanguageModel]:
    return [make_model(f"m{i}") for i in range(4)]


def of(task: Task) -> list[Candidate]:
    return list(task.candidates.select_related("generation").order_by("position"))


def drawn(candidate: Candidate) -> Generation:
    """The generation of a candidate that has one."""
    assert candidate.generation is not None
    return candidate.generation


def draw(task: Task, *outputs: str) -> None:
    for candidate, output in zip(of(task), outputs, strict=True):
        if candidate.generation and not candidate.generation.is_finished:
            end(drawn(candidate), output=output)
    candidates.settle(task_id=task.pk)
    task.refresh_from_db()


def test_each_comparison_gets_as_many_different_models_as_the_project_wants(
    project: Project, models: list[LanguageModel]
) -> None:
    Project.objects.filter(pk=project.pk).update(candidates_per_prompt=3)
    tasks = [make_drawing_task(project) for _ in range(4)]
    assert candidates.request_missing() == 4
    for task in tasks:
        generations = [drawn(candidate) for candidate in of(task)]
        assert len({generation.model_id for generation in generations}) == 3
        assert {g.messages[-1]["content"] for g in generations} == {
            task.prompt.messages[0]["content"]
        }
        assert {(g.queue, g.state) for g in generations} == {("batch", "queued")}
    uses = [Generation.objects.filter(model=model).count() for model in models]
    assert uses == [3, 3, 3, 3]


def test_asking_twice_asks_once(project: Project, models: list[LanguageModel]) -> None:
    make_drawing_task(project)
    assert [candidates.request_missing(), candidates.request_missing()] == [1, 0]
    assert Generation.objects.count() == 2


def test_two_models_do_where_the_project_wants_more(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(candidates_per_prompt=5)
    make_model(), make_model()
    task = make_drawing_task(project)
    candidates.request_missing()
    assert len(of(task)) == 2


def test_with_fewer_than_two_models_up_tasks_wait_until_there_are(project: Project) -> None:
    task = make_drawing_task(project)
    make_model("up")
    down = make_endpoint(health="down")
    make_model("down", endpoint=down)
    make_model("off", is_active=False)
    reconcile()
    assert of(task) == []
    down.health = "ready"
    down.save()
    reconcile()
    assert {drawn(candidate).model.name for candidate in of(task)} == {"up", "down"}


def test_only_so_many_wait_at_once(
    project: Project, models: list[LanguageModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "WAITING_AT_ONCE", 2)
    for _ in range(3):
        make_drawing_task(project)
    assert [candidates.request_missing(), candidates.request_missing()] == [2, 0]


def test_drawn_candidates_become_responses_and_the_task_opens(
    project: Project, models: list[LanguageModel], labeler: User
) -> None:
    task = make_drawing_task(project)
    candidates.request_missing()
    assert claim_next(by=labeler, project=project, kind="comparison") is None
    end(drawn(of(task)[0]), output="One.")
    candidates.settle(task_id=task.pk)
    assert not Response.objects.exists()
    draw(task, "One.", "Two.")
    assert (task.state, task.is_open) == ("ready", True)
    responses = [candidate.response for candidate in of(task)]
    assert [response.text for response in responses if response] == ["One.", "Two."]
    candidates.settle(task_id=task.pk)
    assert Response.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_finished_generation_settles_its_task(
    project: Project, models: list[LanguageModel]
) -> None:
    task = make_drawing_task(project)
    candidates.request_missing()
    for candidate, text in zip(of(task), ("One.", "Two."), strict=True):
        claimed = drawing.claim(drawn(candidate).pk)
        assert claimed is not None
        answer = drawing.Drawn(
            output=text, finish_reason="stop", usage={}, served_model="", first_token_at=None
        )
        assert drawing.finish(claimed, answer)
    task.refresh_from_db()
    assert task.state == "ready"


def test_the_reconciler_settles_what_nobody_was_told_of(
    project: Project, models: list[LanguageModel]
) -> None:
    task = make_drawing_task(project)
    candidates.request_missing()
    for candidate, text in zip(of(task), ("One.", "Two."), strict=True):
        end(drawn(candidate), output=text)
    reconcile()
    task.refresh_from_db()
    assert task.state == "ready"


def test_a_failed_candidate_is_drawn_from_another_model(
    project: Project, models: list[LanguageModel]
) -> None:
    task = make_drawing_task(project)
    candidates.request_missing()
    first, second = of(task)
    end(drawn(first), error="The endpoint did not answer.")
    candidates.settle(task_id=task.pk)
    again, same = of(task)
    assert again.redraws == 1
    assert drawn(again).state == "queued"
    used = {drawn(first).model_id, drawn(second).model_id}
    assert drawn(again).model_id not in used
    assert same.generation_id == second.generation_id


@pytest.mark.parametrize("text", ["Same.", " Same.\n", "", "  "])
def test_a_candidate_that_is_empty_or_repeats_another_is_drawn_anew(
    project: Project, models: list[LanguageModel], text: str
) -> None:
    task = make_drawing_task(project)
    candidates.request_missing()
    draw(task, "Same.", text)
    assert task.state == "drawing"
    assert [candidate.redraws for candidate in of(task)] == [0, 1]
    draw(task, "-", "Different.")
    assert task.state == "ready"


def test_after_three_redraws_the_task_has_failed_and_says_why(
    project: Project, models: list[LanguageModel]
) -> None:
    task = make_drawing_task(project)
    candidates.request_missing()
    for _ in range(4):
        draw(task, "Same.", "Same.")
    assert (task.state, task.is_open) == ("failed", False)
    assert candidates.why_failed(of(task)) == "The models gave identical answers."
    assert Generation.objects.count() == 5


def test_with_two_models_the_same_one_is_asked_again(project: Project) -> None:
    make_model(), make_model()
    task = make_drawing_task(project)
    candidates.request_missing()
    before = drawn(of(task)[1])
    draw(task, "Same.", "Same.")
    after = drawn(of(task)[1])
    assert after.model_id == before.model_id
    assert after.pk != before.pk


def test_failed_tasks_can_be_drawn_again(
    project: Project, models: list[LanguageModel], reviewer: User, labeler: User
) -> None:
    task = make_drawing_task(project)
    candidates.request_missing()
    Task.objects.filter(pk=task.pk).update(state="failed")
    with pytest.raises(NotPermitted):
        candidates.retry_failed(by=labeler, project=project)
    assert candidates.retry_failed(by=reviewer, project=project) == 1
    assert candidates.request_missing() == 1
    assert AuditEvent.objects.get(verb="candidates.retried").detail == {"tasks": 1}


def test_candidates_are_asked_for_in_a_transaction_only(
    project: Project, models: list[LanguageModel]
) -> None:
    task = make_drawing_task(project)
    with transaction.atomic():
        assert candidates.request_candidates(project=project, tasks=[task]) == 1


def test_a_task_that_is_ready_is_left_alone(project: Project) -> None:
    task = make_comparison_task(project)
    candidates.settle(task_id=task.pk)
    assert Response.objects.count() == 2


def make_undrawn_ranking(project: Project) -> Task:
    task = make_ranking_task(project, answers=())
    Task.objects.filter(pk=task.pk).update(state="drawing", is_open=False)
    return task


def test_a_ranking_gets_as_many_draws_as_its_rules_say(
    project: Project, models: list[LanguageModel]
) -> None:
    WorkRules.objects.create(project=project, ranking_size=9)
    task = make_undrawn_ranking(project)
    assert candidates.request_missing() == 1
    generations = [drawn(candidate) for candidate in of(task)]
    uses = sorted(Counter(generation.model_id for generation in generations).values())
    assert uses == [2, 2, 2, 3]
    assert len({generation.parameters["seed"] for generation in generations}) == 9


def test_one_model_does_for_a_ranking_and_not_for_a_comparison(project: Project) -> None:
    make_model("alone", sampling={"seed": 7})
    comparison, ranking = make_drawing_task(project), make_undrawn_ranking(project)
    assert candidates.request_missing() == 1
    assert of(comparison) == []
    assert len({drawn(candidate).parameters["seed"] for candidate in of(ranking)}) == 4


def test_identical_answers_of_a_ranking_are_drawn_again(project: Project) -> None:
    make_model("alone")
    task = make_undrawn_ranking(project)
    candidates.request_missing()
    draw(task, "One.", "Two.", "Two.", "One.")
    assert [candidate.redraws for candidate in of(task)] == [0, 0, 1, 1]
    draw(task, "-", "-", "Three.", "Four.")
    assert (task.state, task.is_open) == ("ready", True)
    texts = [candidate.response.text for candidate in of(task) if candidate.response]
    assert texts == ["One.", "Two.", "Three.", "Four."]


def test_responses_brought_in_stand_beside_drawn_ones(project: Project) -> None:
    make_model("alone")
    task = make_undrawn_ranking(project)
    prompt = task.prompt
    brought = Response.objects.create(prompt=prompt, origin="imported", text="One.")
    Candidate.objects.create(task=task, position=0, response=brought)
    for position, text in ((1, "One."), (2, "Two.")):
        generation = make_generation(project, prompt, text)
        Candidate.objects.create(task=task, position=position, generation=generation)
    candidates.settle(task_id=task.pk)
    assert [candidate.redraws for candidate in of(task)] == [0, 1, 0]
    draw(task, "-", "Three.", "-")
    assert task.state == "ready"
    assert Response.objects.filter(prompt=prompt).count() == 3
