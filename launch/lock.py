"""One supervisor a data folder: an flock that says who holds it."""

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from launch.errors import LaunchError

# A guardian may still be stopping the processes of a supervisor that was killed.
PATIENCE_SECONDS = 12.0


@dataclass(frozen=True)
class Holder:
    """Who holds a data folder."""

    pid: int
    started_at: str
    address: str

    @property
    def is_alive(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


class DataFolderLock:
    """Held from `acquire()` until every process that has the descriptor has closed it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def descriptor(self) -> int:
        if self._descriptor is None:
            raise LaunchError(f"{self.path} is not held.")
        return self._descriptor

    def acquire(self, *, address: str, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + patience_seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                holder = read_holder(self.path)
                if (holder and holder.is_alive) or time.monotonic() > deadline:
                    os.close(descriptor)
                    raise LaunchError(_sentence(self.path.parent, holder)) from None
                time.sleep(0.1)
        started_at = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        holder = Holder(pid=os.getpid(), started_at=started_at, address=address)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(asdict(holder)).encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def read_holder(path: Path) -> Holder | None:
    """Who wrote the lock file last; None while it is being written or when it is damaged."""
    try:
        return Holder(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _sentence(folder: Path, holder: Holder | None) -> str:
    if holder is None:
        return f"{folder} is already in use by another process."
    if not holder.is_alive:
        return (
            f"{folder} is still held by processes of supervisor {holder.pid}, which has died; "
            "try again in a moment."
        )
    return (
        f"{folder} is already in use by process {holder.pid}, started at {holder.started_at}, "
        f"serving {holder.address}. Stop it first, or set TOUCHSTONE_DATA and PORT to run a "
        "second one."
    )
