"""Candidates of comparisons: asked of the language models, settled into responses."""

import secrets
from collections import Counter
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from labeling.models import Candidate, Response, Task
from projects import audit
from projects.access import STAFF, membership
from projects.models import Project, User
from workers.drawing import Draw, request_draws
from workers.models import Generation, LanguageModel

MOST_REDRAWS = 3
# Enough to keep the endpoints full; the rest follows as these come in.
WAITING_AT_ONCE = 500
SETTLED_AT_ONCE = 1_000
FEWEST_MODELS = 2
UNFINISHED = (Generation.State.QUEUED, Generation.State.RUNNING)


def request_missing() -> int:
    """Ask for candidates of comparisons that have none yet; returns for how many.

    With fewer than two models up they stay as they are, until there are two.
    """
    if len(_models_up()) < FEWEST_MODELS:
        return 0
    n_asked = 0
    with transaction.atomic():
        waiting = Candidate.objects.filter(response=None, task__state=Task.State.DRAWING)
        room = WAITING_AT_ONCE - waiting.values("task").distinct().count()
        tasks = list(
            Task.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("prompt", "project")
            .filter(
                ~Exists(Candidate.objects.filter(task=OuterRef("pk"))), state=Task.State.DRAWING
            )
            .order_by("pk")[: max(0, room)]
        )
        for project in {task.project_id: task.project for task in tasks}.values():
            own = [task for task in tasks if task.project_id == project.pk]
            n_asked += request_candidates(project=project, tasks=own)
    return n_asked


def request_candidates(*, project: Project, tasks: Sequence[Task]) -> int:
    """Write the candidates of these tasks, which have none, and queue their generations.

    Call inside a transaction that has locked the tasks.
    """
    models = _models_up()
    if len(models) < FEWEST_MODELS:
        return 0
    used: Counter[int] = Counter()
    chosen = [_choose(models, used, number=project.candidates_per_prompt) for _ in tasks]
    draws = [
        Draw(model, task.prompt.messages)
        for task, picked in zip(tasks, chosen, strict=True)
        for model in picked
    ]
    places = [
        (task, position)
        for task, picked in zip(tasks, chosen, strict=True)
        for position in range(len(picked))
    ]
    generations = request_draws(project=project, draws=draws, queue=Generation.Queue.BATCH)
    Candidate.objects.bulk_create(
        Candidate(task=task, position=position, generation=generation)
        for (task, position), generation in zip(places, generations, strict=True)
    )
    return len(tasks)


def settle_generation(*, generation_id: int) -> None:
    """Settle the comparison this generation was drawn for, if it was for one."""
    found = Candidate.objects.filter(generation=generation_id, task__state=Task.State.DRAWING)
    for task_id in found.values_list("task_id", flat=True):
        settle(task_id=task_id)


def settle_overdue() -> int:
    """Settle what finished without anybody having been told; returns how many were looked at."""
    unfinished = Candidate.objects.filter(
        task=OuterRef("task"), response=None, generation__state__in=UNFINISHED
    )
    finished = Candidate.objects.filter(
        ~Exists(unfinished), response=None, task__state=Task.State.DRAWING
    )
    task_ids = finished.order_by("task_id").values_list("task_id", flat=True).distinct()
    for task_id in (found := list(task_ids[:SETTLED_AT_ONCE])):
        settle(task_id=task_id)
    return len(found)


def settle(*, task_id: int) -> None:
    """Once every candidate is drawn, make them responses and open the task. Idempotent.

    A candidate that failed, is empty or says the same as another is drawn anew, from another
    model where there is one, and after MOST_REDRAWS the task has failed.
    """
    with transaction.atomic():
        tasks = Task.objects.select_for_update(of=("self",)).select_related("prompt", "project")
        task = tasks.filter(pk=task_id, state=Task.State.DRAWING).first()
        if task is None:
            return
        # Read under the lock: of two that finish together the later one sees the earlier.
        candidates = list(task.candidates.select_related("generation").order_by("position"))
        spoiled = _spoiled(candidates)
        if any(candidate.redraws >= MOST_REDRAWS for candidate in spoiled):
            Task.objects.filter(pk=task.pk).update(state=Task.State.FAILED)
        elif spoiled:
            _draw_anew(task, candidates, spoiled)
        elif candidates and all(c.generation.is_finished for c in candidates):
            _open(task, candidates)


def retry_failed(*, by: User, project: Project) -> int:
    """Let the comparisons that failed be drawn again from the beginning; returns how many."""
    membership(by, project.slug, roles=STAFF)
    with transaction.atomic():
        failed = list(
            Task.objects.select_for_update()
            .filter(project=project, state=Task.State.FAILED)
            .values_list("pk", flat=True)
        )
        Candidate.objects.filter(task__in=failed).delete()
        Task.objects.filter(pk__in=failed).update(state=Task.State.DRAWING)
        audit.record(
            verb="candidates.retried", by=by, project=project, subject=project, tasks=len(failed)
        )
    return len(failed)


def why_failed(candidates: Sequence[Candidate]) -> str:
    """What to tell the project's owner about a failed task, its generations being loaded."""
    errors = [c.generation.error for c in candidates if c.generation.error]
    if errors:
        return errors[0]
    if any(not c.generation.output.strip() for c in candidates):
        return "A model answered with nothing."
    return "The models gave identical answers."


def _models_up() -> list[LanguageModel]:
    return list(LanguageModel.objects.up().select_related("endpoint").order_by("pk"))


def _choose(
    models: Sequence[LanguageModel], used: "Counter[int]", *, number: int
) -> list[LanguageModel]:
    """`number` different models at random, those used least in this batch before the others."""
    shuffled = secrets.SystemRandom().sample(models, k=len(models))
    picked = sorted(shuffled, key=lambda model: used[model.pk])[:number]
    used.update(model.pk for model in picked)
    return secrets.SystemRandom().sample(picked, k=len(picked))


def _spoiled(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those that failed, are empty, or repeat an earlier one."""
    seen: set[str] = set()
    spoiled = []
    for candidate in candidates:
        generation, text = candidate.generation, candidate.generation.output.strip()
        if generation.state == Generation.State.FAILED:
            spoiled.append(candidate)
        elif generation.state == Generation.State.DONE:
            if not text or text in seen:
                spoiled.append(candidate)
            seen.add(text)
    return spoiled


def _draw_anew(task: Task, candidates: list[Candidate], spoiled: list[Candidate]) -> None:
    models = _models_up()
    for candidate in spoiled:
        taken = {c.generation.model_id for c in candidates if c is not candidate}
        free = [model for model in models if model.pk not in taken]
        others = [model for model in free if model.pk != candidate.generation.model_id]
        if not free:
            # No model to ask: the task waits, and the reconciler comes by again.
            continue
        model = secrets.choice(others or free)
        (candidate.generation,) = request_draws(
            project=task.project,
            draws=[Draw(model, task.prompt.messages)],
            queue=Generation.Queue.BATCH,
        )
        candidate.redraws += 1
        candidate.save(update_fields=["generation", "redraws"])


def _open(task: Task, candidates: list[Candidate]) -> None:
    now = timezone.now()
    responses = Response.objects.bulk_create(
        Response(
            prompt=task.prompt,
            origin=Response.Origin.MODEL,
            text=candidate.generation.output,
            generation=candidate.generation,
            created_at=now,
        )
        for candidate in candidates
    )
    for candidate, response in zip(candidates, responses, strict=True):
        candidate.response = response
    Candidate.objects.bulk_update(candidates, ["response"])
    Task.objects.filter(pk=task.pk).update(state=Task.State.READY, is_open=True)
