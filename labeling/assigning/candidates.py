"""Candidates of comparisons and rankings: asked of the language models, settled into responses."""

import secrets
from collections import Counter
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from labeling.assigning.places import put_back
from labeling.judging.rules import rules_of
from labeling.models import Candidate, Gold, Response, Task
from projects import audit
from projects.access import STAFF, membership
from projects.errors import Conflict, NotFound
from projects.models import Project, User
from workers.drawing import Draw, request_draws
from workers.models import Generation, LanguageModel

MOST_REDRAWS = 3
# Enough to keep the endpoints full; the rest follows as these come in.
WAITING_AT_ONCE = 500
SETTLED_AT_ONCE = 1_000
FEWEST_MODELS = 2
LARGEST_SEED = 2**31
UNFINISHED = (Generation.State.QUEUED, Generation.State.RUNNING)
DRAWN_KINDS = (Task.Kind.COMPARISON, Task.Kind.RANKING)
DRAWN_AGAIN_FROM = (Task.State.FAILED, Task.State.SET_ASIDE)


def request_missing() -> int:
    """Ask for candidates of tasks that have none yet; returns for how many.

    A comparison waits until two models are up, a ranking until there is one.
    """
    models = _models_up()
    kinds = [kind for kind in DRAWN_KINDS if len(models) >= _fewest(kind)]
    if not kinds:
        return 0
    n_asked = 0
    with transaction.atomic():
        waiting = Candidate.objects.filter(response=None, task__state=Task.State.DRAWING)
        room = WAITING_AT_ONCE - waiting.values("task").distinct().count()
        tasks = list(
            Task.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("prompt", "project")
            .filter(
                ~Exists(Candidate.objects.filter(task=OuterRef("pk"))),
                state=Task.State.DRAWING,
                kind__in=kinds,
            )
            .order_by("pk")[: max(0, room)]
        )
        for project in {task.project_id: task.project for task in tasks}.values():
            own = [task for task in tasks if task.project_id == project.pk]
            n_asked += request_candidates(project=project, tasks=own)
    return n_asked


def request_candidates(*, project: Project, tasks: Sequence[Task]) -> int:
    """Write the candidates of these tasks, which have none, and queue their generations.

    Call inside a transaction that has locked the tasks. Returns for how many it was possible.
    """
    models = _models_up()
    possible = [task for task in tasks if len(models) >= _fewest(task.kind)]
    if not possible:
        return 0
    numbers = {
        Task.Kind.COMPARISON.value: min(project.candidates_per_prompt, len(models)),
        Task.Kind.RANKING.value: rules_of(project).ranking_size,
    }
    used: Counter[int] = Counter()
    places, draws = [], []
    for task in possible:
        for position, model in enumerate(_choose(models, used, number=numbers[task.kind])):
            places.append((task, position))
            draws.append(_draw(model, task))
    generations = request_draws(project=project, draws=draws, queue=Generation.Queue.BATCH)
    Candidate.objects.bulk_create(
        Candidate(task=task, position=position, generation=generation)
        for (task, position), generation in zip(places, generations, strict=True)
    )
    return len(possible)


def settle_generations(*, generation_ids: Sequence[int]) -> None:
    """Settle the tasks these generations were drawn for, where they were for any."""
    found = Candidate.objects.filter(generation__in=generation_ids, task__state=Task.State.DRAWING)
    for task_id in found.order_by("task_id").values_list("task_id", flat=True).distinct():
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
        candidates = list(
            task.candidates.select_related("generation", "response").order_by("position")
        )
        spoiled = _spoiled(candidates)
        if any(candidate.redraws >= MOST_REDRAWS for candidate in spoiled):
            Task.objects.filter(pk=task.pk).update(state=Task.State.FAILED)
        elif spoiled:
            _draw_anew(task, candidates, spoiled)
        elif candidates and all(_is_settled(candidate) for candidate in candidates):
            _open(task, candidates)


def retry_failed(*, by: User, project: Project) -> int:
    """Let the tasks that failed be drawn again from the beginning; returns how many."""
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


def draw_again(*, by: User, task: Task) -> Task:
    """Draw the candidates of a failed or set-aside task anew. What was judged before stands."""
    membership(by, task.project.slug, roles=STAFF)
    with transaction.atomic():
        held = Task.objects.select_for_update().filter(pk=task.pk).first()
        if held is None:
            raise NotFound("There is no such task.")
        _require_drawable(held)
        held.candidates.all().delete()
        held.state, held.is_open, held.n_skipped = Task.State.DRAWING, False, 0
        held.save(update_fields=["state", "is_open", "n_skipped"])
        audit.record(verb="candidates.drawn_again", by=by, project=task.project, subject=held)
    return held


