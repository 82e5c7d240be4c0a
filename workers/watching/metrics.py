"""Numbers for Prometheus, read from PostgreSQL at the scrape.

Counters and the histogram come from the sums of `measuring`, so a scrape costs the same however
many draws there were. Higher apps register what they count themselves: a function that yields
metric families.
"""

import hmac
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from projects.errors import NotFound
from workers.measured import FIRST_TOKEN_BOUNDS, DrawTotal, Tally
from workers.models import Endpoint, Generation, LanguageModel
from workers.watching import standing
from workers.watching.overview import breaker_of

Source = Callable[[], Iterable[Metric]]

BREAKER = {"closed": 0, "probing": 1, "open": 2}
INTAKE = {Endpoint.Intake.OPEN: 0, Endpoint.Intake.DRAINING: 1, Endpoint.Intake.PAUSED: 2}

_sources: list[Source] = []


def register(source: Source) -> None:
    """Let an app's own numbers stand among the others."""
    if source not in _sources:
        _sources.append(source)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever brings the operator's token; without the setting there is no such page."""
    if not _may_read(request):
        raise NotFound("There is nothing here.")
    return HttpResponse(text(), content_type=CONTENT_TYPE_LATEST)


def text() -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_All())
    return generate_latest(registry)


class _All(Collector):
    def collect(self) -> Iterator[Metric]:
        began = time.perf_counter()
        for source in (_queues, _endpoints, _draws, _workers, *_sources):
            yield from source()
        took = GaugeMetricFamily("touchstone_scrape_seconds", "How long reading all this took.")
        took.add_metric([], time.perf_counter() - began)
        yield took


