"""Client of OpenAI-compatible servers, built for vLLM. The other side is not trusted.

EndpointError
├── Refused      the server said no; trying again will not help (4xx, a redirect)
├── Overloaded   429 or 503, perhaps with a time to wait
├── TimedOut     one of the time limits below passed
├── Broken       5xx, or an answer that is cut short or makes no sense
│   └── Unreachable  no connection at all
└── Stopped      we wanted no more of it
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

import httpx

from workers.models import Endpoint
from workers.watchdog import Watchdog

CONNECT_SECONDS = 5.0
FIRST_TOKEN_SECONDS = 120.0
BETWEEN_TOKENS_SECONDS = 60.0
TOTAL_SECONDS = 600.0
CHECK_SECONDS = 5.0
OUTPUT_LIMIT_BYTES = 256 * 1024
LINE_LIMIT_BYTES = 256 * 1024
BODY_LIMIT_BYTES = 1024 * 1024
NOTE_LIMIT = 200
# These are ours to say; a model's parameters cannot change them.
RESERVED = frozenset({"model", "messages", "stream", "stream_options", "n"})
NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


class EndpointError(Exception):
    """A draw did not succeed. The message is a sentence for people, without keys or addresses."""

    is_retryable: ClassVar[bool] = True
    wait_seconds: float | None = None


class Refused(EndpointError):
    is_retryable = False

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class Overloaded(EndpointError):
    def __init__(self, message: str, *, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class TimedOut(EndpointError):
    pass


class Broken(EndpointError):
    pass


class Unreachable(Broken):
    pass


class Stopped(EndpointError):
    is_retryable = False


@dataclass
class Completion:
    """What a stream has brought so far; whole when `stream_chat` has returned."""

    text: str = ""
    finish_reason: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    served_model: str = ""
    n_bytes: int = 0


@dataclass(frozen=True)
class Health:
    is_ready: bool
    note: str = ""


def stream_chat(
    endpoint: Endpoint,
    *,
    served_name: str,
    messages: Sequence[Mapping[str, str]],
    parameters: Mapping[str, Any],
    completion: Completion,
    is_unwanted: Callable[[], bool] = lambda: False,
) -> Iterator[str]:
    """Yield the reply piece by piece and keep it in `completion`. Raises EndpointError.

    Once `is_unwanted` says so the connection is cut and Stopped raised, also where nothing comes.

    Returns only when the server said that the reply is complete (a finish reason and then
    `[DONE]` or a clean end); anything else is an error, whatever was received before.
    """
    body = {name: value for name, value in parameters.items() if name not in RESERVED}
    body |= {
        "model": served_name,
        "messages": [dict(message) for message in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    with (
        _translated(),
        _http().stream(
            "POST", f"{_base(endpoint)}/chat/completions", json=body, headers=_headers(endpoint)
        ) as response,
        _watched(response, first=FIRST_TOKEN_SECONDS, is_unwanted=is_unwanted) as watchdog,
    ):
        _require_success(response)
        for data in _events(response):
            piece = _read(data, completion)
            # A model that thinks before it speaks sends events without text.
            is_first_to_come = not completion.text
            watchdog.extend(FIRST_TOKEN_SECONDS if is_first_to_come else BETWEEN_TOKENS_SECONDS)
            if piece:
                yield piece
    if not completion.finish_reason:
        raise Broken("The endpoint's answer was cut short.")


def list_models(endpoint: Endpoint) -> list[str]:
    """The names the endpoint serves. Raises EndpointError."""
    try:
        with _translated():
            answer = _get(endpoint, f"{_base(endpoint)}/models")
    except Refused as refusal:
        if refusal.status == 404:
            raise Refused(f"{refusal} Does its address end in /v1?", status=404) from refusal
        raise
    try:
        rows = json.loads(answer)["data"]
        return [clean(str(row["id"])) for row in rows]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Broken("The endpoint's list of models makes no sense.") from error


def check_health(endpoint: Endpoint) -> Health:
    """Ask /health, as vLLM has it, or /v1/models where there is none."""
    root = _base(endpoint).removesuffix("/v1")
    try:
        with _translated():
            _get(endpoint, f"{root}/health")
    except Refused as refusal:
        if refusal.status in (404, 405):
            return _health_by_models(endpoint)
        return Health(False, str(refusal))
    except EndpointError as error:
        return Health(False, str(error))
    return Health(True)


def clean(text: str) -> str:
    """Text that PostgreSQL can keep: NUL and lone surrogates become the replacement sign."""
    return NOT_STORABLE.sub("\ufffd", text)


def _health_by_models(endpoint: Endpoint) -> Health:
    try:
        list_models(endpoint)
    except EndpointError as error:
        return Health(False, str(error))
    return Health(True)


@cache
def _http() -> httpx.Client:
    """One pool of connections for every thread. Proxies of the environment are not meant for us:
    endpoints are named by this installation's own people."""
    return httpx.Client(
        timeout=httpx.Timeout(FIRST_TOKEN_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=32),
        follow_redirects=False,
        trust_env=False,
    )


def _base(endpoint: Endpoint) -> str:
    return endpoint.base_url.rstrip("/")


def _headers(endpoint: Endpoint) -> dict[str, str]:
    return {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}


def _get(endpoint: Endpoint, address: str) -> bytes:
    with (
        _http().stream(
            "GET", address, headers=_headers(endpoint), timeout=CHECK_SECONDS
        ) as response,
        _watched(response, first=CHECK_SECONDS),
    ):
        _require_success(response)
        body = b""
        for piece in response.iter_bytes():
            body += piece
            if len(body) > BODY_LIMIT_BYTES:
                raise Broken("The endpoint's answer is longer than 1 MB.")
        return body


