"""Chat completions of OpenAI-compatible servers as streams, built for vLLM."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import aiohttp
from aiohttp import ServerTimeoutError

from workers.endpoints.connections import (
    base_of,
    cut,
    headers_of,
    require_success,
    session_for,
    translated,
)
from workers.endpoints.errors import Broken, Refused, TimedOut
from workers.endpoints.replies import Completion, Lines, read
from workers.models import Endpoint

FIRST_TOKEN_SECONDS = 120.0
BETWEEN_TOKENS_SECONDS = 60.0
TOTAL_SECONDS = 600.0
END_SECONDS = 0.05
# These are ours to say; a model's parameters cannot change them.
RESERVED = frozenset({"model", "messages", "stream", "stream_options", "n"})
T = TypeVar("T")


async def stream_chat(
    endpoint: Endpoint,
    *,
    served_name: str,
    messages: Sequence[Mapping[str, str]],
    parameters: Mapping[str, Any],
    completion: Completion,
    rest_seconds: float = 0.0,
) -> AsyncGenerator[str, None]:
    """Yield the reply as it comes and keep it in `completion`. Raises EndpointError.

    A piece is all the text that one read from the connection brought. Where they come quickly, the
    connection is left alone for `rest_seconds` after each, or until the reply ends: hundreds of
    streams, each woken for every token, take half as much again. Ends only when the server said
    that the reply is complete (a finish reason and then `[DONE]` or a clean end); anything else is
    an error, whatever was received before. Cancelling the task cuts the connection at once;
    whoever may leave in between pieces wraps this in `contextlib.aclosing`.
    """
    if parameters.get("logprobs"):
        completion.logprobs = []
    body = json.dumps(_body(served_name, messages, parameters)).encode()
    clock = _Clock()
    with translated():
        response = await _post(endpoint, body, clock)
        try:
            await require_success(response, secret=endpoint.api_key)
            _require_events(response)
            lines, content, has_ended = Lines(), response.content, asyncio.Event()
            content.on_eof(has_ended.set)
            while not lines.is_done:
                began = clock.now()
                received = content.read_nowait() or await clock.limit(content.readany)
                is_quick = clock.now() - began < rest_seconds
                datas = lines.feed(received) if received else lines.end()
                pieces = [read(data, completion) for data in datas]
                if pieces:
                    clock.extend(is_begun=bool(completion.pieces))
                if text := "".join(pieces):
                    yield text
                    if is_quick and not lines.is_done:
                        await _rest(has_ended, rest_seconds)
                if not received:
                    break
            await _read_end(response)
        finally:
            cut(response)
    if not completion.finish_reason:
        raise Broken("The endpoint's answer was cut short.")


def _body(
    served_name: str, messages: Sequence[Mapping[str, str]], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    body = {name: value for name, value in parameters.items() if name not in RESERVED}
    return body | {
        "model": served_name,
        "messages": [dict(message) for message in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def _post(endpoint: Endpoint, body: bytes, clock: "_Clock") -> aiohttp.ClientResponse:
    headers = headers_of(endpoint) | {"Content-Type": "application/json"}
    address = f"{base_of(endpoint)}/chat/completions"

    async def post() -> aiohttp.ClientResponse:
        try:
            return await session_for(endpoint).post(
                address, data=body, headers=headers, allow_redirects=False
            )
        except (ValueError, TypeError) as error:
            # A line break in the key, a host that is no host.
            raise Refused("The endpoint's address or key cannot be sent.", status=0) from error

    return await clock.limit(post)


def _require_events(response: aiohttp.ClientResponse) -> None:
    if not response.headers.get("Content-Type", "").lower().startswith("text/event-stream"):
        raise Broken("The endpoint did not answer with a stream of events.")


async def _rest(has_ended: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await has_ended.wait()


async def _read_end(response: aiohttp.ClientResponse) -> None:
    """A connection whose answer is read to its end can be used again; it mostly is by now."""
    if not response.content.at_eof():
        with suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await response.content.readany()


class _Clock:
    """How long may be waited: for the first token, between two, and for the whole."""

    def __init__(self) -> None:
        self.now = asyncio.get_running_loop().time
        self._ends_at = self.now() + TOTAL_SECONDS
        self._seconds = FIRST_TOKEN_SECONDS
        self._until = min(self.now() + self._seconds, self._ends_at)

    def extend(self, *, is_begun: bool) -> None:
        """There is life. A model that thinks before it speaks sends events without text."""
        self._seconds = BETWEEN_TOKENS_SECONDS if is_begun else FIRST_TOKEN_SECONDS
        self._until = min(self.now() + self._seconds, self._ends_at)

    async def limit(self, act: Callable[[], Awaitable[T]]) -> T:
        # Around each wait and never around a `yield`: time that runs out while the caller is at
        # work would cancel the caller.
        try:
            async with asyncio.timeout_at(self._until):
                return await act()
        except ServerTimeoutError:
            raise
        except TimeoutError as error:
            is_whole = self._until >= self._ends_at
            seconds = TOTAL_SECONDS if is_whole else self._seconds
            raise TimedOut(f"The endpoint was silent or too slow for {seconds:.0f} s.") from error
