"""The files of a target, reached through fsspec: an S3-compatible store, or a folder.

A store's address was typed into a form, so every connection to it is judged when it is made, as
those to model endpoints are; and what opens it is what the form gave, never what this machine is
allowed to.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fsspec

from exports.models import Target
from exports.snapshots.signing import sha256_of
from exports.snapshots.targets import allowed_folder
from workers.endpoints.addresses import PRIVATE, leads_inside, open_socket

CONNECT_SECONDS = 10
READ_SECONDS = 120
TRIES = 3
PIECE = 16 << 20
SUM = "sha256"


class Refused(Exception):
    """Trying again would not help."""


class Damaged(Exception):
    """What arrived is not what was sent."""


class Place:
    """A folder of the target."""

    def __init__(self, target: Target, folder: str) -> None:
        self.is_store = urlsplit(target.url).scheme == "s3"
        if self.is_store:
            self.files: Any = _store(target)
            self.base = f"{target.url.rstrip('/')}/{folder}"
        else:
            self.files = fsspec.filesystem("file", skip_instance_cache=True)
            self.base = str(_on_disk(target, folder))

    def has(self, name: str, size: int, sha256: str) -> bool:
        """Whether this very file lies there."""
        path = self._path(name)
        try:
            if self.files.info(path)["size"] != size:
                return False
            return self._sum(path) == sha256
        except FileNotFoundError:
            return False

    def put(self, path: Path, sha256: str, check: Callable[[], None]) -> None:
        """Send a file and make sure of what arrived."""
        check()
        there = self._path(path.name)
        if self.is_store:
            self.files.put_file(str(path), there, chunksize=PIECE, Metadata={SUM: sha256})
        else:
            self.files.makedirs(self.files._parent(there), exist_ok=True)
            self.files.put_file(str(path), f"{there}.part")
            self.files.mv(f"{there}.part", there)
        self.files.invalidate_cache()
        if not self.has(path.name, path.stat().st_size, sha256):
            raise Damaged(f"{path.name} did not arrive as it was sent.")

    def _path(self, name: str) -> str:
        return f"{self.base}/{name}"

    def _sum(self, path: str) -> str:
        """The store checks what it receives against the sums of the requests; ours lies with it."""
        if self.is_store:
            return str(self.files.metadata(path).get(SUM, ""))
        return sha256_of(Path(path))


def _store(target: Target) -> Any:
    if target.endpoint_url and leads_inside(target.endpoint_url):
        raise Refused(PRIVATE)
    return fsspec.filesystem(
        "s3",
        anon=not target.key,
        key=target.key or None,
        secret=target.secret or None,
        endpoint_url=target.endpoint_url or None,
        client_kwargs={"region_name": target.region or None},
        config_kwargs={
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
            "retries": {"max_attempts": TRIES, "mode": "standard"},
            "connector_args": {"socket_factory": open_socket},
            "proxies": {},
        },
        use_listings_cache=False,
        skip_instance_cache=True,
    )


def _on_disk(target: Target, folder: str) -> Path:
    found = allowed_folder(target.url, folder)
    if found is None:
        raise Refused("The operator does not let exports be sent to this folder.")
    return found
