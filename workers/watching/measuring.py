"""Finished draws, added up by the minute, so that no page and no scrape has to read them.

Whatever ended before `counted_to` is counted, once: the sums and `counted_to` move in one
transaction. A draw may be committed a little after the moment it says it ended at, so the last
GRACE is left for the next time.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from workers.drawing import STOPPED
from workers.measured import FIRST_TOKEN_BOUNDS, DrawMinute, DrawTotal, Measured, Tally
from workers.models import Generation

GRACE = timedelta(seconds=20)
LONGEST_STEP = timedelta(minutes=10)
KEPT = timedelta(days=2)
BEGUN_BEFORE = timedelta(days=1)
STEPS_SECONDS = 5.0
TOLD_LENGTH = 60
ENDED = """
SELECT draw.model_id, coalesce(draw.endpoint_id, model.endpoint_id) AS endpoint_id,
    date_trunc('minute', draw.finished_at, 'UTC') AS minute, draw.state,
    draw.finish_reason = 'length' AS is_cut, draw.finish_reason = %(stopped)s AS is_stopped,
    left(draw.error, %(told)s) AS error,
    width_bucket(first.seconds, %(bounds)s::float8[]) AS bucket,
    count(*) AS n, sum(greatest(draw.attempts - 1, 0)) AS n_again,
    coalesce(sum((draw.usage ->> 'prompt_tokens')::bigint), 0) AS prompt_tokens,
    coalesce(sum((draw.usage ->> 'completion_tokens')::bigint), 0) AS output_tokens,
    coalesce(sum(greatest(extract(epoch FROM draw.finished_at - draw.started_at), 0)), 0)::float8
        AS drawing_seconds,
    coalesce(sum(first.seconds), 0)::float8 AS first_token_seconds
FROM workers_generation draw
JOIN workers_languagemodel model ON model.id = draw.model_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN draw.first_token_at >= draw.started_at
        THEN extract(epoch FROM draw.first_token_at - draw.started_at)::float8 END AS seconds) first
WHERE draw.finished_at >= %(since)s AND draw.finished_at < %(until)s
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""
# Beginnings of the sentences that draws fail with. They are for people; this is for counting.
KINDS = {
    "The endpoint is overloaded": "overloaded",
    "The endpoint cannot be reached": "unreachable",
    "The endpoint did not accept": "unreachable",
    "The endpoint was silent": "timed out",
    "The endpoint did not answer in time": "timed out",
    "The endpoint failed": "server error",
    "The endpoint broke off": "broken off",
    "The endpoint's answer was cut": "broken off",
    "The endpoint refused": "refused",
    "The endpoint": "makes no sense",
    "The worker was interrupted": "interrupted",
    "The model answered with nothing": "empty",
    "The answer is longer": "too long",
    "The language model was switched off": "switched off",
}
OTHER = "other"

Key = tuple[int, int | None]


@dataclass(frozen=True)
class Ended:
    """Draws that ended alike."""

    model_id: int
    endpoint_id: int | None
    minute: datetime
    state: str
    is_cut: bool
    is_stopped: bool
    error: str
    bucket: int | None
    n: int
    n_again: int
    prompt_tokens: int
    output_tokens: int
    drawing_seconds: float
    first_token_seconds: float


def tally(*, now: datetime | None = None) -> int:
    """Count what has ended since the last time, a few minutes' worth at a time; how many draws."""
    now = now or timezone.now()
    until = time.monotonic() + STEPS_SECONDS
    n_counted, is_behind = 0, True
    while is_behind and time.monotonic() < until:
        number, is_behind = _step(now)
        n_counted += number
    return n_counted


def kind_of(error: str) -> str:
    """What kind of failure a sentence tells of."""
    return next((kind for begins, kind in KINDS.items() if error.startswith(begins)), OTHER)


def add(row: Measured, ended: Ended) -> None:
    """Add draws that ended alike to the sums of a row."""
    if ended.state == "failed":
        row.n_failed += ended.n
        kind = kind_of(ended.error)
        row.errors[kind] = row.errors.get(kind, 0) + ended.n
    elif ended.is_stopped:
        row.n_stopped += ended.n
    else:
        row.n_done += ended.n
        row.n_cut += ended.n if ended.is_cut else 0
    row.n_again += int(ended.n_again)
    row.prompt_tokens += int(ended.prompt_tokens)
    row.output_tokens += int(ended.output_tokens)
    row.drawing_seconds += ended.drawing_seconds
    row.first_token_seconds += ended.first_token_seconds
    if ended.bucket is not None:
        row.first_tokens[ended.bucket] += ended.n


def _step(now: datetime) -> tuple[int, bool]:
    """Count up to ten minutes; how many draws, and whether there is more to count."""
    with transaction.atomic():
        Tally.objects.get_or_create(only=True, defaults={"counted_to": now - BEGUN_BEFORE})
        held = Tally.objects.select_for_update(skip_locked=True).first()
        if held is None:
            return 0, False
        if now - GRACE <= held.counted_to:
            return 0, False
        until = min(now - GRACE, _first_end(held.counted_to, now) + LONGEST_STEP)
        ended = _ended(held.counted_to, until)
        _keep_minutes(ended)
        _keep_totals(ended)
        held.counted_to = until
        held.save(update_fields=["counted_to"])
        DrawMinute.objects.filter(minute__lt=now - KEPT).delete()
    return sum(row.n for row in ended), until < now - GRACE


def _first_end(since: datetime, otherwise: datetime) -> datetime:
    """When the first draw ended from here on, so that a rest of days is one step."""
    ends = Generation.objects.filter(finished_at__gte=since).order_by("finished_at")
    return ends.values_list("finished_at", flat=True).first() or otherwise


def _ended(since: datetime, until: datetime) -> list[Ended]:
    values: dict[str, Any] = {
        "since": since,
        "until": until,
        "stopped": STOPPED,
        "told": TOLD_LENGTH,
        "bounds": list(FIRST_TOKEN_BOUNDS),
    }
    with connection.cursor() as cursor:
        cursor.execute(ENDED, values)
        return [Ended(*row) for row in cursor.fetchall()]


def _keep_minutes(ended: Iterable[Ended]) -> None:
    by_minute: dict[datetime, list[Ended]] = {}
    for one in ended:
        by_minute.setdefault(one.minute, []).append(one)
    for minute, rows in by_minute.items():
        known = {
            _key(row): row for row in DrawMinute.objects.select_for_update().filter(minute=minute)
        }
        for one in rows:
            key = (one.model_id, one.endpoint_id)
            fresh = DrawMinute(minute=minute, model_id=key[0], endpoint_id=key[1])
            add(known.setdefault(key, fresh), one)
        _save(known)


def _keep_totals(ended: Iterable[Ended]) -> None:
    known = {_key(row): row for row in DrawTotal.objects.select_for_update()}
    touched: dict[Key, DrawTotal] = {}
    for one in ended:
        key = (one.model_id, one.endpoint_id)
        row = known.setdefault(key, DrawTotal(model_id=key[0], endpoint_id=key[1]))
        touched[key] = row
        add(row, one)
    _save(touched)


def _save(rows: Mapping[Key, Measured]) -> None:
    for row in rows.values():
        row.save()


def _key(row: Measured) -> Key:
    return row.model_id, row.endpoint_id
