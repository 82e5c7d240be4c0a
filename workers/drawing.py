"""The life of a generation: requested, claimed, renewed, finished or failed.

The row is the job. A worker may write to it only while it holds the claim, so a worker that
was thought dead cannot overwrite its successor's work.
"""

import random
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypedDict

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils import timezone

from projects.errors import Unavailable
from projects.models import Project
from workers import stopping
from workers.models import Generation, LanguageModel
from workers.nudges import nudge
from workers.signals import generation_finished

LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 3
MOST_INTERRUPTIONS = 3
DEFAULTS = {"max_tokens": 1024}
# More would keep the request waiting on the broker; the reconciler nudges the rest.
NUDGED_AT_ONCE = 500
BACKOFF_SECONDS = {Generation.Queue.INTERACTIVE: (0.5, 2.0), Generation.Queue.BATCH: (2.0, 60.0)}
ERROR_LIMIT = 500
STOPPED = "stop_asked"
"""The finish reason of a generation that somebody stopped: its text is what there was by then."""


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


@dataclass(frozen=True)
class Drawn:
    """What an endpoint answered."""

    output: str
    finish_reason: str
    usage: Mapping[str, Any]
    served_model: str
    first_token_at: datetime | None


def request_draws(
    *, project: Project, draws: Sequence[Draw], queue: Generation.Queue
) -> list[Generation]:
    """Write one queued generation a draw, in order, and nudge the workers on commit.

    Call inside the transaction of whatever needs the draws. The model's system prompt is put
    before the conversation unless that begins with a system message of its own. The seed is
    recorded in every case, drawn at random where neither model nor draw names one.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("request_draws needs a transaction around it")
    if not all(_is_drawable(draw.model) for draw in draws):
        raise Unavailable("A language model that this needs is switched off or has no endpoint.")
    rows = Generation.objects.bulk_create(
        Generation(
            project=project,
            model=draw.model,
            queue=queue,
            messages=_messages(draw),
            parameters=_parameters(draw),
        )
        for draw in draws
    )
    ids = [row.pk for row in rows[:NUDGED_AT_ONCE]]
    transaction.on_commit(lambda: nudge(ids, queue=Generation.Queue(queue)))
    return rows


def claim(generation_id: int) -> Generation | None:
    """Take this row for one attempt, or None when it is not to be had.

    Free are rows that are queued and due, and rows whose worker let the lease lapse; the
    latter counts as an interruption. Of two claims at the same moment one wins.
    """
    now, token = timezone.now(), uuid.uuid4()
    due = Q(state=Generation.State.QUEUED, not_before__lte=now)
    lapsed = Q(state=Generation.State.RUNNING, leased_until__lt=now)
    may_run_again = Q(interruptions__lt=MOST_INTERRUPTIONS - 1)
    was_interrupted = When(state=Generation.State.RUNNING, then=Value(1))
    changed = Generation.objects.filter(due | (lapsed & may_run_again), pk=generation_id).update(
        state=Generation.State.RUNNING,
        claim=token,
        attempts=F("attempts") + 1,
        interruptions=F("interruptions") + Case(was_interrupted, default=Value(0)),
        leased_until=now + LEASE,
        started_at=now,
    )
    if not changed:
        return None
    held = Generation.objects.select_related("model__endpoint", "project")
    return held.filter(pk=generation_id, claim=token).first()


def renew(claims: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Extend the leases of these claims; return those that are still held."""
    held = Generation.objects.filter(claim__in=claims, state=Generation.State.RUNNING)
    held.update(leased_until=timezone.now() + LEASE)
    return {token for token in held.values_list("claim", flat=True) if token}


def finish(generation: Generation, drawn: Drawn) -> bool:
    """Write the result; False when the claim was lost meanwhile and nothing was written."""
    return _end(
        generation,
        state=Generation.State.DONE,
        output=drawn.output,
        finish_reason=drawn.finish_reason[:20],
        usage=dict(drawn.usage),
        served_model=drawn.served_model[:200],
        first_token_at=drawn.first_token_at,
        error="",
    )


def fail(generation: Generation, error: str) -> bool:
    """Give up for good, with a sentence for people; False when the claim was lost."""
    return _end(generation, state=Generation.State.FAILED, error=error[:ERROR_LIMIT])


