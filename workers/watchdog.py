"""Time limits on a stream that httpx does not know: silence after the first token, and the whole.

httpx limits each read by one number, which a server that sends a byte now and then never meets.
"""

import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType

LOOK_SECONDS = 0.2


class Watchdog:
    """Cuts the connection when its time is up, or when `is_unwanted` says so; whoever reads from
    it then sees an end."""

    def __init__(
        self,
        connection: socket.socket | None,
        *,
        seconds: float,
        total_seconds: float,
        is_unwanted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._connection = connection
        self._is_unwanted = is_unwanted
        self._ends_at = time.monotonic() + total_seconds
        self._total_seconds = total_seconds
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self.has_bitten = False
        self.extend(seconds)

    def extend(self, seconds: float) -> None:
        """There is life: the next sign of it must come within `seconds`."""
        self._until = min(time.monotonic() + seconds, self._ends_at)
        self.limit_seconds = seconds if self._until < self._ends_at else self._total_seconds

    def __enter__(self) -> "Watchdog":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Joined, so that a late bite cannot cut a connection that has gone back to the pool.
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while (left := self._until - time.monotonic()) > 0:
            # Not the whole time at once: after the first token there may be less of it.
            if self._is_over.wait(min(left, LOOK_SECONDS)):
                return
            if self._is_unwanted():
                break
        self.has_bitten = True
        if self._connection is not None:
            try:
                self._connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it ended by itself at the same moment
