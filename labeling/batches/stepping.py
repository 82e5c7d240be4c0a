"""How a batch goes on, a step at a time, from where its row says it is.

A step holds the batch's row. Items and their generations are written in one transaction with
`written_to`, so that after a crash either all of it is there or nothing, and nothing twice; the
constraint on items would refuse it besides. Only so many draws wait at once, for all batches
together: the database's queue stays short, and a project's batch leaves room for another's.
"""

import secrets
import time

from django.db import transaction
from django.utils import timezone

from labeling.batches import ending, writing
from labeling.batches.steering import OPEN
from labeling.models import Batch, BatchItem
from workers.drawing import ask_to_stop
from workers.holding import hold
from workers.models import Generation

WAITING_AT_ONCE = 3_000
STOPPED_AT_ONCE = 500
STEP_SECONDS = 1.5
ALL_SECONDS = 4.0
MARK_SECONDS = 5.0
MARKS_KEPT = 24


def step_all() -> int:
    """Bring unfinished batches a step further, as many as a few seconds allow; how many those were.

    In another order each time, so that none is always the one that was left out.
    """
    open_ = list(Batch.objects.filter(state__in=OPEN).values_list("pk", "state"))
    drawing = sum(state == Batch.State.RUNNING for _, state in open_)
    until = time.monotonic() + ALL_SECONDS
    n_stepped = 0
    for pk, _ in secrets.SystemRandom().sample(open_, k=len(open_)):
        if time.monotonic() > until:
            break
        step(pk, most_waiting=WAITING_AT_ONCE // max(1, drawing))
        n_stepped += 1
    return n_stepped


def step(batch_id: int, *, most_waiting: int = WAITING_AT_ONCE) -> None:
    """Settle what has ended and ask for more, for a second or so.

    Each of its parts is a transaction of its own, so that nothing is held for long.
    """
    until = time.monotonic() + STEP_SECONDS
    while _part(batch_id, most_waiting) and time.monotonic() < until:
        pass


def _part(batch_id: int, most_waiting: int) -> bool:
    """One transaction; whether there is more to do at once."""
    with transaction.atomic():
        batch = (
            Batch.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
            .select_related("project")
            .filter(pk=batch_id, state__in=OPEN)
            .first()
        )
        if batch is None:
            return False
        is_more = ending.settle(batch)
        if batch.state == Batch.State.RUNNING:
            is_more = writing.ask(batch, most_waiting=most_waiting) or is_more
        elif batch.state == Batch.State.PAUSED:
            hold(_generations(batch, [Generation.State.QUEUED]))
        else:
            _stop(batch)
        _mark(batch)
        _end(batch)
        batch.save()
    return is_more


def _stop(batch: Batch) -> None:
    """Stop what is asked for; what was not begun ends at once, and is settled at the next part."""
    unfinished = [Generation.State.QUEUED, Generation.State.RUNNING]
    ids = _generations(batch, unfinished, unstopped=True)[:STOPPED_AT_ONCE]
    if ids:
        ask_to_stop(generation_ids=ids)


def _generations(
    batch: Batch, states: list[Generation.State], *, unstopped: bool = False
) -> list[int]:
    asked = BatchItem.objects.filter(
        batch=batch, state=BatchItem.State.ASKED, generation__state__in=states
    )
    if unstopped:
        asked = asked.filter(generation__stop_asked_at=None)
    return list(asked.order_by("pk").values_list("generation_id", flat=True))


def _mark(batch: Batch) -> None:
    """Note how far it is, for its speed."""
    now = time.time()
    marks: list[list[float]] = batch.marks
    if marks and now - marks[-1][0] < MARK_SECONDS:
        return
    ended = batch.n_done + batch.n_failed + batch.n_cancelled
    batch.marks = [*marks, [round(now, 1), ended, batch.output_tokens]][-MARKS_KEPT:]


def _end(batch: Batch) -> None:
    unsettled = BatchItem.objects.filter(
        batch=batch, state__in=[BatchItem.State.ASKED, BatchItem.State.WAITING]
    )
    if batch.state == Batch.State.CANCELLING:
        if not unsettled.filter(state=BatchItem.State.ASKED).exists():
            batch.n_cancelled += unsettled.update(state=BatchItem.State.CANCELLED)
            batch.state, batch.finished_at = Batch.State.CANCELLED, timezone.now()
    elif batch.state == Batch.State.RUNNING and batch.is_written and not unsettled.exists():
        batch.state, batch.finished_at = Batch.State.DONE, timezone.now()
