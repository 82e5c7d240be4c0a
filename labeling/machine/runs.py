"""What judges are asked about: runs over many tasks, and new tasks as they come.

A run is planned in steps of its own row: verdicts and the two draws of each are written together,
only as many as keep the endpoint busy, and what is written is never written again. So whoever
comes after a crash goes on where the last one stopped.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from instructions.publish import current_version
from labeling.assigning.lanes import clean_language
from labeling.machine.requests import Briefing, briefing, is_too_long
from labeling.models import Judge, JudgeRun, JudgeVerdict, Response, Task
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Project, User
from projects.text import clean_text
from workers.drawing import Draw, ask_to_stop, request_draws
from workers.models import Generation, LanguageModel

WAITING_AT_ONCE = 200
"""Verdicts a judge has under way: enough to keep an endpoint full."""
LOOKED_AT_ONCE = 100
MOST_PAIRS = 1_000_000
TAG_LIMIT = 60
DRAWN_WITHIN = timedelta(hours=1)
"""How long a new task whose candidates are being drawn is waited for before it is passed over."""
JUDGED = {"": "all tasks", "people": "tasks that people judged", "nobody": "tasks nobody judged"}
READY = (Task.State.READY, Task.State.COMPLETE, Task.State.SET_ASIDE)
FOLLOWS = "follows"
BIGGEST_KEY = 2**63 - 1


@dataclass(frozen=True)
class Progress:
    """How far a run is. `total` is None while it is not known."""

    run: JudgeRun
    n_done: int
    n_abstained: int

    @property
    def follows(self) -> bool:
        return FOLLOWS in self.run.filters

    @property
    def percent(self) -> int:
        return round(100 * self.n_done / self.run.n_pairs) if self.run.n_pairs else 0

    @property
    def is_running(self) -> bool:
        return self.run.state == JudgeRun.State.RUNNING


def start_run(
    *, by: User, judge: Judge, filters: Mapping[str, Any] | None = None, most: Any = 1_000
) -> JudgeRun:
    """Have the comparison tasks that fit `filters` judged, the newest first, `most` pairs of them.

    Filters: `tag`, `language`, `judged` (one of JUDGED).
    """
    membership(by, judge.project.slug, roles=OWNERS)
    version = current_version(judge.project)
    if version is None:
        raise Conflict("A judge needs a guideline: publish one first.")
    if judge.retired_at is not None:
        raise Conflict("This judge is retired.")
    run = JudgeRun(
        judge=judge,
        guideline_version=version,
        filters=clean_filters({} if filters is None else filters),
        most=_most(most),
        created_by=by,
    )
    with transaction.atomic():
        run.save()
        audit.record(
            verb="judge.asked",
            by=by,
            project=judge.project,
            subject=run,
            judge=judge.name,
            most=run.most,
            **run.filters,
        )
        transaction.on_commit(lambda: advance(run_id=run.pk))
    return run


def cancel_run(*, by: User, run: JudgeRun) -> None:
    """Ask no more for this run, and forget what was asked and not answered yet."""
    membership(by, run.judge.project.slug, roles=OWNERS)
    with transaction.atomic():
        Judge.objects.select_for_update(no_key=True).get(pk=run.judge_id)
        held = JudgeRun.objects.select_for_update().get(pk=run.pk)
        if held.state != JudgeRun.State.RUNNING or FOLLOWS in held.filters:
            raise Conflict("This run is not one that can be cancelled now.")
        stop_asking(held)
        held.state, held.ended_at = JudgeRun.State.CANCELLED, timezone.now()
        held.save(update_fields=["state", "ended_at"])
        audit.record(
            verb="judge.cancelled",
            by=by,
            project=run.judge.project,
            subject=held,
            judge=run.judge.name,
        )


def stop_asking(run: JudgeRun) -> None:
    """Drop the run's verdicts that wait; call with the judge locked."""
    waiting = JudgeVerdict.objects.filter(run=run, state=JudgeVerdict.State.DRAWING)
    drawn = [pk for pair in waiting.values_list("forward", "backward") for pk in pair if pk]
    dropped, _ = waiting.delete()
    run.n_pairs -= dropped
    run.save(update_fields=["n_pairs"])
    ask_to_stop(generation_ids=drawn)


def run_of(project: Project, pk: int) -> JudgeRun:
    rows = JudgeRun.objects.select_related("judge__project", "guideline_version")
    found = rows.filter(judge__project=project, pk=pk).first() if pk <= BIGGEST_KEY else None
    if found is None:
        raise NotFound("There is no such run in this project.")
    return found


