"""Endpoints and language models: added by hand, and kept in step with the settings."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from config.endpoints import MOST_IN_FLIGHT, EndpointSetting, ModelSetting
from projects import audit
from projects.errors import Conflict, InvalidInput
from projects.models import User
from projects.text import clean_text
from workers.endpoints import client
from workers.endpoints.chat import RESERVED
from workers.models import Endpoint, LanguageModel

SYSTEM_PROMPT_LIMIT = 20_000
SAMPLING_LIMIT = 40
SAMPLING_LENGTH = 10_000
KEY_LIMIT = 4000


def add_model(
    *,
    by: User | None,
    name: str,
    base_url: str,
    served_name: str = "",
    endpoint_name: str = "",
    api_key: str = "",
    organisation: str = "",
    licence: str = "",
    weights: str = "",
    is_open: bool = False,
    system_prompt: str = "",
    sampling: Mapping[str, Any] | None = None,
    is_trusted: bool = False,
    most_in_flight: int | None = None,
) -> LanguageModel:
    """Add a language model, and its endpoint where that is new.

    The endpoint is asked first: raises EndpointError when it does not answer, InvalidInput
    for a field that breaks a rule or a served name the endpoint does not know, Conflict for a
    name that is taken. An endpoint at the same address is used again. `is_trusted` is for who
    has the machine itself: the address may then lie in a private network.
    """
    model = LanguageModel(
        name=clean_text(name, field="name", limit=120).strip(),
        served_name=clean_text(served_name or name, field="served_name", limit=200).strip(),
        organisation=_optional(organisation, "organisation", 120),
        licence=_optional(licence, "licence", 120),
        weights=_optional(weights, "weights", 200),
        is_open=is_open,
        system_prompt=_optional(system_prompt, "system_prompt", SYSTEM_PROMPT_LIMIT),
        sampling=clean_sampling(sampling or {}),
    )
    address = clean_address(base_url)
    endpoint = _endpoint_at(address, name=_optional(endpoint_name, "endpoint_name", 80))
    endpoint.is_trusted = endpoint.is_trusted or is_trusted
    if most_in_flight is not None:
        endpoint.most_in_flight = clean_bound(most_in_flight)
    if api_key:
        endpoint.api_key = clean_key(api_key)
    if LanguageModel.objects.filter(name=model.name).exists():
        raise Conflict(f"There is a language model named {model.name!r} already.")
    _require_served(endpoint, model.served_name)
    with transaction.atomic():
        endpoint.is_active = True
        endpoint.health = Endpoint.Health.READY
        endpoint.checked_at = timezone.now()
        endpoint.save()
        model.endpoint = endpoint
        model.save()
        audit.record(verb="model.added", by=by, subject=model, name=model.name, address=address)
    return model


def sync_from_settings() -> None:
    """Make the rows say what the settings say. Repeatable.

    An endpoint or model that has gone from the settings is switched off and keeps its history;
    what people added by hand is left alone.
    """
    named: tuple[EndpointSetting, ...] = settings.MODEL_ENDPOINTS
    with transaction.atomic():
        kept = [_sync_endpoint(setting) for setting in named]
        gone = Endpoint.objects.filter(is_from_settings=True).exclude(pk__in=kept)
        gone.update(is_active=False)


def clean_address(base_url: str) -> str:
    """The endpoint's address as it is kept: http or https, without a slash at its end."""
    address = clean_text(base_url, field="base_url", limit=300).strip().rstrip("/")
    rule = "must be an address like http://gpu-1:8000/v1"
    try:
        parts = urlsplit(address)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or any(character.isspace() for character in address):
        raise InvalidInput.field("base_url", rule)
    if parts.username or parts.password:
        raise InvalidInput.field("base_url", "must not hold a password; give the key as api_key")
    if parts.query or parts.fragment:
        raise InvalidInput.field("base_url", f"{rule}, without ? and #")
    return address


def clean_bound(most_in_flight: int) -> int:
    if not 1 <= most_in_flight <= MOST_IN_FLIGHT:
        raise InvalidInput.field("most_in_flight", f"must be from 1 to {MOST_IN_FLIGHT:,}")
    return most_in_flight


