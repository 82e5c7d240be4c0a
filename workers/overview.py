"""What the models page shows: endpoints, their models, and how drawing goes."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from workers.models import Endpoint, Generation, LanguageModel

FAILURES_SINCE = timedelta(days=1)


@dataclass(frozen=True)
class ModelCard:
    """A language model, the other models with its weights, and its draws."""

    model: LanguageModel
    same_weights_as: list[str]
    n_queued: int
    n_running: int
    n_failed: int
    """In the last day."""

    @property
    def sampling(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in sorted(self.model.sampling.items()))


@dataclass(frozen=True)
class EndpointCard:
    endpoint: Endpoint
    models: list[ModelCard] = field(default_factory=list)


@dataclass(frozen=True)
class Overview:
    endpoints: list[EndpointCard]
    inactive: list[str]
    """Models that are switched off, or are on an endpoint that is."""
    imported: list[str]
    """Models known from imported votes only."""
    n_drawable: int
    missing: str
    """Why there are no embedded models, where that is known."""


def overview() -> Overview:
    models = list(LanguageModel.objects.select_related("endpoint").order_by("name", "pk"))
    drawable = [m for m in models if m.is_active and m.endpoint and m.endpoint.is_active]
    counts = _counts()
    cards = {e.pk: EndpointCard(e) for e in _endpoints()}
    for model in drawable:
        if model.endpoint_id in cards:
            cards[model.endpoint_id].models.append(_card(model, drawable, counts))
    off = [m.name for m in models if m.endpoint and m not in drawable]
    return Overview(
        endpoints=list(cards.values()),
        inactive=off,
        imported=[m.name for m in models if m.endpoint is None],
        n_drawable=len(drawable),
        missing=_embedded_trouble(),
    )


def _endpoints() -> list[Endpoint]:
    return list(Endpoint.objects.filter(is_active=True).order_by("name", "pk"))


def _card(
    model: LanguageModel, others: list[LanguageModel], counts: Mapping[tuple[int, str], int]
) -> ModelCard:
    same = [m.name for m in others if m.weights and m.weights == model.weights and m != model]
    return ModelCard(
        model=model,
        same_weights_as=same,
        n_queued=counts[model.pk, Generation.State.QUEUED],
        n_running=counts[model.pk, Generation.State.RUNNING],
        n_failed=counts[model.pk, Generation.State.FAILED],
    )


def _counts() -> Mapping[tuple[int, str], int]:
    """Draws by model and state. Each state has its partial index; what is done is not counted."""
    found: Counter[tuple[int, str]] = Counter()
    recent = timezone.now() - FAILURES_SINCE
    for rows in (
        Generation.objects.filter(state=Generation.State.QUEUED),
        Generation.objects.filter(state=Generation.State.RUNNING),
        Generation.objects.filter(state=Generation.State.FAILED, finished_at__gte=recent),
    ):
        for model, state, n in rows.values_list("model_id", "state").annotate(n=Count("pk")):
            found[model, state] = n
    return found


def _embedded_trouble() -> str:
    """What the launcher wrote down when the embedded models could not be had."""
    path = settings.DATA_FOLDER / "run" / "model-server-status.json"
    try:
        status = json.loads(path.read_text())
        state, reason = status["state"], status["reason"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return str(reason) if state in ("missing", "failed", "starting") else ""