def progress_of(judge: Judge, *, most: int = 10) -> list[Progress]:
    """The judge's latest runs."""
    runs = JudgeRun.objects.filter(judge=judge).select_related("created_by", "guideline_version")
    found = []
    for run in runs.defer("guideline_version__text", "guideline_version__html").order_by("-pk")[
        :most
    ]:
        done = run.verdicts.filter(state=JudgeVerdict.State.DONE)
        abstained = done.filter(outcome=JudgeVerdict.Outcome.ABSTAINED)
        found.append(Progress(run, done.count(), abstained.count()))
    return found


def clean_filters(given: Mapping[str, Any]) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise InvalidInput.field("filters", "must be an object")
    unknown = sorted(str(name) for name in set(given) - {"tag", "language", "judged"})
    if unknown:
        raise InvalidInput.field("filters", f"does not know {unknown[0][:40]!r}")
    judged = given.get("judged", "")
    if not isinstance(judged, str) or judged not in JUDGED:
        raise InvalidInput.field("judged", f"must be one of {', '.join(filter(None, JUDGED))}")
    tag = clean_text(given.get("tag", ""), field="tag", limit=TAG_LIMIT, required=False).strip()
    found = {"tag": tag, "language": clean_language(given.get("language", "")), "judged": judged}
    return {name: value for name, value in found.items() if value}


def reconcile() -> None:
    """Go on with every run, and look for new tasks that judges follow."""
    for judge in Judge.objects.filter(retired_at=None, follows_percent__gt=0).order_by("pk"):
        follow(judge_id=judge.pk)
    running = JudgeRun.objects.filter(state=JudgeRun.State.RUNNING).order_by("pk")
    for run_id in running.exclude(filters__has_key=FOLLOWS).values_list("pk", flat=True):
        advance(run_id=run_id)


def advance(*, run_id: int) -> int:
    """Ask about as many more pairs as there is room for, and end the run when all is answered.

    Returns how many were asked. Of two at once one does nothing.
    """
    with transaction.atomic():
        run = _held(run_id)
        if run is None:
            return 0
        asked = _plan(run) if not run.is_planned and can_be_asked(run.judge) else 0
        if run.is_planned and not run.verdicts.filter(state=JudgeVerdict.State.DRAWING).exists():
            run.state, run.ended_at = JudgeRun.State.DONE, timezone.now()
        run.save(update_fields=["reached", "is_planned", "n_pairs", "n_known", "state", "ended_at"])
    return asked


def follow(*, judge_id: int) -> int:
    """Ask about this judge's share of the comparison tasks made since it was last done.

    A task waits for its candidates; one that waits too long is passed over. Chosen by a digest of
    the task, so that a repeat chooses the same.
    """
    with transaction.atomic():
        locked = Judge.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        judge = locked.select_related("model", "project").filter(pk=judge_id).first()
        version = current_version(judge.project) if judge else None
        if judge is None or version is None or not judge.follows_percent:
            return 0
        if not can_be_asked(judge):
            return 0
        run = _following(judge, version)
        asked, room = 0, WAITING_AT_ONCE - _n_waiting(judge)
        told = briefing(judge, version)
        new = _tasks(judge.project, {}).filter(pk__gt=judge.followed_to).order_by("pk")
        for task in new[:LOOKED_AT_ONCE]:
            if asked >= room or _is_awaited(task):
                break
            if task.state in READY and is_followed(judge, task):
                asked += _ask(run, told, task)
            judge.followed_to = task.pk
        judge.save(update_fields=["followed_to"])
        run.save(update_fields=["n_pairs", "n_known"])
    return asked


def can_be_asked(judge: Judge) -> bool:
    """Its model is switched on; a run waits until it is."""
    return LanguageModel.objects.drawable().filter(pk=judge.model_id).exists()


