"""Comparisons and rankings of what a batch has drawn."""

import secrets
from collections import defaultdict
from collections.abc import Sequence

from labeling.assigning.lanes import lane_for
from labeling.judging.rules import rules_of
from labeling.models import Batch, BatchItem, Candidate, Lane, Response, Task
from projects.models import TaskKind

FEWEST = 2
UNSETTLED = (BatchItem.State.ASKED, BatchItem.State.WAITING)


def make_tasks(batch: Batch, prompt_ids: set[int]) -> int:
    """Make a task of each of these prompts whose draws have all ended, once a batch.

    Needs two answers that differ. Returns how many tasks came of it. The caller holds the batch.
    """
    variant = f"batch-{batch.pk}"
    unsettled = BatchItem.objects.filter(batch=batch, prompt__in=prompt_ids, state__in=UNSETTLED)
    made = Task.objects.filter(prompt__in=prompt_ids, kind=batch.makes, variant=variant)
    ready = (
        prompt_ids
        - set(unsettled.values_list("prompt_id", flat=True))
        - set(made.values_list("prompt_id", flat=True))
    )
    chosen = {
        pk: picked
        for pk, found in _answers(batch, ready).items()
        if len(picked := _pick(found, _most(batch))) >= FEWEST
    }
    if not chosen:
        return 0
    tasks = _tasks(batch, variant, chosen)
    Candidate.objects.bulk_create(
        Candidate(task=task, position=position, response=response, generation=response.generation)
        for task in tasks
        for position, response in enumerate(chosen[task.prompt_id])
    )
    return len(tasks)


def _most(batch: Batch) -> int:
    if batch.makes == Batch.Makes.COMPARISON:
        return FEWEST
    return rules_of(batch.project).ranking_size


def _answers(batch: Batch, prompt_ids: set[int]) -> dict[int, list[Response]]:
    """The answers that differ, by prompt."""
    items = BatchItem.objects.filter(
        batch=batch, prompt__in=prompt_ids, state=BatchItem.State.DONE, response__isnull=False
    ).select_related("response__prompt", "response__generation")
    found: dict[int, dict[str, Response]] = defaultdict(dict)
    for item in items.order_by("pk"):
        if item.response is not None:
            found[item.prompt_id].setdefault(item.response.text.strip(), item.response)
    return {pk: list(texts.values()) for pk, texts in found.items()}


def _pick(answers: Sequence[Response], most: int) -> list[Response]:
    """At random, and from as many models as there are before a second of one."""
    by_model: dict[int, list[Response]] = defaultdict(list)
    chance = secrets.SystemRandom()
    for answer in chance.sample(answers, k=len(answers)):
        if answer.generation is not None:
            by_model[answer.generation.model_id].append(answer)
    picked: list[Response] = []
    while any(by_model.values()) and len(picked) < most:
        round_ = [own.pop() for own in by_model.values() if own]
        picked += chance.sample(round_, k=len(round_))[: most - len(picked)]
    return chance.sample(picked, k=len(picked))


def _tasks(batch: Batch, variant: str, chosen: dict[int, list[Response]]) -> list[Task]:
    languages = {pk: found[0].prompt.language for pk, found in chosen.items()}
    lanes = {language: _lane(batch, language) for language in set(languages.values())}
    return Task.objects.bulk_create(
        Task(
            project=batch.project,
            prompt_id=pk,
            kind=TaskKind(batch.makes),
            variant=variant,
            lane=lanes[languages[pk]],
            overlap=batch.project.overlap,
        )
        for pk in sorted(chosen)
    )


def _lane(batch: Batch, language: str) -> Lane:
    return lane_for(project=batch.project, kind=batch.makes, language=language)
