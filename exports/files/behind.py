"""Work that is done while its caller goes on: one thing at a time, in order, never more than one
behind."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait


class Behind:
    """Compressing, hashing and writing let other threads run meanwhile. What goes wrong is raised
    with the next thing that is to be done. The thread begins with the first."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="files of an export")
        self._last: Future[object] | None = None

    def do(self, work: Callable[[], object]) -> None:
        self.settle()
        self._last = self._thread.submit(work)

    def settle(self) -> None:
        """Wait for what is being done."""
        last, self._last = self._last, None
        if last is not None:
            last.result()

    def leave(self) -> None:
        """Wait, whatever comes of it; there is nothing to be done any more."""
        if self._last is not None:
            wait([self._last])
        self._thread.shutdown()