def is_followed(judge: Judge, task: Task) -> bool:
    digest = hashlib.sha256(f"{judge.pk}:{task.pk}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % 100 < judge.follows_percent


def _is_awaited(task: Task) -> bool:
    return task.state == Task.State.DRAWING and task.created_at > timezone.now() - DRAWN_WITHIN


def _following(judge: Judge, version: Any) -> JudgeRun:
    rows = JudgeRun.objects.filter(judge=judge, filters__has_key=FOLLOWS, state="running")
    found = rows.filter(guideline_version=version).first()
    if found is None:
        rows.update(state=JudgeRun.State.DONE, ended_at=timezone.now(), is_planned=True)
        found = JudgeRun.objects.create(
            judge=judge,
            guideline_version=version,
            filters={FOLLOWS: True},
            most=MOST_PAIRS,
            created_by=judge.created_by,
        )
    return found


def _held(run_id: int) -> JudgeRun | None:
    """The run, its judge being locked: two runs of one judge do not plan the same pair."""
    runs = JudgeRun.objects.select_related("judge__model__endpoint", "judge__project")
    run = runs.filter(pk=run_id, state=JudgeRun.State.RUNNING).first()
    locked = Judge.objects.select_for_update(no_key=True, skip_locked=True)
    if run is None or not locked.filter(pk=run.judge_id).first():
        return None
    # Read anew under the lock.
    return runs.select_related("guideline_version").filter(pk=run_id, state="running").first()


def _plan(run: JudgeRun) -> int:
    judge = run.judge
    told = briefing(judge, run.guideline_version)
    room = WAITING_AT_ONCE - _n_waiting(judge)
    asked = 0
    while asked < room and not run.is_planned:
        tasks = list(_next(run)[:LOOKED_AT_ONCE])
        run.is_planned = not tasks
        for task in tasks:
            if asked >= room or run.is_planned:
                break
            asked += _ask(run, told, task)
            run.reached = task.pk
            run.is_planned = run.n_pairs >= run.most
    return asked


def _next(run: JudgeRun) -> QuerySet[Task]:
    tasks = _tasks(run.judge.project, run.filters).filter(state__in=READY)
    if run.reached is not None:
        tasks = tasks.filter(pk__lt=run.reached)
    return tasks.order_by("-pk")


def _tasks(project: Project, filters: Mapping[str, Any]) -> QuerySet[Task]:
    """Comparisons but for gold: its answers are chosen to be easy."""
    found = Task.objects.filter(
        project=project, kind=Task.Kind.COMPARISON, lane__is_gold=False
    ).select_related("prompt")
    wanted = Q()
    if filters.get("tag"):
        wanted &= Q(prompt__tags__contains=[filters["tag"]])
    if filters.get("language"):
        wanted &= Q(prompt__language=filters["language"])
    if filters.get("judged"):
        wanted &= Q(n_submitted__gt=0) if filters["judged"] == "people" else Q(n_submitted=0)
    return found.filter(wanted)


def _ask(run: JudgeRun, told: Briefing, task: Task) -> int:
    """Write the verdicts of this task's pairs that the judge has not given, and their draws."""
    places = task.candidates.filter(response__isnull=False).select_related("response")
    answers = [c.response for c in places.order_by("position") if c.response is not None]
    wanted = _unknown(run, answers)[: max(0, run.most - run.n_pairs)]
    excerpt = told.excerpt(task.prompt.messages)
    rows = [_row(run, task, pair, excerpt.anchors) for pair in wanted]
    draws: list[Draw] = []
    asked = [row for row in rows if row.state == JudgeVerdict.State.DRAWING]
    for row in asked:
        draws += told.draws(task.prompt.messages, row.first.text, row.second.text, excerpt)
    if draws:
        generations = request_draws(
            project=run.judge.project, draws=draws, queue=Generation.Queue.BATCH
        )
        for row, forward, backward in zip(asked, generations[::2], generations[1::2], strict=True):
            row.forward, row.backward = forward, backward
    JudgeVerdict.objects.bulk_create(rows)
    run.n_pairs += len(rows)
    return len(rows)


def _row(
    run: JudgeRun, task: Task, pair: tuple[Response, Response], anchors: Iterable[str]
) -> JudgeVerdict:
    first, second = pair
    row = JudgeVerdict(
        judge=run.judge,
        run=run,
        task=task,
        guideline_version=run.guideline_version,
        first=first,
        second=second,
        clauses=list(anchors),
    )
    if is_too_long(task.prompt.messages, first.text, second.text):
        row.state, row.finished_at = JudgeVerdict.State.DONE, timezone.now()
        row.outcome = JudgeVerdict.Outcome.ABSTAINED
        row.abstention = JudgeVerdict.Abstention.TOO_LONG
    return row


def _unknown(run: JudgeRun, answers: Iterable[Response]) -> list[tuple[Response, Response]]:
    """The pairs this judge has not judged under this version. What failed for want of an endpoint
    in an earlier run is asked again."""
    pairs = [sorted(pair, key=lambda each: each.pk) for pair in combinations(answers, 2)]
    given = JudgeVerdict.objects.filter(
        judge=run.judge,
        guideline_version=run.guideline_version,
        first__in=[pair[0] for pair in pairs],
    )
    failed = given.filter(abstention=JudgeVerdict.Abstention.FAILED).exclude(run=run)
    failed.delete()
    known = set(given.values_list("first", "second"))
    unknown = [(a, b) for a, b in pairs if (a.pk, b.pk) not in known]
    run.n_known += len(pairs) - len(unknown)
    return unknown


def _n_waiting(judge: Judge) -> int:
    return JudgeVerdict.objects.filter(judge=judge, state=JudgeVerdict.State.DRAWING).count()


def _most(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not 1 <= value <= MOST_PAIRS:
        raise InvalidInput.field("most", f"must be a whole number from 1 to {MOST_PAIRS:,}")
    return int(value)
