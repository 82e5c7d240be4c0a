"""How far a batch is, how fast it goes, and why some of it failed."""

import time
from dataclasses import dataclass

from django.db import connection

from labeling.models import Batch

RATE_SECONDS = 70.0
LEAST_SECONDS = 4.0
LOOKED_THROUGH = 5_000
REASONS_SHOWN = 8
# The newest of them, by the index of what has no text; a batch may fail whole.
REASONS = """
SELECT reason, count(*) FROM (
    SELECT CASE WHEN generation.error = '' THEN %(empty)s ELSE generation.error END AS reason
    FROM labeling_batchitem item JOIN workers_generation generation
      ON generation.id = item.generation_id
    WHERE item.batch_id = %(batch)s AND item.state = 'failed'
      AND item.state IN ('waiting', 'failed', 'cancelled')
    ORDER BY item.id DESC LIMIT %(looked)s) failed
GROUP BY reason ORDER BY count(*) DESC, reason LIMIT %(shown)s
"""
EMPTY = "The model answered with nothing."


@dataclass(frozen=True)
class Progress:
    """Counts of draws. `total` is what was counted at the start until everything is written."""

    total: int
    done: int
    failed: int
    cancelled: int
    asked: int
    cut: int
    rate: float | None
    """Draws that end a second, over about the last minute."""
    tokens_rate: float | None
    seconds_left: int | None

    @property
    def ended(self) -> int:
        """With a text or a failure; what was cancelled may yet be drawn."""
        return self.done + self.failed

    @property
    def unwritten(self) -> int:
        return max(0, self.total - self.ended - self.cancelled - self.asked)

    @property
    def percent(self) -> int:
        return 100 * self.ended // self.total if self.total else 100


def progress_of(batch: Batch, *, now: float | None = None) -> Progress:
    ended = batch.n_done + batch.n_failed + batch.n_cancelled
    total = batch.n_items if batch.is_written else max(batch.n_expected, batch.n_items)
    rate, tokens = _rates(batch, time.time() if now is None else now)
    left = total - ended
    return Progress(
        total=total,
        done=batch.n_done,
        failed=batch.n_failed,
        cancelled=batch.n_cancelled,
        asked=batch.n_items - ended,
        cut=batch.n_cut,
        rate=rate,
        tokens_rate=tokens,
        seconds_left=round(left / rate) if rate and left > 0 else None,
    )


def reasons_of(batch: Batch) -> list[tuple[str, int]]:
    """Why draws failed, the commonest first, among the newest LOOKED_THROUGH."""
    if not batch.n_failed:
        return []
    values: dict[str, int | str] = {
        "batch": batch.pk,
        "empty": EMPTY,
        "looked": LOOKED_THROUGH,
        "shown": REASONS_SHOWN,
    }
    with connection.cursor() as cursor:
        cursor.execute(REASONS, values)
        return [(reason, number) for reason, number in cursor]


def in_words(seconds: int | None) -> str:
    """A time as people say it, in one unit or two."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{max(1, seconds)} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours = minutes / 60
    return f"{hours:.1f} h" if hours < 36 else f"{hours / 24:.1f} days"


def _rates(batch: Batch, now: float) -> tuple[float | None, float | None]:
    """Draws and tokens a second since a mark of about a minute ago; None where there is none."""
    if batch.state not in (Batch.State.RUNNING, Batch.State.CANCELLING):
        return None, None
    recent = [mark for mark in batch.marks if LEAST_SECONDS <= now - mark[0] <= RATE_SECONDS]
    if not recent:
        return None, None
    since, ended_then, tokens_then = recent[0]
    ended = batch.n_done + batch.n_failed + batch.n_cancelled
    # Until now, not until the last mark: where nothing moves any more, the rate falls.
    seconds = now - since
    return (ended - ended_then) / seconds, (batch.output_tokens - tokens_then) / seconds
