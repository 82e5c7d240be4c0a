"""How attempts end: many rows in one transaction, each only while its claim is held.

A worker that was thought dead cannot overwrite its successor's work.
"""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from workers.models import Generation
from workers.signals import generations_finished

MOST_ATTEMPTS = 3
BACKOFF_SECONDS = {Generation.Queue.INTERACTIVE: (0.5, 2.0), Generation.Queue.BATCH: (2.0, 60.0)}
ERROR_LIMIT = 500

END = """
UPDATE workers_generation AS row SET
    state = one.state, output = one.output, finish_reason = one.finish_reason, usage = one.usage,
    served_model = one.served_model, revision = one.revision, logprobs = one.logprobs,
    first_token_at = one.first_token_at, error = one.error, errors = row.errors || one.errors,
    claim = NULL, leased_until = NULL, finished_at = %(now)s
FROM jsonb_to_recordset(%(ended)s::jsonb) AS one(
    id bigint, claim uuid, state text, output text, finish_reason text, usage jsonb,
    served_model text, revision text, logprobs jsonb, first_token_at timestamptz,
    error text, errors jsonb)
WHERE row.id = one.id AND row.claim = one.claim AND row.state = 'running'
RETURNING row.id
"""
PUT_BACK = """
UPDATE workers_generation AS row SET
    state = 'queued', not_before = one.not_before, claim = NULL, leased_until = NULL,
    endpoint_id = NULL, attempts = row.attempts - one.not_counted,
    error = COALESCE(one.error, row.error), errors = row.errors || one.errors
FROM jsonb_to_recordset(%(back)s::jsonb) AS one(
    id bigint, claim uuid, not_before timestamptz, not_counted int, error text, errors jsonb)
WHERE row.id = one.id AND row.claim = one.claim AND row.state = 'running'
RETURNING row.id
"""


@dataclass(frozen=True)
class Drawn:
    """What an endpoint answered."""

    output: str
    finish_reason: str
    usage: Mapping[str, Any]
    served_model: str
    first_token_at: datetime | None
    revision: str = ""
    logprobs: Any = None


@dataclass(frozen=True)
class Outcome:
    """What becomes of a claimed row, and the columns that say so."""

    generation: Generation
    state: Generation.State
    columns: Mapping[str, Any] = field(default_factory=dict)
    delay_seconds: float = 0.0
    """Until it is due again, where it is put back."""

    @property
    def is_end(self) -> bool:
        return self.state in (Generation.State.DONE, Generation.State.FAILED)


def done(generation: Generation, drawn: Drawn) -> Outcome:
    return _ended(
        generation,
        Generation.State.DONE,
        output=drawn.output,
        finish_reason=drawn.finish_reason[:20],
        usage=dict(drawn.usage),
        served_model=drawn.served_model[:200],
        revision=drawn.revision[:200],
        logprobs=drawn.logprobs,
        first_token_at=_stamp(drawn.first_token_at),
    )


def failed(generation: Generation, error: str) -> Outcome:
    """It is given up for good, with a sentence for people."""
    sentence = error[:ERROR_LIMIT]
    return _ended(
        generation, Generation.State.FAILED, error=sentence, errors=_noted(generation, sentence)
    )


def later(generation: Generation, error: str, *, wait_seconds: float | None = None) -> Outcome:
    """It gets another attempt, or fails when it has had its attempts.

    Waits a random part of a growing limit (full jitter), or `wait_seconds` where the endpoint
    named a time, capped so that nobody waits long in front of a battle.
    """
    failures = generation.attempts - generation.interruptions
    if failures >= MOST_ATTEMPTS:
        return failed(generation, f"{error} Tried {failures} times.")
    base, longest = BACKOFF_SECONDS[Generation.Queue(generation.queue)]
    if wait_seconds is None:
        wait_seconds = random.uniform(0, base * 2**failures)  # noqa: S311 - spreads load
    sentence = error[:ERROR_LIMIT]
    return _queued(
        generation,
        delay_seconds=min(wait_seconds, longest),
        error=sentence,
        errors=_noted(generation, sentence),
    )


def put_back(generation: Generation, *, delay_seconds: float = 0) -> Outcome:
    """As if it had never been claimed: nothing was tried."""
    return _queued(generation, delay_seconds=delay_seconds, not_counted=1)


def settle(outcomes: Sequence[Outcome]) -> set[int]:
    """Write them all or none; the ids of those whose claim was still held."""
    ends = [outcome.columns for outcome in outcomes if outcome.is_end]
    backs = [outcome.columns for outcome in outcomes if not outcome.is_end]
    written: set[int] = set()
    with transaction.atomic(), connection.cursor() as cursor:
        if ends:
            cursor.execute(END, {"now": timezone.now(), "ended": json.dumps(ends)})
            written |= {pk for (pk,) in cursor.fetchall()}
        if backs:
            cursor.execute(PUT_BACK, {"back": json.dumps(backs)})
            written |= {pk for (pk,) in cursor.fetchall()}
    return written


def announce(generation_ids: Sequence[int]) -> None:
    """Tell the apps above, once the running transaction is committed."""
    if generation_ids:
        transaction.on_commit(
            lambda: generations_finished.send_robust(
                sender=Generation, generation_ids=generation_ids
            )
        )


def _ended(generation: Generation, state: Generation.State, **columns: Any) -> Outcome:
    blank: dict[str, Any] = {
        "output": "",
        "finish_reason": "",
        "usage": {},
        "served_model": "",
        "revision": "",
        "logprobs": None,
        "first_token_at": None,
        "error": "",
        "errors": [],
    }
    return Outcome(generation, state, {**_held(generation), **blank, **columns, "state": state})


def _queued(generation: Generation, *, delay_seconds: float, **columns: Any) -> Outcome:
    due_at = _stamp(timezone.now() + timedelta(seconds=delay_seconds))
    blank: dict[str, Any] = {"not_before": due_at, "not_counted": 0, "error": None, "errors": []}
    return Outcome(
        generation,
        Generation.State.QUEUED,
        {**_held(generation), **blank, **columns},
        delay_seconds=delay_seconds,
    )


def _held(generation: Generation) -> dict[str, Any]:
    return {"id": generation.pk, "claim": str(generation.claim)}


def _noted(generation: Generation, error: str) -> list[dict[str, Any]]:
    now = _stamp(timezone.now())
    return [{"attempt": generation.attempts, "at": now, "error": error}]


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