def _may_read(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    is_bearer = kind.lower() == "bearer"
    # Compared as bytes, as a header may hold what is not ASCII.
    return bool(token) and is_bearer and hmac.compare_digest(given.encode(), token.encode())


def _queues() -> Iterator[Metric]:
    depth = GaugeMetricFamily(
        "touchstone_draws_waiting", "Draws that nobody has begun.", labels=["queue", "endpoint"]
    )
    oldest = GaugeMetricFamily(
        "touchstone_oldest_waiting_seconds",
        "How long the oldest of them has been due.",
        labels=["queue", "endpoint"],
    )
    flight = GaugeMetricFamily(
        "touchstone_draws_in_flight", "Draws being written.", labels=["queue", "endpoint"]
    )
    names = _names()
    endpoints = dict(LanguageModel.objects.values_list("pk", "endpoint_id"))
    numbers, ages = _each(names), _each(names)
    for row in standing.waiting():
        key = row.queue, names.get(endpoints.get(row.model_id), "")
        numbers[key] += row.number
        ages[key] = max(ages[key], row.oldest_seconds)
    running = _each(names)
    for one in standing.running():
        running[one.queue, names.get(one.endpoint_id, "")] += one.number
    for family, values in ((depth, numbers), (oldest, ages), (flight, running)):
        for (queue, endpoint), value in sorted(values.items()):
            family.add_metric([queue, endpoint], value)
        yield family


def _endpoints() -> Iterator[Metric]:
    now = timezone.now()
    up = _endpoint_gauge("touchstone_endpoint_up", "Whether it answered when last checked.")
    breaker = _endpoint_gauge(
        "touchstone_endpoint_breaker", "0 closed, 1 one draw tries it, 2 open."
    )
    intake = _endpoint_gauge("touchstone_endpoint_intake", "0 open, 1 draining, 2 paused.")
    most = _endpoint_gauge("touchstone_endpoint_most_in_flight", "Draws it takes at once.")
    failures = _endpoint_gauge("touchstone_endpoint_failures", "Failures in a row.")
    token = _endpoint_gauge(
        "touchstone_endpoint_last_token_timestamp_seconds", "When text last came from it."
    )
    for row in Endpoint.objects.filter(is_active=True).order_by("name"):
        up.add_metric([row.name], int(row.health == Endpoint.Health.READY))
        breaker.add_metric([row.name], BREAKER[breaker_of(row, now)])
        intake.add_metric([row.name], INTAKE[Endpoint.Intake(row.intake)])
        most.add_metric([row.name], row.most_in_flight)
        failures.add_metric([row.name], row.n_failures)
        if row.last_token_at is not None:
            token.add_metric([row.name], row.last_token_at.timestamp())
    yield from (up, breaker, intake, most, failures, token)


def _draws() -> Iterator[Metric]:
    where = ["model", "endpoint"]
    ended = CounterMetricFamily("touchstone_draws", "Draws that ended.", labels=[*where, "outcome"])
    again = CounterMetricFamily(
        "touchstone_draw_retries", "Attempts beyond the first.", labels=where
    )
    failed = CounterMetricFamily(
        "touchstone_draw_failures", "Draws that failed, by kind.", labels=[*where, "kind"]
    )
    tokens = CounterMetricFamily(
        "touchstone_tokens", "Tokens, as endpoints counted them.", labels=[*where, "direction"]
    )
    seconds = CounterMetricFamily(
        "touchstone_drawing_seconds", "Time endpoints spent on draws.", labels=where
    )
    first = HistogramMetricFamily(
        "touchstone_first_token_seconds", "From the request to the first token.", labels=where
    )
    for row in DrawTotal.objects.select_related("model", "endpoint").order_by("pk"):
        names = [row.model.name, row.endpoint.name if row.endpoint else ""]
        whole = row.n_done - row.n_cut
        ends = {"done": whole, "cut": row.n_cut, "stopped": row.n_stopped, "failed": row.n_failed}
        for outcome, number in ends.items():
            ended.add_metric([*names, outcome], number)
        for kind, number in sorted(row.errors.items()):
            failed.add_metric([*names, kind], number)
        again.add_metric(names, row.n_again)
        tokens.add_metric([*names, "prompt"], row.prompt_tokens)
        tokens.add_metric([*names, "output"], row.output_tokens)
        seconds.add_metric(names, row.drawing_seconds)
        first.add_metric(names, _buckets(row.first_tokens), row.first_token_seconds)
    yield from (ended, again, failed, tokens, seconds, first)


def _workers() -> Iterator[Metric]:
    seen = GaugeMetricFamily(
        "touchstone_worker_seen_seconds",
        "How long ago a worker of the queue gave a sign of life; none is there without one.",
        labels=["queue"],
    )
    keys = {f"workers:seen:{queue}": queue for queue in Generation.Queue.values}
    try:
        found = cache.get_many(list(keys))
    except (RedisError, OSError):
        found = {}
    for key, at in sorted(found.items()):
        seen.add_metric([keys[key]], max(0.0, time.time() - at))
    yield seen
    counted = GaugeMetricFamily(
        "touchstone_draws_counted_to_timestamp_seconds",
        "Draws that ended before are in the counters.",
    )
    to = Tally.objects.values_list("counted_to", flat=True).first()
    if to is not None:
        counted.add_metric([], to.timestamp())
    yield counted


def _endpoint_gauge(name: str, documentation: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, documentation, labels=["endpoint"])


def _names() -> dict[int | None, str]:
    return dict(Endpoint.objects.filter(is_active=True).values_list("pk", "name"))


def _each(names: dict[int | None, str]) -> defaultdict[tuple[str, str], float]:
    """Nothing, said of every queue of every endpoint, so that no series comes and goes."""
    zeros = {(queue, name): 0.0 for queue in Generation.Queue.values for name in names.values()}
    return defaultdict(float, zeros)


def _buckets(counts: list[int]) -> list[tuple[str, float]]:
    """Cumulative, as Prometheus wants them."""
    bounds = [*(str(bound) for bound in FIRST_TOKEN_BOUNDS), "+Inf"]
    total, buckets = 0, []
    for bound, number in zip(bounds, counts, strict=True):
        total += number
        buckets.append((bound, float(total)))
    return buckets
