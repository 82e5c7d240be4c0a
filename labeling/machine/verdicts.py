"""Verdicts: settled when both orders are drawn, and read by whoever needs them."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from labeling.machine.reading import Said, decide
from labeling.machine.requests import read_of
from labeling.machine.runs import WAITING_AT_ONCE, advance
from labeling.models import Judge, JudgeRun, JudgeVerdict, Task
from workers.models import Generation

FINISHED = (Generation.State.DONE, Generation.State.FAILED)
SETTLED_AT_ONCE = 1_000


def settle_generations(*, generation_ids: Sequence[int]) -> None:
    """Settle the verdicts these generations were drawn for, where they were for any."""
    drawn_for = Q(forward__in=generation_ids) | Q(backward__in=generation_ids)
    waiting = JudgeVerdict.objects.filter(drawn_for, state=JudgeVerdict.State.DRAWING)
    for pk, run_id in waiting.values_list("pk", "run_id"):
        if settle(verdict_id=pk):
            _go_on(run_id)


def settle_overdue() -> int:
    """Settle what finished without anybody having been told; returns how many."""
    finished = JudgeVerdict.objects.filter(
        state=JudgeVerdict.State.DRAWING,
        forward__state__in=FINISHED,
        backward__state__in=FINISHED,
    )
    found = list(finished.order_by("pk").values_list("pk", flat=True)[:SETTLED_AT_ONCE])
    return sum(settle(verdict_id=pk) for pk in found)


def settle(*, verdict_id: int) -> bool:
    """Once both orders are drawn, write what they come to. Idempotent; says whether it did."""
    with transaction.atomic():
        rows = JudgeVerdict.objects.select_for_update(of=("self",))
        verdict = rows.filter(pk=verdict_id, state=JudgeVerdict.State.DRAWING).first()
        if verdict is None:
            return False
        # Read under the lock: of two that finish together the later one sees the earlier.
        drawn = Generation.objects.in_bulk([verdict.forward_id, verdict.backward_id])
        if len(drawn) != 2 or not all(each.is_finished for each in drawn.values()):
            return False
        _decide(verdict, [drawn[verdict.forward_id or 0], drawn[verdict.backward_id or 0]])
        verdict.save()
    return True


def verdict_of(
    judge: Judge, task: Task, *, pair: tuple[int, int] | None = None
) -> JudgeVerdict | None:
    """The judge's last finished verdict on a task, its first pair where it has several.

    `pair` names two responses by key, in either order.
    """
    rows = JudgeVerdict.objects.filter(judge=judge, task=task, state=JudgeVerdict.State.DONE)
    if pair is not None:
        rows = rows.filter(first=min(pair), second=max(pair))
    order = ("-guideline_version__number", "first", "second")
    return rows.select_related("judge", "guideline_version").order_by(*order).first()


def verdicts_on(task: Task) -> QuerySet[JudgeVerdict]:
    """What judges said of a task, for its project's owners."""
    rows = JudgeVerdict.objects.filter(task=task).select_related("judge__model")
    version = rows.select_related("guideline_version", "judge__model")
    return version.defer("guideline_version__text", "guideline_version__html").order_by(
        "judge__name", "-guideline_version__number", "first", "second"
    )


def _decide(verdict: JudgeVerdict, drawn: Sequence[Generation]) -> None:
    explains = _explains(verdict)
    forward, backward = (read_of(each, explains=explains) for each in drawn)
    decided = decide(forward, backward)
    verdict.said_forward = forward.side if isinstance(forward, Said) else ""
    verdict.said_backward = backward.side if isinstance(backward, Said) else ""
    verdict.outcome, verdict.abstention = decided.outcome, decided.abstention
    verdict.confidence, verdict.confidence_from = decided.confidence, decided.confidence_from
    verdict.reasons = [
        answer.reason if isinstance(answer, Said) else answer.note for answer in (forward, backward)
    ]
    verdict.state, verdict.finished_at = JudgeVerdict.State.DONE, timezone.now()


def _explains(verdict: JudgeVerdict) -> bool:
    return bool(Judge.objects.values_list("explains", flat=True).get(pk=verdict.judge_id))


def _go_on(run_id: int) -> None:
    """Keep the endpoint busy without waiting for the reconciler."""
    run = JudgeRun.objects.filter(pk=run_id, state=JudgeRun.State.RUNNING).first()
    if run is None:
        return
    waiting = JudgeVerdict.objects.filter(run=run, state=JudgeVerdict.State.DRAWING).count()
    if waiting == 0 or (not run.is_planned and waiting < WAITING_AT_ONCE // 2):
        advance(run_id=run_id)
