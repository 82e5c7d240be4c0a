"""A small process that stops everything when the supervisor is killed without a chance to.

It reads lines from a pipe whose other end only the supervisor holds: `+ GROUP SIGNAL` when a
process group has started, `- GROUP` when it is gone. End of file means that the supervisor is no
more: every group still known is asked to stop with its signal and killed a little later. The
guardian also holds the data folder's lock, so that a new supervisor waits until it is done.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO

GRACE_SECONDS = 4.0


class Guardian:
    """The supervisor's end: starts the guardian, tells it of groups, replaces it if it dies."""

    def __init__(self, *, lock_descriptor: int | None = None) -> None:
        self._lock_descriptor = lock_descriptor
        self._groups: dict[int, signal.Signals] = {}
        self._mutex = threading.Lock()
        self._process = self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def add(self, group: int, stop_signal: signal.Signals) -> None:
        with self._mutex:
            self._groups[group] = stop_signal
            self._tell(f"+ {group} {int(stop_signal)}\n")

    def remove(self, group: int) -> None:
        with self._mutex:
            self._groups.pop(group, None)
            self._tell(f"- {group}\n")

    def check(self) -> None:
        """Replace a guardian that was killed."""
        with self._mutex:
            if self._process.poll() is not None:
                self._replace()

    def close(self) -> None:
        with self._mutex:
            stdin(self._process).close()
        self._process.wait(GRACE_SECONDS * 2)

    def _start(self) -> subprocess.Popen[bytes]:
        kept = () if self._lock_descriptor is None else (self._lock_descriptor,)
        return subprocess.Popen(
            [sys.executable, "-S", "-E", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=kept,
        )

    def _replace(self) -> None:
        self._process.wait()
        self._process = self._start()
        for group, stop_signal in self._groups.items():
            stdin(self._process).write(f"+ {group} {int(stop_signal)}\n".encode())
        stdin(self._process).flush()

    def _tell(self, line: str) -> None:
        try:
            stdin(self._process).write(line.encode())
            stdin(self._process).flush()
        except (BrokenPipeError, ValueError):
            self._replace()


def stdin(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdin is None:
        raise BrokenPipeError
    return process.stdin


def watch(lines: IO[str]) -> dict[int, int]:
    """Read until the supervisor is gone; return what it left behind: group → stop signal."""
    groups: dict[int, int] = {}
    for line in lines:
        word, group, *rest = line.split()
        if word == "+":
            groups[int(group)] = int(rest[0])
        else:
            groups.pop(int(group), None)
    return groups


def stop_groups(groups: dict[int, int], *, grace_seconds: float = GRACE_SECONDS) -> None:
    """Ask every group's leader to stop; kill whatever of a group is left after the grace."""
    for group, number in groups.items():
        _signal(os.kill, group, number)
    deadline = time.monotonic() + grace_seconds
    while time.monotonic() < deadline and any(_exists(group) for group in groups):
        time.sleep(0.05)
    for group, number in groups.items():
        if number == signal.SIGINT and _exists(group):
            # PostgreSQL's children lie in groups of their own; only its leader can end them.
            _signal(os.kill, group, signal.SIGQUIT)
            time.sleep(1.0)
        _signal(os.killpg, group, signal.SIGKILL)


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal(send: Callable[[int, int], None], group: int, number: int) -> None:
    try:
        send(group, number)
    except (ProcessLookupError, PermissionError):
        return


def main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    stop_groups(watch(sys.stdin))


if __name__ == "__main__":
    main()
