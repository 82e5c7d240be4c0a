"""A small hub on this machine that speaks as much of its protocol as one commit needs."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Hub:
    address: str = ""
    token: str = "hf_right"
    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    is_private: dict[str, bool] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    """What was sent aside from a commit, by SHA-256."""
    commits: list[dict[str, Any]] = field(default_factory=list)
    failing: int = 0
    """How many requests from now on are answered with 503."""


@contextmanager
def running_hub() -> Iterator[Hub]:
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            if self._is_refused():
                return
            repository = self._repository()
            if "/tree/" in self.path:
                files = hub.repositories.get(repository, {})
                told = [
                    {"type": "file", "path": name, "size": len(data), "oid": "0" * 40}
                    for name, data in files.items()
                ]
                self._answer(200, told)
            else:
                names = hub.repositories.get(repository, {})
                siblings = [{"rfilename": name} for name in names]
                self._answer(200, {"id": repository, "sha": "0" * 40, "siblings": siblings})

        def do_HEAD(self) -> None:
            self._answer(404, {})

        def do_PUT(self) -> None:
            data = self._body()
            hub.large[hashlib.sha256(data).hexdigest()] = data
            self._answer(200, {})

        def do_POST(self) -> None:
            body = self._body()
            if self._is_refused():
                return
            if self.path == "/api/repos/create":
                told = json.loads(body)
                name = "/".join(filter(None, (told.get("organization"), told["name"])))
                hub.repositories.setdefault(name, {})
                is_private = told.get("private") or told.get("visibility") == "private"
                hub.is_private[name] = bool(is_private)
                self._answer(200, {"url": f"{hub.address}/datasets/{name}", "name": name})
            elif self.path == "/api/validate-yaml":
                self._answer(200, {"errors": [], "warnings": []})
            elif "/preupload/" in self.path:
                files = json.loads(body)["files"]
                told = [
                    {
                        "path": each["path"],
                        "uploadMode": "lfs" if each["path"].endswith(".parquet") else "regular",
                        "shouldIgnore": False,
                    }
                    for each in files
                ]
                self._answer(200, {"files": told})
            elif self.path.endswith("/info/lfs/objects/batch"):
                self._batch(json.loads(body))
            elif "/commit/" in self.path:
                self._commit(body)
            else:
                self._answer(404, {"error": self.path})

        def _batch(self, told: dict[str, Any]) -> None:
            objects = [
                {
                    "oid": each["oid"],
                    "size": each["size"],
                    "actions": {"upload": {"href": f"{hub.address}/put/{each['oid']}"}},
                }
                for each in told["objects"]
            ]
            self._answer(200, {"transfer": "basic", "objects": objects})

        def _commit(self, body: bytes) -> None:
            lines = [json.loads(line) for line in body.splitlines() if line]
            files = hub.repositories[self._repository()]
            for line in lines:
                value = line["value"]
                if line["key"] == "header":
                    hub.commits.append(value)
                elif line["key"] == "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                elif line["key"] == "lfsFile":
                    files[value["path"]] = hub.large[value["oid"]]
                elif line["key"] == "deletedFile":
                    files.pop(value["path"], None)
            number = len(hub.commits)
            told = {
                "success": True,
                "commitUrl": f"{hub.address}/datasets/{self._repository()}/commit/{number}",
                "commitOid": f"{number:040}",
                "hookOutput": "",
            }
            self._answer(200, told)

        def _is_refused(self) -> bool:
            if hub.failing:
                hub.failing -= 1
                self._answer(503, {"error": "busy"})
                return True
            if self.headers.get("Authorization") != f"Bearer {hub.token}":
                self._answer(401, {"error": "unknown token"})
                return True
            return False

        def _repository(self) -> str:
            parts = self.path.partition("?")[0].strip("/").split("/")
            start = parts.index("datasets") + 1
            return "/".join(parts[start : start + 2])

        def _body(self) -> bytes:
            if "chunked" in self.headers.get("Transfer-Encoding", ""):
                pieces = []
                while size := int(self.rfile.readline(), 16):
                    pieces.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(pieces)
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _answer(self, status: int, told: Any) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