@contextmanager
def _watched(
    response: httpx.Response, *, first: float, is_unwanted: Callable[[], bool] = lambda: False
) -> Iterator[Watchdog]:
    stream = response.extensions.get("network_stream")
    connection = stream.get_extra_info("socket") if stream is not None else None
    with Watchdog(
        connection, seconds=first, total_seconds=TOTAL_SECONDS, is_unwanted=is_unwanted
    ) as watchdog:
        try:
            yield watchdog
        except httpx.HTTPError as error:
            if watchdog.has_bitten:
                raise _cut(watchdog, is_unwanted) from error
            raise
        if watchdog.has_bitten:
            raise _cut(watchdog, is_unwanted)


def _cut(watchdog: Watchdog, is_unwanted: Callable[[], bool]) -> EndpointError:
    if is_unwanted():
        return Stopped("The draw was stopped.")
    return TimedOut(f"The endpoint was silent or too slow for {watchdog.limit_seconds:.0f} s.")


@contextmanager
def _translated() -> Iterator[None]:
    """httpx's errors in our words."""
    try:
        yield
    except httpx.ConnectTimeout as error:
        raise Unreachable("The endpoint did not accept a connection in time.") from error
    except httpx.TimeoutException as error:
        raise TimedOut("The endpoint did not answer in time.") from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise Refused("The endpoint's address is not a valid one.", status=0) from error
    except httpx.ConnectError as error:
        raise Unreachable("The endpoint cannot be reached.") from error
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise Broken("The endpoint broke off its answer.") from error


def _require_success(response: httpx.Response) -> None:
    status = response.status_code
    if status == 200:
        return
    if status in (429, 503):
        raise Overloaded(
            f"The endpoint is overloaded ({status}).", wait_seconds=_retry_after(response)
        )
    if status >= 500:
        raise Broken(f"The endpoint failed ({status}).")
    if 300 <= status < 400:
        raise Refused(
            f"The endpoint sends us elsewhere ({status}), which is not followed.", status=status
        )
    raise Refused(f"The endpoint refused ({status}){_reason(response)}", status=status)


def _reason(response: httpx.Response) -> str:
    """What the server says about a refusal, if it can be had cheaply."""
    said = b""
    for piece in response.iter_bytes():
        said += piece
        if len(said) > 64 * 1024:
            return "."
    try:
        body = json.loads(said)
        error = body.get("error", body)
        message = error.get("message", "") if isinstance(error, dict) else error
    except (ValueError, AttributeError, RecursionError):
        return "."
    text = " ".join(clean(str(message)).split())
    return f": {text[:NOTE_LIMIT]}" if text else "."


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds; the date form is rare enough to be left to our own waiting."""
    value = response.headers.get("retry-after", "").strip()
    return float(value) if value.isascii() and value.isdigit() and len(value) < 6 else None


def _events(response: httpx.Response) -> Iterator[str]:
    """The data of each server-sent event up to `[DONE]`."""
    kind = response.headers.get("content-type", "")
    if not kind.lower().startswith("text/event-stream"):
        raise Broken("The endpoint did not answer with a stream of events.")
    for line in _lines(response):
        if line.startswith("data:"):
            data = line[5:].strip()
            if data == "[DONE]":
                return
            yield data


def _lines(response: httpx.Response) -> Iterator[str]:
    """Bounded lines; httpx's own would gather one without an end."""
    waiting = b""
    for piece in response.iter_bytes():
        *lines, waiting = (waiting + piece).split(b"\n")
        if len(waiting) > LINE_LIMIT_BYTES or any(len(line) > LINE_LIMIT_BYTES for line in lines):
            raise Broken("The endpoint sent a line that is far too long.")
        for line in lines:
            yield line.decode("utf-8", "replace")
    if waiting:
        yield waiting.decode("utf-8", "replace")


def _read(data: str, completion: Completion) -> str:
    """Take one event into `completion`; return the text it brought."""
    try:
        event = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Broken("The endpoint sent something that is not JSON.") from error
    if not isinstance(event, dict):
        raise Broken("The endpoint sent an event that is not an object.")
    if event.get("error"):
        raise Broken("The endpoint reported an error in the middle of its answer.")
    if isinstance(event.get("model"), str):
        completion.served_model = clean(event["model"])
    if isinstance(event.get("usage"), dict):
        completion.usage = _counts(event["usage"])
    choices = event.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else {}
    if not isinstance(choice, dict):
        raise Broken("The endpoint sent a choice that is not an object.")
    piece = _piece(choice)
    if isinstance(choice.get("finish_reason"), str):
        completion.finish_reason = clean(choice["finish_reason"])
    completion.text += piece
    completion.n_bytes += len(piece.encode())
    if completion.n_bytes > OUTPUT_LIMIT_BYTES:
        raise Refused("The answer is longer than 256 kB.", status=200)
    return piece


def _piece(choice: dict[str, Any]) -> str:
    delta = choice.get("delta")
    content = delta.get("content") if isinstance(delta, dict) else None
    if content is None:
        return ""
    if not isinstance(content, str):
        raise Broken("The endpoint sent a text that is not a text.")
    return clean(content)


def _counts(usage: dict[str, Any]) -> dict[str, int]:
    """The plain counts of tokens; whatever else a server puts there is not kept."""
    return {
        name: value
        for name in ("prompt_tokens", "completion_tokens", "total_tokens")
        if isinstance(value := usage.get(name), int)
        and not isinstance(value, bool)
        and 0 <= value < 2**31
    }
