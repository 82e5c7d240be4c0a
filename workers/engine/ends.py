"""How the draws of an engine end: all that ended within a moment in one transaction."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import DatabaseError, close_old_connections

from workers.endpoints import breaker
from workers.endpoints.client import Health
from workers.endpoints.errors import EndpointError, Unreachable
from workers.endpoints.health import note_health
from workers.engine import settling
from workers.engine.outlet import Pen
from workers.engine.settling import Outcome
from workers.models import Endpoint, Generation

logger = logging.getLogger(__name__)
T = TypeVar("T")

SECONDS_BETWEEN_BATCHES = 0.02
RETRY_SECONDS = 1.0
TELLING_SECONDS = 3.0
# Where one of them breaks whoever listens, these are left to its reconciler together.
TOLD_AT_ONCE = 128


@dataclass(frozen=True)
class End:
    outcome: Outcome
    pen: Pen
    endpoint: Endpoint | None = None
    """Who was asked; None where nobody was."""
    error: EndpointError | None = None
    is_cut: bool = False
    """It was cut by us, and nothing is known of the endpoint."""


class Database:
    """Asks the database from the event loop, in few threads; no connection is kept in between."""

    def __init__(self, name: str, *, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, name)

    async def ask(self, act: Callable[..., T], *arguments: Any) -> T:
        def work() -> T:
            try:
                return act(*arguments)
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self, *, is_urgent: bool = False) -> None:
        """`is_urgent` drops what has not begun."""
        self._threads.shutdown(wait=not is_urgent, cancel_futures=is_urgent)


class Ends:
    """Writes what it is given until `close`; keeps it while PostgreSQL is away."""

    def __init__(
        self,
        database: Database,
        *,
        writing: asyncio.Lock,
        on_written: Callable[[Sequence[End]], None],
    ) -> None:
        self._database = database
        # Whoever listens for ends may take long over it, and the next must not wait.
        self._telling = Database("telling", threads=1)
        self._writing = writing
        self._on_written = on_written
        self._waiting: list[End] = []
        self._wanted = asyncio.Event()
        self._tellers: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self._is_telling = threading.Event()
        self._is_telling.set()
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    def add(self, end: End) -> None:
        self._waiting.append(end)
        self._is_idle.clear()
        self._wanted.set()

    async def settled(self, *, is_urgent: bool) -> None:
        """Until all is written and told; where it `is_urgent`, what is not told in a few seconds
        is left to the reconcilers of whoever listens."""
        await self._is_idle.wait()
        end = time.monotonic() + TELLING_SECONDS
        while self._tellers and not (is_urgent and time.monotonic() > end):
            await asyncio.wait(set(self._tellers), timeout=0.5)
        self._is_telling.clear()

    def close(self) -> None:
        self._is_closed = True
        self._wanted.set()

    async def run(self) -> None:
        try:
            while not self._is_closed:
                await self._write_next()
        finally:
            self._telling.close(is_urgent=True)

    async def _write_next(self) -> None:
        await self._wanted.wait()
        self._wanted.clear()
        ends, self._waiting = self._waiting, []
        if not ends:
            return
        try:
            async with self._writing:
                written = await self._database.ask(_write, ends)
        except DatabaseError:
            logger.warning("the ends of %s draws cannot be written", len(ends), exc_info=True)
            self._waiting = ends + self._waiting
            self._wanted.set()
            await asyncio.sleep(RETRY_SECONDS)
            return
        self._tell([end for end in ends if end.outcome.generation.pk in written])
        if not self._waiting:
            self._is_idle.set()
        await asyncio.sleep(SECONDS_BETWEEN_BATCHES)

    def _tell(self, ends: Sequence[End]) -> None:
        self._on_written(ends)
        over = [end for end in ends if end.outcome.is_end]
        for end in over:
            if end.outcome.state is Generation.State.DONE:
                end.pen.whole(reason=_reason(end))
        if over:
            teller = asyncio.create_task(self._tell_ends(over))
            self._tellers.add(teller)
            teller.add_done_callback(self._tellers.discard)

    async def _tell_ends(self, ends: Sequence[End]) -> None:
        """First the apps above, then the readers: what a reader asks for next is there. That may
        take seconds under load, and that a text is whole was said before."""
        ids = [end.outcome.generation.pk for end in ends]
        await self._telling.ask(self._tell_while_there_is_time, ids)
        for end in ends:
            end.pen.end(end.outcome.state.value, reason=_reason(end))

    def _tell_while_there_is_time(self, ids: Sequence[int]) -> None:
        for first in range(0, len(ids), TOLD_AT_ONCE):
            if not self._is_telling.is_set():
                return
            settling.announce(ids[first : first + TOLD_AT_ONCE])


def _reason(end: End) -> str:
    return str(end.outcome.columns["finish_reason"])


def _write(ends: Sequence[End]) -> set[int]:
    written = settling.settle([end.outcome for end in ends])
    _note_endpoints(ends)
    return written


def _note_endpoints(ends: Sequence[End]) -> None:
    """What the breakers learn from these."""
    well: set[int] = set()
    for end in ends:
        endpoint = end.endpoint
        if endpoint is None:
            continue
        is_suspect = bool(endpoint.n_failures or endpoint.open_until)
        if end.is_cut:
            if is_suspect:
                breaker.give_back(endpoint.pk)
        elif end.error is not None:
            breaker.note_failure(endpoint.pk, end.error)
            # The next of its draws that goes well says so.
            endpoint.n_failures += 1
            if isinstance(end.error, Unreachable):
                note_health(endpoint, Health(False, str(end.error)))
        elif is_suspect:
            well.add(endpoint.pk)
    for pk in well:
        breaker.note_success(pk)
