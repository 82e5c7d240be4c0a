"""A batch's generations as JSON lines, read a part at a time however many there are."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from labeling.models import Batch, BatchItem
from projects import audit
from projects.access import OWNERS, membership
from projects.models import User

READ_AT_ONCE = 500
FOLLOWING = """
SELECT id FROM labeling_batchitem
WHERE batch_id = %s AND (prompt_id, model_id, sample) > (%s, %s, %s)
ORDER BY prompt_id, model_id, sample LIMIT %s
"""


def note_download(*, by: User, batch: Batch) -> None:
    """Write down who takes the texts away; owners only."""
    membership(by, batch.project.slug, roles=OWNERS)
    audit.record(verb="batch.downloaded", by=by, project=batch.project, subject=batch)


def lines(batch: Batch) -> Iterator[bytes]:
    """Some lines at a time, by prompt, model and sample."""
    after = (0, 0, -1)
    while items := _part(batch, after):
        yield b"".join(
            orjson.dumps(_line(item), option=orjson.OPT_APPEND_NEWLINE) for item in items
        )
        after = (items[-1].prompt_id, items[-1].model_id, items[-1].sample)


def _part(batch: Batch, after: tuple[int, int, int]) -> list[BatchItem]:
    """By keys: a cursor would have to be kept open for as long as a slow reader takes."""
    with connection.cursor() as cursor:
        cursor.execute(FOLLOWING, [batch.pk, *after, READ_AT_ONCE])
        keys = [key for (key,) in cursor]
    found = BatchItem.objects.select_related("generation", "prompt", "model").in_bulk(keys)
    return [found[key] for key in keys]


def _line(item: BatchItem) -> dict[str, Any]:
    generation = item.generation
    return {
        "prompt": item.prompt_id,
        "external_id": item.prompt.external_id,
        "tags": item.prompt.tags,
        "language": item.prompt.language,
        "model": item.model.name,
        "sample": item.sample,
        "state": item.state,
        "messages": generation.messages,
        "parameters": generation.parameters,
        "output": generation.output,
        "finish_reason": generation.finish_reason,
        "error": generation.error,
        "usage": generation.usage,
        "served_model": generation.served_model,
        "revision": generation.revision,
        "generation": generation.pk,
        "response": item.response_id,
        "tries": item.tries,
        "created_at": generation.created_at,
        "first_token_seconds": _seconds(generation.started_at, generation.first_token_at),
        "seconds": _seconds(generation.started_at, generation.finished_at),
    }


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return round((end - start).total_seconds(), 3) if start and end else None
