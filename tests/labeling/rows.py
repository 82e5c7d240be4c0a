"""Rows of labeling for tests: prompts, tasks, candidates that were drawn."""

from itertools import count
from typing import Any

from django.utils import timezone

from labeling.assigning.lanes import lane_for
from labeling.assigning.queue import claim_next
from labeling.intake.prompt_files import PromptRow
from labeling.models import Assignment, Candidate, Prompt, Response, Task
from projects.models import Project, User
from tests.factories import make_model
from workers.models import Generation, LanguageModel

_number = count(1)


def make_prompt(project: Project, text: str = "", **fields: Any) -> Prompt:
    messages: Any = [{"role": "user", "content": text or f"Question {next(_number)}?"}]
    messages = fields.pop("messages", messages)
    digest = PromptRow(line=1, messages=messages).content_hash
    return Prompt.objects.create(project=project, messages=messages, content_hash=digest, **fields)


def make_demonstration_task(project: Project, text: str = "", **fields: Any) -> Task:
    prompt = make_prompt(project, text)
    return make_task(prompt, "demonstration", **fields)


def make_drawing_task(project: Project, text: str = "", **fields: Any) -> Task:
    return make_task(
        make_prompt(project, text), "comparison", state="drawing", is_open=False, **fields
    )


def make_comparison_task(
    project: Project, text: str = "", answers: tuple[str, ...] = ("One.", "Two."), **fields: Any
) -> Task:
    """A comparison that is ready, its candidates drawn from one model each."""
    return with_candidates(make_task(make_prompt(project, text), "comparison", **fields), answers)


def make_ranking_task(
    project: Project,
    text: str = "",
    answers: tuple[str, ...] = ("One.", "Two.", "Three."),
    **fields: Any,
) -> Task:
    return with_candidates(make_task(make_prompt(project, text), "ranking", **fields), answers)


def make_task(prompt: Prompt, kind: str, **fields: Any) -> Task:
    fields.setdefault("lane", lane_for(project=prompt.project, kind=kind))
    return Task.objects.create(project=prompt.project, prompt=prompt, kind=kind, **fields)


def with_candidates(task: Task, answers: tuple[str, ...]) -> Task:
    prompt = task.prompt
    for position, answer in enumerate(answers):
        generation = make_generation(task.project, prompt, answer)
        response = Response.objects.create(
            prompt=prompt, origin="model", text=answer, generation=generation
        )
        Candidate.objects.create(
            task=task, position=position, generation=generation, response=response
        )
    return task


def make_generation(
    project: Project, prompt: Prompt, output: str, *, model: LanguageModel | None = None
) -> Generation:
    return Generation.objects.create(
        project=project,
        model=model or make_model(),
        queue="batch",
        messages=prompt.messages,
        state="done",
        output=output,
        finished_at=timezone.now(),
    )


def claim(labeler: User, project: Project, kind: str = "demonstration") -> Assignment:
    """The next assignment, which must be there."""
    found = claim_next(by=labeler, project=project, kind=kind)
    assert found is not None
    return found


def end(generation: Generation, *, output: str = "", error: str = "") -> None:
    """What a worker does at the end of a draw, without the signal."""
    Generation.objects.filter(pk=generation.pk).update(
        state="failed" if error else "done",
        output=output,
        error=error,
        finished_at=timezone.now(),
    )
