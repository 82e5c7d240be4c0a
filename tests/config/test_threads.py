"""Requests on threads: what comes in and goes out is what ASGI and WSGI say."""

import asyncio
import threading
from collections.abc import Iterable
from typing import Any

from config.threads import OnThreads


class Pages:
    """A WSGI application that tells what it was asked."""

    def __init__(self) -> None:
        self.environ: dict[str, Any] = {}
        self.thread = ""
        self.is_closed = False

    def __call__(self, environ: dict[str, Any], start: Any) -> "Pages":
        self.environ = {**environ, "body": environ["wsgi.input"].read()}
        self.thread = threading.current_thread().name
        start(
            "201 Created",
            [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")],
        )
        return self

    def __iter__(self) -> "Iterable[bytes]":
        return iter([b"ma", b"de"])

    def close(self) -> None:
        self.is_closed = True


async def streams(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "streamed", "path": scope["path"]})


def ask(pages: Pages, path: str, parts: list[bytes], **scope: Any) -> list[Any]:
    """What is sent for a POST whose body comes in these parts; an end before the last: none."""
    application = OnThreads(pages, streams, prefixes=("/api/", "/assignments/"), threads=1)
    waiting: list[dict[str, Any]] = [
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, start=1)
    ] or [{"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    whole = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"next=1&q=%C3%A4",
        "http_version": "1.1",
        "scheme": "http",
        "client": ("10.0.0.7", 5),
        "server": ("127.0.0.1", 8000),
        "headers": [],
        **scope,
    }
    asyncio.run(application(whole, receive, send))
    return sent


def test_a_request_is_answered_on_a_thread_and_ended_there() -> None:
    pages = Pages()
    start, body = ask(pages, "/api/é", [b"one ", b"two"])
    assert (start["status"], body["body"], pages.is_closed) == (201, b"made", True)
    assert start["headers"] == [
        (b"content-type", b"text/plain"),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
    ]
    assert pages.thread.startswith("page")
    environ = pages.environ
    assert (environ["body"], environ["CONTENT_LENGTH"]) == (b"one two", "7")
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/api/é"
    assert environ["QUERY_STRING"] == "next=1&q=%C3%A4"
    assert environ["REMOTE_ADDR"] == "10.0.0.7"


def test_headers_come_as_wsgi_names_them() -> None:
    pages = Pages()
    headers = [
        (b"host", b"localhost"),
        (b"content-type", b"application/json"),
        (b"content-length", b"2"),
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
        (b"x-forwarded-for", b"1.1.1.1"),
        (b"x-forwarded-for", b"2.2.2.2"),
        (b"x_forwarded_for", b"9.9.9.9"),
    ]
    ask(pages, "/assignments/1/", [b"{}"], headers=headers)
    told = {name: value for name, value in pages.environ.items() if name.isupper()}
    assert told["HTTP_HOST"] == "localhost"
    assert (told["CONTENT_TYPE"], told["CONTENT_LENGTH"]) == ("application/json", "2")
    assert told["HTTP_COOKIE"] == "a=1; b=2"
    assert told["HTTP_X_FORWARDED_FOR"] == "1.1.1.1,2.2.2.2"


def test_other_paths_and_kinds_stay_on_the_loop() -> None:
    pages = Pages()
    assert ask(pages, "/stream/x", [b""]) == [{"type": "streamed", "path": "/stream/x"}]
    assert ask(pages, "/api/", [b""], type="lifespan")[0]["type"] == "streamed"
    assert pages.environ == {}


def test_a_request_that_never_comes_whole_asks_nothing() -> None:
    pages = Pages()
    assert ask(pages, "/api/", []) == []
    assert pages.environ == {}
