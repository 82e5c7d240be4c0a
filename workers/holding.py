"""Queued draws that are to wait until somebody says go on."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from workers.engine.nudges import nudge
from workers.models import Generation

HELD = datetime(9000, 1, 1, tzinfo=UTC)
"""`not_before` of what is held: no clock gets there."""
NUDGED_AT_ONCE = 500


def hold(generation_ids: Iterable[int]) -> int:
    """Let none of these begin; those that have begun go on. Returns how many are held anew."""
    queued = Generation.objects.filter(
        pk__in=generation_ids, state=Generation.State.QUEUED, not_before__lt=HELD
    )
    return queued.update(not_before=HELD)


def let_go(generation_ids: Iterable[int]) -> int:
    """Let those of these that are held begin, and nudge the workers on commit."""
    with transaction.atomic():
        held = Generation.objects.filter(
            pk__in=generation_ids, state=Generation.State.QUEUED, not_before=HELD
        )
        rows = list(held.order_by("pk").values_list("pk", "queue"))
        held.update(not_before=timezone.now())
        for queue in Generation.Queue:
            ids = [pk for pk, name in rows if name == queue][:NUDGED_AT_ONCE]
            if ids:
                transaction.on_commit(lambda ids=ids, queue=queue: nudge(ids, queue=queue))  # type: ignore[misc]
    return len(rows)
