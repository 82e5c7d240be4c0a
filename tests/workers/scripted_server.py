"""A server that misbehaves as told: faults and timings a real one does not produce to order."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Callable[["Handler"], None]


@dataclass
class Scripted:
    """`scripts` answer the chat requests in turn, the last one for ever after."""

    scripts: list[Script]
    port: int = 0
    seen: list[dict[str, Any]] = field(default_factory=list)
    authorisations: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=lambda: ["served"])
    health_status: int = 200
    leaving: threading.Event = field(default_factory=threading.Event)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    scripted: Scripted

    def do_GET(self) -> None:
        if self.path == "/health":
            self.answer(self.scripted.health_status, {})
        elif self.path != "/v1/models":
            self.answer(404, {"detail": "Not Found"})
        else:
            self.answer(200, {"data": [{"id": name} for name in self.scripted.models]})

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        self.scripted.authorisations.append(self.headers.get("Authorization", ""))
        self.scripted.seen.append(json.loads(self.rfile.read(size)))
        number = min(len(self.scripted.seen), len(self.scripted.scripts)) - 1
        try:
            self.scripted.scripts[number](self)
        except OSError:
            self.close_connection = True

    def answer(self, status: int, body: Any, **headers: str) -> None:
        self.raw(status, json.dumps(body).encode(), kind="application/json", **headers)

    def raw(self, status: int, body: bytes, *, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def line(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode("utf-8", "surrogatepass"))
        self.wfile.flush()

    def chunk(self, text: str | None = None, **fields: Any) -> None:
        choice = {"index": 0, "delta": {} if text is None else {"content": text}, **fields}
        self.line(json.dumps({"model": "served", "choices": [choice]}))

    def log_message(self, *args: Any) -> None:
        return


def says(*pieces: str, finish_reason: str = "stop", pause: float = 0) -> Script:
    """A whole, correct reply."""

    def script(handler: Handler) -> None:
        handler.begin()
        for piece in pieces:
            handler.chunk(piece)
            time.sleep(pause)
        handler.chunk(finish_reason=finish_reason)
        usage = {"prompt_tokens": 5, "completion_tokens": len(pieces), "odd": "thing"}
        handler.line(json.dumps({"model": "served", "choices": [], "usage": usage}))
        handler.line("[DONE]")

    return script


def refuses(status: int, message: str = "no", **headers: str) -> Script:
    return lambda handler: handler.answer(status, {"error": {"message": message}}, **headers)


def hangs(*pieces: str) -> Script:
    """Sends headers and `pieces`, then nothing until the test is over."""

    def script(handler: Handler) -> None:
        handler.begin()
        for piece in pieces:
            handler.chunk(piece)
        handler.scripted.leaving.wait(60)

    return script


def trickles() -> Script:
    """A byte now and then that means nothing."""

    def script(handler: Handler) -> None:
        handler.begin()
        while not handler.scripted.leaving.wait(0.05):
            handler.wfile.write(b": still here\n")
            handler.wfile.flush()

    return script


def breaks_off(*pieces: str) -> Script:
    def script(handler: Handler) -> None:
        handler.begin()
        for piece in pieces:
            handler.chunk(piece)

    return script


def sends(data: str) -> Script:
    def script(handler: Handler) -> None:
        handler.begin()
        handler.line(data)

    return script


@contextmanager
def running(*scripts: Script) -> Iterator[Scripted]:
    scripted = Scripted(list(scripts) or [says("Hello", " there")])
    handler = type("ScriptedHandler", (Handler,), {"scripted": scripted})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    scripted.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield scripted
    finally:
        scripted.leaving.set()
        server.shutdown()
        server.server_close()
        thread.join()
