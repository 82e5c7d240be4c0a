"""What the models page shows: endpoints, their models, and how drawing goes."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from workers.models import Endpoint, LanguageModel, ModelReplica
from workers.watching import standing
from workers.watching.standing import Failures, Key, Lately, Running, Waiting


@dataclass(frozen=True)
class ModelCard:
    """A language model, the other models with its weights, and its draws."""

    model: LanguageModel
    same_weights_as: list[str]
    replicas: list[str]
    """The other endpoints that serve it."""
    n_queued: int
    n_running: int
    lately: Lately

    @property
    def n_failed(self) -> int:
        """In the last day."""
        return self.lately.failed_day

    @property
    def sampling(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in sorted(self.model.sampling.items()))


@dataclass
class EndpointCard:
    endpoint: Endpoint
    models: list[ModelCard] = field(default_factory=list)
    serves_too: list[str] = field(default_factory=list)
    """Models of other endpoints that this one serves as well."""
    n_interactive: int = 0
    n_batch: int = 0
    n_waiting: int = 0
    oldest_seconds: float = 0.0
    lately: Lately = field(default_factory=Lately)
    failures: list[Failures] = field(default_factory=list)
    now: datetime = field(default_factory=timezone.now)

    @property
    def n_running(self) -> int:
        return self.n_interactive + self.n_batch

    @property
    def breaker(self) -> str:
        """closed, open, or probing: one draw tries it."""
        return breaker_of(self.endpoint, self.now)

    @property
    def oldest(self) -> str:
        """How long the oldest that waits has waited."""
        minutes, seconds = divmod(round(self.oldest_seconds), 60)
        if minutes < 2:
            return f"{minutes * 60 + seconds} s"
        return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"

    @property
    def failed_hour(self) -> str | None:
        """In percent of what ended; None where nothing did."""
        return _percent(self.lately.failed_share_hour)

    @property
    def failed_day(self) -> str | None:
        return _percent(self.lately.failed_share_day)

    @property
    def ended_day(self) -> int:
        return self.lately.done_day + self.lately.failed_day


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
    waiting, running, lately = standing.waiting(), standing.running(), standing.lately()
    replicas = list(ModelReplica.objects.select_related("endpoint", "model").order_by("pk"))
    cards = {e.pk: EndpointCard(e) for e in _endpoints()}
    for model in drawable:
        if model.endpoint_id in cards:
            card = _card(model, drawable, replicas, waiting, running, lately)
            cards[model.endpoint_id].models.append(card)
    _add_standing(cards, drawable, waiting, running, lately)
    for replica in replicas:
        if replica.endpoint_id in cards:
            cards[replica.endpoint_id].serves_too.append(replica.model.name)
    return Overview(
        endpoints=list(cards.values()),
        inactive=[m.name for m in models if m.endpoint and m not in drawable],
        imported=[m.name for m in models if m.endpoint is None],
        n_drawable=len(drawable),
        missing=_embedded_trouble(),
    )


def breaker_of(endpoint: Endpoint, now: datetime) -> str:
    if endpoint.open_until is None:
        return "closed"
    is_probed = endpoint.probing_until is not None and endpoint.probing_until > now
    return "probing" if is_probed else "open"


def _percent(share: float | None) -> str | None:
    if share is None:
        return None
    return "0" if not share else f"{100 * share:.1f}"


def _endpoints() -> list[Endpoint]:
    return list(Endpoint.objects.filter(is_active=True).order_by("name", "pk"))


def _card(
    model: LanguageModel,
    others: list[LanguageModel],
    replicas: list[ModelReplica],
    waiting: list[Waiting],
    running: list[Running],
    lately: Mapping[Key, Lately],
) -> ModelCard:
    same = [m.name for m in others if m.weights and m.weights == model.weights and m != model]
    found = Lately()
    for (model_id, _), one in lately.items():
        if model_id == model.pk:
            found += one
    return ModelCard(
        model=model,
        same_weights_as=same,
        replicas=[r.endpoint.name for r in replicas if r.model_id == model.pk],
        n_queued=sum(row.number for row in waiting if row.model_id == model.pk),
        n_running=sum(row.number for row in running if row.model_id == model.pk),
        lately=found,
    )


def _add_standing(
    cards: Mapping[int, EndpointCard],
    models: list[LanguageModel],
    waiting: list[Waiting],
    running: list[Running],
    lately: Mapping[Key, Lately],
) -> None:
    of_model = {model.pk: model.endpoint_id for model in models}
    for row in waiting:
        card = cards.get(of_model.get(row.model_id) or 0)
        if card is not None:
            card.n_waiting += row.number
            card.oldest_seconds = max(card.oldest_seconds, row.oldest_seconds)
    counts: Counter[tuple[int | None, str]] = Counter()
    for one in running:
        counts[one.endpoint_id, one.queue] += one.number
    sums: defaultdict[int | None, Lately] = defaultdict(Lately)
    for (_, endpoint_id), found in lately.items():
        sums[endpoint_id] += found
    told = standing.failures()
    for pk, card in cards.items():
        card.n_interactive = counts[pk, "interactive"]
        card.n_batch = counts[pk, "batch"]
        card.lately = sums[pk]
        card.failures = told.get(pk, [])


def _embedded_trouble() -> str:
    """What the launcher wrote down when the embedded models could not be had."""
    path = settings.DATA_FOLDER / "run" / "model-server-status.json"
    try:
        status = json.loads(path.read_text())
        state, reason = status["state"], status["reason"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return str(reason) if state in ("missing", "failed", "starting") else ""