def try_later(
    generation: Generation, error: str, *, wait_seconds: float | None = None
) -> Generation.State | None:
    """Put the row back for another attempt, or fail it when it has had its attempts.

    Returns the state it is in now, or None when the claim was lost meanwhile. Waits a random
    part of a growing limit (full jitter), or `wait_seconds` where the endpoint named a time,
    capped so that nobody waits long in front of a battle.
    """
    failures = generation.attempts - generation.interruptions
    if failures >= MOST_ATTEMPTS:
        gave_up = fail(generation, f"{error} Tried {failures} times.")
        return Generation.State.FAILED if gave_up else None
    queue = Generation.Queue(generation.queue)
    base, longest = BACKOFF_SECONDS[queue]
    if wait_seconds is None:
        wait_seconds = random.uniform(0, base * 2**failures)  # noqa: S311 - spreads load
    delay = min(wait_seconds, longest)
    is_queued = _put_back(generation, delay_seconds=delay, error=error[:ERROR_LIMIT])
    return Generation.State.QUEUED if is_queued else None


def release(generation: Generation, *, delay_seconds: float = 0) -> bool:
    """Put the row back as if it had never been claimed: nothing was tried."""
    return _put_back(generation, delay_seconds=delay_seconds, attempts=F("attempts") - 1)


def ask_to_stop(*, generation_ids: Sequence[int]) -> None:
    """Let these end with what they have by now; one that was not begun ends with nothing.

    Whoever draws one notices within a fraction of a second and finishes it as `STOPPED`. Those
    that are finished are left as they are.
    """
    now = timezone.now()
    with transaction.atomic():
        open_ = Generation.objects.filter(pk__in=generation_ids, finished_at=None)
        open_.filter(stop_asked_at=None).update(stop_asked_at=now)
        for pk in open_.filter(state=Generation.State.QUEUED).values_list("pk", flat=True):
            if _end_unclaimed(pk, now):
                announce(pk, Generation.State.DONE.value)
        transaction.on_commit(lambda: stopping.tell(generation_ids))


def announce(generation_id: int, state: str) -> None:
    """Tell the apps above, once the running transaction is committed."""
    transaction.on_commit(
        lambda: generation_finished.send_robust(
            sender=Generation, generation_id=generation_id, state=state
        )
    )


def _put_back(generation: Generation, *, delay_seconds: float, **values: Any) -> bool:
    with transaction.atomic():
        changed = _held(generation).update(
            state=Generation.State.QUEUED,
            not_before=timezone.now() + timedelta(seconds=delay_seconds),
            claim=None,
            leased_until=None,
            **values,
        )
        if changed:
            pk, queue = generation.pk, Generation.Queue(generation.queue)
            # A little late, so that the row is due by any clock when the message arrives.
            delay = delay_seconds + 0.05 if delay_seconds else 0
            transaction.on_commit(lambda: nudge([pk], queue=queue, delay_seconds=delay))
    return bool(changed)


def _end_unclaimed(pk: int, now: datetime) -> bool:
    queued = Generation.objects.filter(pk=pk, state=Generation.State.QUEUED)
    return bool(
        queued.update(
            state=Generation.State.DONE, finish_reason=STOPPED, stop_asked_at=now, finished_at=now
        )
    )


def _end(generation: Generation, **values: Any) -> bool:
    with transaction.atomic():
        changed = _held(generation).update(
            claim=None, leased_until=None, finished_at=timezone.now(), **values
        )
        if changed:
            announce(generation.pk, str(values["state"].value))
    return bool(changed)


def _held(generation: Generation) -> QuerySet[Generation]:
    return Generation.objects.filter(
        pk=generation.pk, claim=generation.claim, state=Generation.State.RUNNING
    )


def _is_drawable(model: LanguageModel) -> bool:
    return model.is_active and model.endpoint is not None and model.endpoint.is_active


def _messages(draw: Draw) -> list[Message]:
    messages = list(draw.messages)
    has_own = bool(messages) and messages[0]["role"] == "system"
    if draw.model.system_prompt and not has_own:
        messages.insert(0, {"role": "system", "content": draw.model.system_prompt})
    return messages


def _parameters(draw: Draw) -> dict[str, Any]:
    seed = {"seed": secrets.randbelow(2**31)}
    return {**DEFAULTS, **seed, **draw.model.sampling, **draw.parameters}
