"""Whether the endpoints answer, asked every few seconds and kept on their rows."""

from concurrent.futures import ThreadPoolExecutor

from django.utils import timezone

from workers import client
from workers.client import EndpointError, Health
from workers.models import Endpoint, LanguageModel

AT_ONCE = 8
NOTE_LIMIT = 300


def check_endpoints() -> int:
    """Ask every active endpoint and write down what it said; how many are ready."""
    endpoints = list(Endpoint.objects.filter(is_active=True).order_by("pk"))
    wanted = {endpoint.pk: _served_names(endpoint) for endpoint in endpoints}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda e: ask(e, served_names=wanted[e.pk]), endpoints))
    for endpoint, health in zip(endpoints, answers, strict=True):
        note_health(endpoint, health)
    return sum(health.is_ready for health in answers)


def ask(endpoint: Endpoint, *, served_names: set[str]) -> Health:
    """Whether the endpoint answers, and which of `served_names` it does not know."""
    health = client.check_health(endpoint)
    if not health.is_ready or not served_names:
        return health
    try:
        unknown = sorted(served_names - set(client.list_models(endpoint)))
    except EndpointError as error:
        return Health(False, str(error))
    return Health(True, f"It does not serve {', '.join(unknown)}." if unknown else "")


def note_health(endpoint: Endpoint, health: Health) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(
        health=Endpoint.Health.READY if health.is_ready else Endpoint.Health.DOWN,
        health_note=health.note[:NOTE_LIMIT],
        checked_at=timezone.now(),
    )


def _served_names(endpoint: Endpoint) -> set[str]:
    models = LanguageModel.objects.filter(endpoint=endpoint, is_active=True)
    return set(models.values_list("served_name", flat=True))
