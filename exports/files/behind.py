"""Work that is done while its caller goes on: one thing at a time, in order, and never more of it
waiting than was said."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait


class Behind:
    """Compressing, hashing and writing let other threads run meanwhile. What goes wrong is raised
    with something that is to be done later. The thread begins with the first."""

    def __init__(self, most: int = 1) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="files of an export")
        self._most = most
        self._given: deque[Future[object]] = deque()

    def do(self, work: Callable[[], object]) -> None:
        while len(self._given) >= self._most:
            self._given.popleft().result()
        self._given.append(self._thread.submit(work))

    def settle(self) -> None:
        """Wait for all that is being done."""
        while self._given:
            self._given.popleft().result()

    def leave(self) -> None:
        """Wait, whatever comes of it; there is nothing to be done any more."""
        wait(self._given)
        self._thread.shutdown()
