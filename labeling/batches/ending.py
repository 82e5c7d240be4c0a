"""What has been drawn becomes responses, and tasks where the batch is to make some."""

from collections import defaultdict
from collections.abc import Sequence

from django.db import connection
from django.utils import timezone

from labeling.batches import making
from labeling.models import Batch, BatchItem, Response
from workers.drawing import STOPPED
from workers.models import Generation

SETTLED_AT_ONCE = 1_000
LENGTH = "length"
ANSWERED = """
UPDATE labeling_batchitem item SET state = 'done', response_id = one.response_id
FROM unnest(%s::bigint[], %s::bigint[]) AS one(id, response_id) WHERE item.id = one.id
"""
FIELDS = (
    *("generation__state", "generation__finish_reason", "generation__output"),
    *("generation__usage", "generation__finished_at"),
)


def settle(batch: Batch) -> bool:
    """Settle items whose generations have ended; whether there may be more of them.

    The caller holds the batch, so that its counts and its items move together.
    """
    items = list(
        BatchItem.objects.filter(
            batch=batch, state=BatchItem.State.ASKED, generation__finished_at__isnull=False
        )
        .select_related("generation")
        .only("batch", "prompt", "model", "state", "response", *FIELDS)
        .order_by("pk")[:SETTLED_AT_ONCE]
    )
    if not items:
        return False
    by_state: dict[BatchItem.State, list[BatchItem]] = defaultdict(list)
    for item in items:
        by_state[_outcome(item.generation)].append(item)
    done = by_state[BatchItem.State.DONE]
    _answer(done)
    for state in (BatchItem.State.FAILED, BatchItem.State.CANCELLED):
        ids = [item.pk for item in by_state[state]]
        BatchItem.objects.filter(pk__in=ids).update(state=state)
    batch.n_done += len(done)
    batch.n_cut += sum(item.generation.finish_reason == LENGTH for item in done)
    batch.n_failed += len(by_state[BatchItem.State.FAILED])
    batch.n_cancelled += len(by_state[BatchItem.State.CANCELLED])
    batch.output_tokens += sum(_tokens(item.generation) for item in items)
    if batch.makes:
        batch.n_tasks += making.make_tasks(batch, {item.prompt_id for item in items})
    return len(items) == SETTLED_AT_ONCE


def _outcome(generation: Generation) -> BatchItem.State:
    if generation.finish_reason == STOPPED:
        return BatchItem.State.CANCELLED
    is_done = generation.state == Generation.State.DONE
    # An empty answer is none that could be compared with others.
    return BatchItem.State.DONE if is_done and generation.output.strip() else BatchItem.State.FAILED


def _answer(items: Sequence[BatchItem]) -> None:
    now = timezone.now()
    responses = Response.objects.bulk_create(
        Response(
            prompt_id=item.prompt_id,
            origin=Response.Origin.MODEL,
            text=item.generation.output,
            generation=item.generation,
            created_at=now,
        )
        for item in items
    )
    pairs = [[item.pk for item in items], [response.pk for response in responses]]
    with connection.cursor() as cursor:
        cursor.execute(ANSWERED, pairs)


def _tokens(generation: Generation) -> int:
    tokens = generation.usage.get("completion_tokens", 0)
    return tokens if isinstance(tokens, int) else 0
