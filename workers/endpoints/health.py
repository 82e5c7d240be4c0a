"""Whether the endpoints answer, asked every few seconds and kept on their rows.

That a server answers `/health` does not say that it still computes. So an endpoint with draws in
progress of which no text has come for long does not count as ready either.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Max
from django.utils import timezone

from workers.endpoints import client
from workers.endpoints.client import Health
from workers.endpoints.errors import EndpointError
from workers.models import Endpoint, Generation, LanguageModel, ModelReplica

AT_ONCE = 16
NOTE_LIMIT = 300
SILENT_TIME = timedelta(seconds=75)
"""Longer than the first token of a loaded server takes, shorter than a draw waits for it."""


def check_endpoints() -> int:
    """Ask every active endpoint and write down what it said; how many are ready."""
    endpoints = list(Endpoint.objects.filter(is_active=True).order_by("pk"))
    wanted = [_served_names(endpoint) for endpoint in endpoints]
    answers = client.run(_ask_all(endpoints, wanted))
    silent = _silent()
    n_ready = 0
    for endpoint, answer in zip(endpoints, answers, strict=True):
        health = silent.get(endpoint.pk, answer) if answer.is_ready else answer
        note_health(endpoint, health)
        n_ready += health.is_ready
    return n_ready


def ask(endpoint: Endpoint, *, served_names: set[str]) -> Health:
    """Whether the endpoint answers, and which of `served_names` it does not know."""
    return client.run(_ask(endpoint, served_names))


def note_health(endpoint: Endpoint, health: Health) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(
        health=Endpoint.Health.READY if health.is_ready else Endpoint.Health.DOWN,
        health_note=health.note[:NOTE_LIMIT],
        checked_at=timezone.now(),
    )


async def _ask_all(endpoints: Sequence[Endpoint], wanted: Sequence[set[str]]) -> list[Health]:
    places = asyncio.Semaphore(AT_ONCE)

    async def ask_one(endpoint: Endpoint, served_names: set[str]) -> Health:
        async with places:
            return await _ask(endpoint, served_names)

    pairs = zip(endpoints, wanted, strict=True)
    return list(await asyncio.gather(*(ask_one(*pair) for pair in pairs)))


async def _ask(endpoint: Endpoint, served_names: set[str]) -> Health:
    health = await client.health_of(endpoint)
    if not health.is_ready or not served_names:
        return health
    try:
        unknown = sorted(served_names - set(await client.models_of(endpoint)))
    except EndpointError as error:
        return Health(False, str(error))
    return Health(True, f"It does not serve {', '.join(unknown)}." if unknown else "")


def _silent() -> Mapping[int, Health]:
    """Endpoints of whose draws in progress nothing has come for long, also not of the newest.

    The newest, because a draw that has just begun on an idle endpoint is owed its time.
    """
    since = timezone.now() - SILENT_TIME
    running = Generation.objects.filter(
        state=Generation.State.RUNNING, endpoint__is_active=True, started_at__isnull=False
    )
    rows = running.values_list("endpoint", "endpoint__last_token_at").annotate(
        n=Count("pk"), newest=Max("started_at")
    )
    return {
        endpoint: _no_text(n)
        for endpoint, last_token_at, n, newest in rows
        if _latest(last_token_at, newest) < since
    }


def _latest(last_token_at: datetime | None, started_at: datetime) -> datetime:
    return max(last_token_at, started_at) if last_token_at else started_at


def _no_text(n: int) -> Health:
    draws = "a draw" if n == 1 else f"{n} draws"
    seconds = SILENT_TIME.total_seconds()
    return Health(False, f"It answers, but has sent no text of {draws} for {seconds:.0f} s.")


def _served_names(endpoint: Endpoint) -> set[str]:
    models = LanguageModel.objects.filter(endpoint=endpoint, is_active=True)
    replicas = ModelReplica.objects.filter(endpoint=endpoint, model__is_active=True)
    return {
        *models.values_list("served_name", flat=True),
        *replicas.values_list("served_name", flat=True),
    }
