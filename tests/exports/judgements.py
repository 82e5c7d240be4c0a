"""Judgements to export, as rows of the database."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from django.utils import timezone

from arena.models import Battle, Turn, Vote
from instructions.models import GuidelineVersion
from labeling.assigning.lanes import lane_for
from labeling.models import (
    Assignment,
    Comparison,
    Demonstration,
    Prompt,
    Ranking,
    Repair,
    Response,
    Submission,
    Task,
)
from projects.models import Project, User
from tests.factories import make_model
from workers.models import Generation, LanguageModel

_number = count(1)
HAIKU = [{"role": "user", "content": "Write a haiku about paperclips."}]


def version_of(project: Project) -> GuidelineVersion:
    return GuidelineVersion.objects.filter(guideline__project=project).latest("number")


def make_prompt(project: Project, messages: Sequence[Mapping[str, Any]] | None = None) -> Prompt:
    number = next(_number)
    return Prompt.objects.create(
        project=project,
        messages=messages or [{"role": "user", "content": f"Question {number}?"}],
        content_hash=f"hash-{number}",
        external_id=f"external-{number}",
        tags=["tried"],
    )


def make_generation(project: Project, model: LanguageModel, output: str) -> Generation:
    return Generation.objects.create(
        project=project,
        model=model,
        queue=Generation.Queue.BATCH,
        messages=HAIKU,
        parameters={"temperature": 0.7, "max_tokens": 64},
        state=Generation.State.DONE,
        output=output,
        finished_at=timezone.now(),
    )


def drawn(prompt: Prompt, model: LanguageModel, text: str) -> Response:
    generation = make_generation(prompt.project, model, text)
    return Response.objects.create(prompt=prompt, origin="model", text=text, generation=generation)


def make_demonstration(project: Project, labeler: User, text: str, **prompt: Any) -> Demonstration:
    asked = make_prompt(project, **prompt)
    response = Response.objects.create(prompt=asked, origin="person", text=text, author=labeler)
    return Demonstration.objects.create(
        assignment=_assignment(asked, Task.Kind.DEMONSTRATION, labeler, [response.pk]),
        labeler=labeler,
        guideline_version=version_of(project),
        seconds=42.5,
        prompt=asked,
        response=response,
    )


def make_comparison(
    project: Project,
    labeler: User,
    *,
    a: str = "The first answer.",
    b: str = "The second answer.",
    preference: int | None = -2,
    messages: Sequence[Mapping[str, Any]] | None = None,
) -> Comparison:
    """`preference=None` says that both are bad."""
    asked = make_prompt(project, messages)
    first, second = drawn(asked, make_model(), a), drawn(asked, make_model(), b)
    return Comparison.objects.create(
        assignment=_assignment(asked, Task.Kind.COMPARISON, labeler, [first.pk, second.pk]),
        labeler=labeler,
        guideline_version=version_of(project),
        seconds=17.25,
        prompt=asked,
        response_a=first,
        response_b=second,
        preference=preference,
        both_bad=preference is None,
        justification="Because.",
    )


def make_ranking(
    project: Project, labeler: User, tiers: list[list[str]], *, all_bad: bool = False
) -> Ranking:
    """`tiers` are the texts of the answers, the best first."""
    asked = make_prompt(project)
    placed = [[drawn(asked, make_model(), text).pk for text in tier] for tier in tiers]
    presented = sorted(pk for tier in placed for pk in tier)
    return Ranking.objects.create(
        assignment=_assignment(asked, Task.Kind.RANKING, labeler, presented),
        labeler=labeler,
        guideline_version=version_of(project),
        seconds=61.0,
        prompt=asked,
        tiers=placed,
        all_bad=all_bad,
    )


def make_repair(made: Demonstration, output: str = "Rewritten.\r\n", **fields: Any) -> Repair:
    generation = make_generation(made.prompt.project, make_model(), output)
    values = {"outcome": "accepted", "settled_at": timezone.now(), "turn": 0, **fields}
    if values["outcome"] == "open":
        values["settled_at"] = None
    return Repair.objects.create(
        assignment=made.assignment,
        number=1,
        text="As it was.",
        complaint="Too long.",
        clauses=["c-1"],
        generation=generation,
        **values,
    )


def next_of(made: Submission) -> dict[str, Any]:
    """What the row that supersedes `made` has in common with it."""
    same = ("assignment", "labeler", "guideline_version", "prompt", "seconds")
    return {name: getattr(made, name) for name in same} | {"supersedes": made}


def make_vote(
    project: Project,
    *,
    verdict: str = "a",
    turns: list[tuple[str, str, str]] | None = None,
    source: str = Battle.Source.ARENA,
) -> Vote:
    """`turns` are (message, reply of A, reply of B); an empty list is a vote without texts."""
    model_a, model_b = make_model(), make_model()
    battle = Battle.objects.create(project=project, model_a=model_a, model_b=model_b, source=source)
    told = [("Say hello.", "Hello!", "Go away.")] if turns is None else turns
    parent: Turn | None = None
    for number, (message, reply_a, reply_b) in enumerate(told, start=1):
        parent = Turn.objects.create(
            battle=battle,
            number=number,
            parent=parent,
            message=message,
            state=Turn.State.COMPLETE,
            generation_a=make_generation(project, model_a, reply_a),
            generation_b=make_generation(project, model_b, reply_b),
            reply_a=reply_a,
            reply_b=reply_b,
        )
    voter = "a1" * 32
    return Vote.objects.create(battle=battle, project=project, verdict=verdict, voter=voter)


def _assignment(prompt: Prompt, kind: str, labeler: User, presented: list[int]) -> Assignment:
    task = Task.objects.create(
        project=prompt.project,
        prompt=prompt,
        kind=kind,
        lane=lane_for(project=prompt.project, kind=kind),
        state=Task.State.COMPLETE,
        is_open=False,
        n_assigned=1,
        n_submitted=1,
    )
    return Assignment.objects.create(
        task=task,
        labeler=labeler,
        state=Assignment.State.SUBMITTED,
        leased_until=timezone.now(),
        presented=presented,
        guideline_version=version_of(prompt.project),
        ended_at=timezone.now(),
    )
