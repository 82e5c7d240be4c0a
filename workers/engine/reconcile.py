"""What was forgotten is remembered here: lost nudges, and workers that died."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from workers.engine.claiming import MOST_INTERRUPTIONS
from workers.engine.nudges import nudge, waiting
from workers.engine.settling import announce
from workers.models import Generation

PATIENCE = timedelta(seconds=3)
AT_ONCE = 200
INTERRUPTED = f"The worker was interrupted {MOST_INTERRUPTIONS} times while drawing this."


def reconcile() -> int:
    """Wake the workers for what is due, give up what was interrupted too often; how many rows."""
    nudged = sum(_nudge_forgotten(queue) for queue in Generation.Queue)
    return nudged + _give_up_interrupted()


def _nudge_forgotten(queue: Generation.Queue) -> int:
    """One message is enough: who gets it takes what there is. While one lies there, none."""
    if waiting(queue) != 0:
        return 0
    now = timezone.now()
    queued = Q(state=Generation.State.QUEUED, not_before__lt=now - PATIENCE)
    lapsed = Q(state=Generation.State.RUNNING, leased_until__lt=now)
    may_run_again = Q(interruptions__lt=MOST_INTERRUPTIONS - 1)
    ids: list[int] = []
    for which in (lapsed & may_run_again, queued):
        rows = Generation.objects.filter(which, queue=queue).order_by("not_before", "pk")
        ids += rows.values_list("pk", flat=True)[: AT_ONCE - len(ids)]
    return len(ids) if ids and nudge(ids[:1], queue=queue) else 0


def _give_up_interrupted() -> int:
    now = timezone.now()
    with transaction.atomic():
        ids = list(
            Generation.objects.select_for_update(skip_locked=True)
            .filter(
                state=Generation.State.RUNNING,
                leased_until__lt=now,
                interruptions__gte=MOST_INTERRUPTIONS - 1,
            )
            .order_by("pk")
            .values_list("pk", flat=True)[:AT_ONCE]
        )
        Generation.objects.filter(pk__in=ids).update(
            state=Generation.State.FAILED,
            interruptions=F("interruptions") + 1,
            claim=None,
            leased_until=None,
            finished_at=now,
            error=INTERRUPTED,
        )
        announce(ids)
    return len(ids)
