"""What labeling tells Prometheus."""

from collections.abc import Iterator

from django.core.cache import cache
from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily, Metric
from redis.exceptions import RedisError

from labeling.batches.progress import progress_of
from labeling.batches.steering import OPEN
from labeling.models import Batch, Task

COUNTED_EVERY = 30
KEY = "labeling:open-tasks"

Counted = list[tuple[str, str, int]]


def metrics() -> Iterator[Metric]:
    tasks = GaugeMetricFamily(
        "touchstone_open_tasks",
        "Tasks that a labeler may be given.",
        labels=["project", "kind"],
    )
    for project, kind, number in _open_tasks():
        tasks.add_metric([project, kind], number)
    yield tasks
    batches = GaugeMetricFamily(
        "touchstone_batches", "Batch draws that have not ended.", labels=["state"]
    )
    left = GaugeMetricFamily("touchstone_batch_draws_left", "Draws they still have before them.")
    open_ = list(Batch.objects.filter(state__in=OPEN))
    for state in OPEN:
        batches.add_metric([state.value], sum(batch.state == state for batch in open_))
    left.add_metric([], sum(p.total - p.ended - p.cancelled for p in map(progress_of, open_)))
    yield from (batches, left)


def _open_tasks() -> Counted:
    """Counting reads an entry of an index for each, so of a million it is kept for a while."""
    try:
        known: Counted | None = cache.get(KEY)
    except (RedisError, OSError):
        known = None
    if known is None:
        known = _counted()
        try:
            cache.set(KEY, known, COUNTED_EVERY)
        except (RedisError, OSError):
            return known
    return known


def _counted() -> Counted:
    lanes = Task.objects.filter(is_open=True).values("lane__project__slug", "lane__kind")
    return [
        (row["lane__project__slug"], row["lane__kind"], row["number"])
        for row in lanes.annotate(number=Count("pk")).order_by("lane__project__slug", "lane__kind")
    ]
