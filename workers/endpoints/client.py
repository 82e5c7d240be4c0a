"""What endpoints are asked besides text: whether they answer, and what they serve.

The plain functions may be called from any thread without an event loop; each call has a loop of
its own. Draws are `workers.endpoints.chat`.
"""

import asyncio
import json
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from workers.endpoints.connections import (
    base_of,
    close_session,
    cut,
    headers_of,
    require_success,
    session_for,
    translated,
)
from workers.endpoints.errors import Broken, EndpointError, Refused, TimedOut
from workers.endpoints.replies import clean
from workers.models import Endpoint

CHECK_SECONDS = 5.0
BODY_LIMIT_BYTES = 1024 * 1024
T = TypeVar("T")


@dataclass(frozen=True)
class Health:
    is_ready: bool
    note: str = ""


def list_models(endpoint: Endpoint) -> list[str]:
    """The names the endpoint serves. Raises EndpointError."""
    return run(models_of(endpoint))


def check_health(endpoint: Endpoint) -> Health:
    """Ask /health, as vLLM has it, or /v1/models where there is none."""
    return run(health_of(endpoint))


def run(asking: Awaitable[T]) -> T:
    """Ask in an event loop of its own."""

    async def ask() -> T:
        try:
            return await asking
        finally:
            await close_session()

    return asyncio.run(ask())


async def models_of(endpoint: Endpoint) -> list[str]:
    try:
        answer = await _get(endpoint, f"{base_of(endpoint)}/models")
    except Refused as refusal:
        if refusal.status == 404:
            raise Refused(f"{refusal} Does its address end in /v1?", status=404) from refusal
        raise
    try:
        rows = json.loads(answer)["data"]
        return [clean(str(row["id"])) for row in rows]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Broken("The endpoint's list of models makes no sense.") from error


async def health_of(endpoint: Endpoint) -> Health:
    root = base_of(endpoint).removesuffix("/v1")
    try:
        await _get(endpoint, f"{root}/health")
    except Refused as refusal:
        if refusal.status in (404, 405):
            return await _health_by_models(endpoint)
        return Health(False, str(refusal))
    except EndpointError as error:
        return Health(False, str(error))
    return Health(True)


async def _health_by_models(endpoint: Endpoint) -> Health:
    try:
        await models_of(endpoint)
    except EndpointError as error:
        return Health(False, str(error))
    return Health(True)


async def _get(endpoint: Endpoint, address: str) -> bytes:
    try:
        with translated():
            async with asyncio.timeout(CHECK_SECONDS):
                return await _read(endpoint, address)
    except TimeoutError as error:
        raise TimedOut("The endpoint did not answer in time.") from error


async def _read(endpoint: Endpoint, address: str) -> bytes:
    session = session_for(endpoint)
    response = await session.get(address, headers=headers_of(endpoint), allow_redirects=False)
    try:
        await require_success(response, secret=endpoint.api_key)
        body = b""
        while piece := await response.content.readany():
            body += piece
            if len(body) > BODY_LIMIT_BYTES:
                raise Broken("The endpoint's answer is longer than 1 MB.")
        return body
    finally:
        cut(response)
