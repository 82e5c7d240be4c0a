"""Ordinary pages and the API on a few lasting threads, beside the event streams on the loop.

On ASGI, Django starts a thread for each request and crosses to it and back for the middleware,
which costs about as much as a labeler's whole request. Here a request's body is read on the loop
and everything else is done by one thread out of a pool, in one go.
"""

import asyncio
import io
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from config.lasting import lasting_connection

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

KEPT_IN_MEMORY = 4 * 1024 * 1024
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}


class OnThreads:
    """`pages`, a WSGI application, for the paths below `prefixes`; `streams` for the others."""

    def __init__(
        self, pages: Any, streams: Application, *, prefixes: tuple[str, ...], threads: int
    ) -> None:
        self._pages, self._streams, self._prefixes = pages, streams, prefixes
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="page")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._prefixes):
            await self._streams(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            return
        with body:
            loop = asyncio.get_running_loop()
            environ = environ_of(scope, body)
            status, headers, content = await loop.run_in_executor(self._pool, self._answer, environ)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, environ: dict[str, Any]) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            told[:] = [status, headers]

        with lasting_connection():
            answer = self._pages(environ, start)
        try:
            content = b"".join(answer)
        finally:
            # Ends the request for Django, on the thread whose connection it used.
            answer.close()
        status, headers = told
        return int(status.split(" ", 1)[0]), _encoded(headers), content


async def _body(receive: Receive) -> IO[bytes] | None:
    """The request's body; None if it did not come whole."""
    message = await receive()
    if message["type"] != "http.disconnect" and not message.get("more_body", False):
        return io.BytesIO(message.get("body", b""))
    body = tempfile.SpooledTemporaryFile(KEPT_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    while message["type"] != "http.disconnect":
        body.write(message.get("body", b""))
        if not message.get("more_body", False):
            body.seek(0)
            return body
        message = await receive()
    body.close()
    return None


def environ_of(scope: Scope, body: IO[bytes]) -> dict[str, Any]:
    """The request as WSGI (PEP 3333) says it."""
    host, port = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode(errors="surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": scope["client"][0] if scope.get("client") else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        name, value = (
            raw_name.decode("latin-1").upper().replace("-", "_"),
            raw_value.decode("latin-1"),
        )
        if b"_" in raw_name:
            # Indistinguishable from a name with a dash, and so a way to slip one past a proxy.
            continue
        key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
        joint = "; " if name == "COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    if "CONTENT_LENGTH" not in environ:
        # A body may come in chunks, without its length; it has been counted by now.
        environ["CONTENT_LENGTH"] = str(_size(body))
    return environ


def _size(body: IO[bytes]) -> int:
    size = body.seek(0, 2)
    body.seek(0)
    return size


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in headers
        if name.lower() not in HOP_BY_HOP
    ]
