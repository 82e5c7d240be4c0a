"""Work that is done while its caller goes on: one thing at a time, and nothing waits behind it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait


class Behind:
    """Compressing, hashing and writing let other threads run meanwhile. What goes wrong is raised
    with something that is to be done later. The thread begins with the first."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="files of an export")
        self._given: Future[object] | None = None

    def do(self, work: Callable[[], object]) -> None:
        self.settle()
        self._given = self._thread.submit(work)

    def settle(self) -> None:
        """Wait for what is being done."""
        given, self._given = self._given, None
        if given is not None:
            given.result()

    def leave(self) -> None:
        """Wait, whatever comes of it; there is nothing to be done any more."""
        if self._given is not None:
            wait((self._given,))
        self._thread.shutdown()