def clean_key(api_key: str) -> str:
    """A key that fits into a header."""
    key = clean_text(api_key, field="api_key", limit=KEY_LIMIT).strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise InvalidInput.field("api_key", "must be one word of plain letters, digits and signs")
    return key


def clean_sampling(sampling: Any) -> dict[str, Any]:
    """Parameters of the chat completions request; what is ours to say may not be among them."""
    if not isinstance(sampling, Mapping):
        raise InvalidInput.field("sampling", 'must be an object like {"temperature": 0.7}')
    if len(sampling) > SAMPLING_LIMIT:
        raise InvalidInput.field("sampling", f"must name at most {SAMPLING_LIMIT} parameters")
    reserved = sorted(set(sampling) & RESERVED)
    if reserved:
        raise InvalidInput.field("sampling", f"must not set {reserved[0]}")
    for name, low, high in (("temperature", 0, 2), ("top_p", 0, 1), ("max_tokens", 1, 100_000)):
        value = sampling.get(name, low)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:
            raise InvalidInput.field("sampling", f"{name} must be from {low:,} to {high:,}")
    _require_storable(sampling)
    return dict(sampling)


def _require_storable(sampling: Mapping[str, Any]) -> None:
    try:
        text = json.dumps(sampling, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise InvalidInput.field("sampling", "must hold finite numbers only") from error
    clean_text(text, field="sampling", limit=SAMPLING_LENGTH)
    if "\\u0000" in text:
        raise InvalidInput.field("sampling", "must not hold a NUL character")


def _optional(value: str, field: str, limit: int) -> str:
    return clean_text(value, field=field, limit=limit, required=False).strip()


def _endpoint_at(address: str, *, name: str) -> Endpoint:
    """The endpoint with this name or address, or a new one that is not saved yet."""
    if name:
        found = Endpoint.objects.filter(name=name).first()
        if found and found.base_url != address:
            raise Conflict(f"The endpoint {name!r} has another address, {found.base_url}.")
        return found or Endpoint(name=name, base_url=address)
    found = Endpoint.objects.filter(base_url=address).order_by("pk").first()
    return found or Endpoint(name=_free_name(urlsplit(address).netloc[:70]), base_url=address)


def _free_name(wish: str) -> str:
    taken = set(Endpoint.objects.filter(name__startswith=wish).values_list("name", flat=True))
    number, name = 1, wish
    while name in taken:
        number += 1
        name = f"{wish} ({number})"
    return name


def _require_served(endpoint: Endpoint, served_name: str) -> None:
    served = client.list_models(endpoint)
    if served_name not in served:
        known = ", ".join(sorted(served)[:20]) or "nothing"
        raise InvalidInput.field(
            "served_name", f"the endpoint does not serve {served_name!r}; it serves {known}"
        )


def _sync_endpoint(setting: EndpointSetting) -> int:
    bound = {} if setting.most_in_flight is None else {"most_in_flight": setting.most_in_flight}
    endpoint, _ = Endpoint.objects.update_or_create(
        name=setting.name,
        defaults={
            "base_url": setting.base_url,
            "api_key": setting.api_key,
            "is_active": True,
            "is_from_settings": True,
            "is_trusted": True,
            **bound,
        },
    )
    names = [_sync_model(endpoint, model) for model in setting.models]
    ours = LanguageModel.objects.filter(endpoint=endpoint, is_from_settings=True)
    ours.exclude(name__in=names).update(is_active=False)
    return endpoint.pk


def _sync_model(endpoint: Endpoint, setting: ModelSetting) -> str:
    LanguageModel.objects.update_or_create(
        name=setting.name,
        defaults={
            "endpoint": endpoint,
            "served_name": setting.served_name,
            "weights": setting.weights,
            "organisation": setting.organisation,
            "licence": setting.licence,
            "is_open": setting.is_open,
            "system_prompt": setting.system_prompt,
            "sampling": setting.sampling,
            "is_active": True,
            "is_from_settings": True,
        },
    )
    return setting.name
