"""Asking for draws, and for their end.

The row is the job. A worker may write to it only while it holds the claim, so a worker that
was thought dead cannot overwrite its successor's work.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict

from django.db import transaction
from django.utils import timezone

from projects.errors import Unavailable
from projects.models import Project
from workers import reuse
from workers.engine import settling, stopping
from workers.engine.claiming import claim_due
from workers.engine.flights import STOPPED
from workers.engine.nudges import nudge
from workers.engine.settling import Drawn, announce
from workers.models import Generation, LanguageModel

__all__ = [
    "DEFAULTS",
    "STOPPED",
    "Draw",
    "Drawn",
    "Message",
    "announce",
    "ask_to_stop",
    "claim",
    "fail",
    "finish",
    "request_draws",
]

DEFAULTS = {"max_tokens": 1024}


class Message(TypedDict):
    """One message of a conversation; `role` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True)
class Draw:
    """What to ask of a model. `parameters` go over the model's own sampling."""

    model: LanguageModel
    messages: list[Message]
    parameters: Mapping[str, Any] = field(default_factory=dict)


def request_draws(
    *,
    project: Project,
    draws: Sequence[Draw],
    queue: Generation.Queue,
    may_reuse: bool = False,
) -> list[Generation]:
    """Write one queued generation a draw, in order, and nudge the workers on commit.

    Call inside the transaction of whatever needs the draws. The model's system prompt is put
    before the conversation unless that begins with a system message of its own. The seed is
    recorded in every case, drawn at random where neither model nor draw names one. Where it
    `may_reuse`, a draw with a seed of its own that this project has had already is not made
    again: its row is a finished copy, told of on commit like any other end.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("request_draws needs a transaction around it")
    if not all(_is_drawable(draw.model) for draw in draws):
        raise Unavailable("A language model that this needs is switched off or has no endpoint.")
    rows = [_row(draw, project, queue) for draw in draws]
    copies = reuse.finish_known(rows, project=project) if may_reuse else []
    Generation.objects.bulk_create(rows)
    announce([copy.pk for copy in copies])
    ids = [row.pk for row in rows if not row.is_finished]
    transaction.on_commit(lambda: nudge(ids, queue=Generation.Queue(queue)))
    return rows


def claim(generation_id: int) -> Generation | None:
    """Take this row for one attempt, or None when it is not to be had."""
    queue = Generation.objects.filter(pk=generation_id).values_list("queue", flat=True).first()
    if queue is None:
        return None
    claimed = claim_due(queue=Generation.Queue(queue), most=1, only=generation_id)
    return next((taken.generation for taken in claimed.taken), None)


def finish(generation: Generation, drawn: Drawn) -> bool:
    """Write the result; False when the claim was lost meanwhile and nothing was written."""
    return _settle(settling.done(generation, drawn))


def fail(generation: Generation, error: str) -> bool:
    """Give up for good, with a sentence for people; False when the claim was lost."""
    return _settle(settling.failed(generation, error))


def ask_to_stop(*, generation_ids: Sequence[int]) -> None:
    """Let these end with what they have by now; one that was not begun ends with nothing.

    Whoever draws one notices within a fraction of a second and finishes it as `STOPPED`. Those
    that are finished are left as they are.
    """
    now = timezone.now()
    with transaction.atomic():
        open_ = Generation.objects.filter(pk__in=generation_ids, finished_at=None)
        open_.filter(stop_asked_at=None).update(stop_asked_at=now)
        unclaimed = list(open_.filter(state=Generation.State.QUEUED).values_list("pk", flat=True))
        announce([pk for pk in unclaimed if _end_unclaimed(pk, now)])
        transaction.on_commit(lambda: stopping.tell(generation_ids))


def _end_unclaimed(pk: int, now: datetime) -> bool:
    queued = Generation.objects.filter(pk=pk, state=Generation.State.QUEUED)
    return bool(
        queued.update(
            state=Generation.State.DONE, finish_reason=STOPPED, stop_asked_at=now, finished_at=now
        )
    )


def _settle(outcome: settling.Outcome) -> bool:
    with transaction.atomic():
        is_written = bool(settling.settle([outcome]))
        if is_written:
            announce([outcome.generation.pk])
    return is_written


def _is_drawable(model: LanguageModel) -> bool:
    return model.is_active and model.endpoint is not None and model.endpoint.is_active


def _row(draw: Draw, project: Project, queue: Generation.Queue) -> Generation:
    messages, parameters = _messages(draw), _parameters(draw)
    has_seed = "seed" in draw.model.sampling or "seed" in draw.parameters
    return Generation(
        project=project,
        model=draw.model,
        queue=queue,
        messages=messages,
        parameters=parameters,
        cache_key=reuse.cache_key(draw.model.pk, messages, parameters) if has_seed else "",
    )


def _messages(draw: Draw) -> list[Message]:
    messages = list(draw.messages)
    has_own = bool(messages) and messages[0]["role"] == "system"
    if draw.model.system_prompt and not has_own:
        messages.insert(0, {"role": "system", "content": draw.model.system_prompt})
    return messages


def _parameters(draw: Draw) -> dict[str, Any]:
    seed = {"seed": secrets.randbelow(2**31)}
    return {**DEFAULTS, **seed, **draw.model.sampling, **draw.parameters}