def _require_drawable(task: Task) -> None:
    if task.kind not in DRAWN_KINDS:
        raise Conflict("Only a comparison or a ranking has candidates to draw.")
    if task.state not in DRAWN_AGAIN_FROM:
        raise Conflict("Only a task that failed or was set aside can be drawn again.")
    if Gold.objects.filter(task=task).exists():
        raise Conflict("The candidates of a gold task stay: its expected judgement is about them.")


def why_failed(candidates: Sequence[Candidate]) -> str:
    """What to tell the project's owner about a failed task, its generations being loaded."""
    errors = [c.generation.error for c in candidates if c.generation and c.generation.error]
    if errors:
        return errors[0]
    if any(not _text(candidate).strip() for candidate in candidates):
        return "A model answered with nothing."
    return "The models gave identical answers."


def _models_up() -> list[LanguageModel]:
    return list(LanguageModel.objects.up().select_related("endpoint").order_by("pk"))


def _fewest(kind: str) -> int:
    """Comparing two draws of one model says nothing of models; ranking several of its draws does
    say which is best, so one is enough there."""
    return FEWEST_MODELS if kind == Task.Kind.COMPARISON else 1


def _choose(
    models: Sequence[LanguageModel], used: "Counter[int]", *, number: int
) -> list[LanguageModel]:
    """`number` models at random, each as often as the others as far as that goes, and those
    used least in this batch before the others."""
    picked: list[LanguageModel] = []
    while len(picked) < number:
        shuffled = secrets.SystemRandom().sample(models, k=len(models))
        picked += sorted(shuffled, key=lambda model: used[model.pk])[: number - len(picked)]
    used.update(model.pk for model in picked)
    return secrets.SystemRandom().sample(picked, k=len(picked))


def _draw(model: LanguageModel, task: Task) -> Draw:
    """With a seed of its own, as a model may be drawn from twice and may name one seed."""
    return Draw(model, task.prompt.messages, {"seed": secrets.randbelow(LARGEST_SEED)})


def _text(candidate: Candidate) -> str:
    if candidate.generation is not None:
        return candidate.generation.output
    return candidate.response.text if candidate.response is not None else ""


def _is_settled(candidate: Candidate) -> bool:
    return candidate.generation is None or candidate.generation.is_finished


def _spoiled(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those that failed, are empty, or repeat an earlier one."""
    seen: set[str] = set()
    spoiled = []
    for candidate in candidates:
        generation, text = candidate.generation, _text(candidate).strip()
        if generation is None:
            seen.add(text)
        elif generation.state == Generation.State.FAILED:
            spoiled.append(candidate)
        elif generation.state == Generation.State.DONE:
            if not text or text in seen:
                spoiled.append(candidate)
            seen.add(text)
    return spoiled


def _draw_anew(task: Task, candidates: list[Candidate], spoiled: list[Candidate]) -> None:
    models = _models_up()
    for candidate in spoiled:
        model = _another(models, task, candidates, candidate)
        if model is None:
            # No model to ask: the task waits, and the reconciler comes by again.
            continue
        (candidate.generation,) = request_draws(
            project=task.project, draws=[_draw(model, task)], queue=Generation.Queue.BATCH
        )
        candidate.redraws += 1
        candidate.save(update_fields=["generation", "redraws"])


def _another(
    models: list[LanguageModel], task: Task, candidates: list[Candidate], spoiled: Candidate
) -> LanguageModel | None:
    """A model for this place: one that no other place has, and not the one that spoiled it.

    In a ranking any model does where every one has a place already.
    """
    taken = {c.generation.model_id for c in candidates if c.generation and c is not spoiled}
    free = [model for model in models if model.pk not in taken]
    if not free and task.kind == Task.Kind.RANKING:
        free = models
    before = spoiled.generation.model_id if spoiled.generation else None
    others = [model for model in free if model.pk != before]
    return secrets.choice(others or free) if free else None


def _open(task: Task, candidates: list[Candidate]) -> None:
    now = timezone.now()
    drawn = [c for c in candidates if c.response_id is None and c.generation is not None]
    responses = Response.objects.bulk_create(
        Response(
            prompt=task.prompt,
            origin=Response.Origin.MODEL,
            text=_text(candidate),
            generation=candidate.generation,
            created_at=now,
        )
        for candidate in drawn
    )
    for candidate, response in zip(drawn, responses, strict=True):
        candidate.response = response
    Candidate.objects.bulk_update(drawn, ["response"])
    put_back(task)
