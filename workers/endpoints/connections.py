"""Connections to endpoints: one session an event loop, and aiohttp's errors in our words."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from weakref import WeakKeyDictionary

import aiohttp

from workers.endpoints.addresses import PrivateAddress, may_lead_anywhere, open_socket
from workers.endpoints.errors import Broken, Overloaded, Refused, TimedOut, Unreachable
from workers.endpoints.replies import clean
from workers.models import Endpoint

CONNECT_SECONDS = 5.0
REASON_SECONDS = 5.0
# uvicorn, which vLLM stands on, closes an idle connection after five: we are the first to.
KEPT_ALIVE_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 86_400.0
REASON_LIMIT_BYTES = 64 * 1024
NOTE_LIMIT = 200

# Of each event loop: one for addresses that are judged, one for those that are trusted.
_sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[bool, aiohttp.ClientSession]] = (
    WeakKeyDictionary()
)


def session_for(endpoint: Endpoint) -> aiohttp.ClientSession:
    """The running event loop's session. Proxies and cookies of the environment are not ours."""
    sessions = _sessions.setdefault(asyncio.get_running_loop(), {})
    is_trusted = may_lead_anywhere(endpoint)
    session = sessions.get(is_trusted)
    if session is None or session.closed:
        connector = aiohttp.TCPConnector(
            limit=0,
            keepalive_timeout=KEPT_ALIVE_SECONDS,
            socket_factory=None if is_trusted else open_socket,
        )
        session = sessions[is_trusted] = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            # A compressed answer could be small on the line and huge here.
            auto_decompress=False,
            headers={"Accept-Encoding": "identity", "User-Agent": "touchstone"},
            trust_env=False,
        )
    return session


async def close_session() -> None:
    """Close what this event loop holds open; to be awaited before the loop ends."""
    for session in _sessions.pop(asyncio.get_running_loop(), {}).values():
        await session.close()


def base_of(endpoint: Endpoint) -> str:
    return endpoint.base_url.rstrip("/")


def headers_of(endpoint: Endpoint) -> dict[str, str]:
    return {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}


def cut(response: aiohttp.ClientResponse) -> None:
    """Back to the pool when it was read to its end; otherwise closed at once, also under TLS."""
    if response.content.at_eof():
        response.release()
        return
    connection = response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()
    response.close()


@contextmanager
def translated() -> Iterator[None]:
    """aiohttp's errors in our words, without addresses."""
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise Unreachable("The endpoint did not accept a connection in time.") from error
    except aiohttp.ServerTimeoutError as error:
        raise TimedOut("The endpoint did not answer in time.") from error
    except aiohttp.InvalidURL as error:
        raise Refused("The endpoint's address is not a valid one.", status=0) from error
    except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError) as error:
        raise Unreachable("The endpoint's certificate is not accepted.") from error
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, PrivateAddress):
            raise Refused(str(error.os_error), status=0) from error
        raise Unreachable("The endpoint cannot be reached.") from error
    except (aiohttp.ClientError, ConnectionError) as error:
        raise Broken("The endpoint broke off its answer.") from error


async def require_success(response: aiohttp.ClientResponse, *, secret: str) -> None:
    """Raise what the status says; what the server says of a refusal goes without `secret`."""
    status = response.status
    if status == 200:
        return
    if status in (429, 503):
        raise Overloaded(
            f"The endpoint is overloaded ({status}).",
            wait_seconds=retry_after(response.headers),
            status=status,
        )
    if status >= 500 or status in (408, 425):
        raise Broken(f"The endpoint failed ({status}).")
    if 300 <= status < 400:
        raise Refused(
            f"The endpoint sends us elsewhere ({status}), which is not followed.", status=status
        )
    raise Refused(
        f"The endpoint refused ({status}){await _reason(response, secret)}", status=status
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from now, from either form of the header (RFC 9110, section 10.2.3)."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_WAIT_SECONDS) if len(value) < 10 else LONGEST_WAIT_SECONDS
    until = _moment(value)
    if until is None:
        return None
    # The server's own clock where it says what that shows.
    now = _moment(headers.get("Date", "")) or datetime.now(UTC)
    return min(max(0.0, (until - now).total_seconds()), LONGEST_WAIT_SECONDS)


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def _reason(response: aiohttp.ClientResponse, secret: str) -> str:
    """What the server says about a refusal, if it can be had cheaply."""
    said = b""
    try:
        async with asyncio.timeout(REASON_SECONDS):
            while piece := await response.content.readany():
                said += piece
                if len(said) > REASON_LIMIT_BYTES:
                    return "."
        body = json.loads(said)
        error = body.get("error", body)
        message = error.get("message", "") if isinstance(error, dict) else error
    except (TimeoutError, ValueError, AttributeError, RecursionError):
        return "."
    text = " ".join(clean(str(message)).split())
    text = text.replace(secret, "…") if secret else text
    return f": {text[:NOTE_LIMIT]}" if text else "."
