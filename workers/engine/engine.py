"""Hundreds of draws in flight on one event loop.

A nudge only wakes the engine; which rows it draws it finds in the database. What it asks of the
database it asks in few threads and for many draws at once, and holds no connection in between.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress

from django.db import DatabaseError

from workers import streams
from workers.endpoints.chat import TOTAL_SECONDS
from workers.endpoints.connections import close_session
from workers.engine import claiming, leases, stopping
from workers.engine.claiming import Claimed, Taken
from workers.engine.ends import SECONDS_BETWEEN_BATCHES, Database, End, Ends
from workers.engine.flights import Cut, Flight, after_error
from workers.engine.outlet import Outlet
from workers.engine.sharing import Turns
from workers.models import Generation

logger = logging.getLogger(__name__)

MOST_IN_FLIGHT = 1024
"""Of one process; each endpoint has a bound of its own."""
MOST_A_CLAIM = 64
"""The first of many begin while the next are claimed."""
SECONDS_BETWEEN_LOOKS = 0.2
LOOKS_BETWEEN_LOOKS_AT_ENDPOINTS = 5
# Of text for readers; nobody sits in front of a batch.
SECONDS_BETWEEN_WRITES = {
    Generation.Queue.INTERACTIVE: streams.SECONDS_BETWEEN_WRITES,
    Generation.Queue.BATCH: 1.0,
}
# Who reads sees nothing of a text before it is written: what comes between is read together.
READS_A_WRITE = 4
# Rows are due that do not fit: another process may free a place and says nothing.
SECONDS_UNTIL_A_PLACE = {Generation.Queue.INTERACTIVE: 0.1, Generation.Queue.BATCH: 0.25}
# Nothing is due as far as we know: a nudge may have been lost.
IDLE_SECONDS = 1.0
RETRY_SECONDS = 1.0
# Past this a draw has broken every limit of its own; its lease may lapse.
LONGEST_SECONDS = TOTAL_SECONDS + 60


def run(generation_id: int) -> None:
    """Draw this one row here and now if it is to be had; a second call for it does nothing."""
    row = Generation.objects.filter(pk=generation_id).only("queue").first()
    if row is not None:

        async def draw(queue: Generation.Queue) -> None:
            await Engine(queue, only=generation_id).run()

        asyncio.run(draw(Generation.Queue(row.queue)))


class Engine:
    """Draws the rows of one queue until `stop`. Lives on one event loop."""

    def __init__(self, queue: Generation.Queue, *, only: int | None = None) -> None:
        self._queue = queue
        self._only = only
        self._turns = Turns()
        self._flights: dict[uuid.UUID, Flight] = {}
        self._handlers: set[asyncio.Task[None]] = set()
        self._woken, self._stopped, self._is_over = (asyncio.Event() for _ in range(3))
        # Renewals and results touch the same rows and must not wait for each other crosswise.
        self._writing = asyncio.Lock()
        self._database = Database(f"drawing-{queue.value}", threads=2)
        self._ends = Ends(self._database, writing=self._writing, on_written=self._after_ends)
        self._client = streams.reader()
        self._outlet = Outlet(self._client, seconds_between=SECONDS_BETWEEN_WRITES[queue])
        self._has_more = False

    def wake(self) -> None:
        """Something may be due."""
        self._woken.set()

    def stop(self) -> None:
        """Draw no more; what is in flight goes back to the queue."""
        self._stopped.set()
        self._woken.set()

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for chore in (self._outlet.run, self._ends.run, self._keep_leases, self._look):
                    group.create_task(chore())
                await (self._pull() if self._only is None else self._claim())
                await self._land()
                self._is_over.set()
                self._ends.close()
                self._outlet.close()
        finally:
            await close_session()
            await self._client.aclose()
            self._database.close()

    async def _pull(self) -> None:
        while not self._stopped.is_set():
            self._woken.clear()
            began = time.monotonic()
            await self._claim()
            pause = SECONDS_UNTIL_A_PLACE[self._queue] if self._has_more else IDLE_SECONDS
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                continue
            # Whoever is woken often claims for many at a time.
            await asyncio.sleep(max(0.0, began + SECONDS_BETWEEN_BATCHES - time.monotonic()))

    async def _claim(self) -> None:
        room = min(MOST_IN_FLIGHT - len(self._flights), MOST_A_CLAIM)
        try:
            claimed = await self._database.ask(self._claim_due, room)
        except DatabaseError:
            logger.warning("no draws can be claimed", exc_info=True)
            await asyncio.sleep(RETRY_SECONDS)
            return
        self._has_more = claimed.is_more
        for taken in claimed.taken:
            self._begin(taken)
        for row, error in claimed.refused:
            pen = self._outlet.pen(row.pk, attempt=row.attempts)
            self._ends.add(End(after_error(row, error), pen))
        if len(claimed.taken) + len(claimed.refused) >= room > 0:
            self.wake()

    def _claim_due(self, room: int) -> Claimed:
        return claiming.claim_due(queue=self._queue, most=room, turns=self._turns, only=self._only)

    def _begin(self, taken: Taken) -> None:
        row = taken.generation
        if row.claim is None:
            raise ValueError("only a claimed generation can be drawn")
        rest_seconds = SECONDS_BETWEEN_WRITES[self._queue] / READS_A_WRITE
        flight = Flight(taken, self._outlet.pen(row.pk, attempt=row.attempts), rest_seconds)
        self._flights[row.claim] = flight
        handler = asyncio.create_task(self._handle(row.claim, flight))
        self._handlers.add(handler)
        handler.add_done_callback(self._handlers.discard)

    async def _handle(self, claim: uuid.UUID, flight: Flight) -> None:
        try:
            outcome = await flight.draw()
        finally:
            del self._flights[claim]
        if outcome is not None:
            end = End(
                outcome, flight.pen, flight.taken.endpoint, flight.error, not flight.was_asked
            )
            self._ends.add(end)

    async def _land(self) -> None:
        if self._stopped.is_set():
            for flight in list(self._flights.values()):
                flight.cut(Cut.PUT_BACK)
        while self._handlers:
            await asyncio.wait(set(self._handlers))
        await self._ends.settled(is_urgent=self._stopped.is_set())

    def _after_ends(self, ends: Sequence[End]) -> None:
        loop = asyncio.get_running_loop()
        for end in ends:
            if not end.outcome.is_end:
                # A little late, so that the row is due by any clock.
                loop.call_later(end.outcome.delay_seconds + 0.05, self.wake)
        if self._has_more:
            self.wake()

    async def _is_over_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._is_over.wait()
        return self._is_over.is_set()

    async def _keep_leases(self) -> None:
        while not await self._is_over_within(leases.SECONDS_BETWEEN_RENEWALS):
            if self._flights:
                try:
                    await self._renew()
                except DatabaseError:
                    logger.warning("leases could not be renewed", exc_info=True)

    async def _renew(self) -> None:
        async with self._writing:
            now = time.monotonic()
            flights = dict(self._flights)
            alive = [
                (flight.generation.pk, claim)
                for claim, flight in flights.items()
                if now - flight.since < LONGEST_SECONDS
            ]
            renewed = await self._database.ask(leases.renew, alive)
        for claim, flight in flights.items():
            if claim not in renewed.held:
                flight.cut(Cut.LOST)
            elif claim in renewed.unwanted:
                flight.cut(Cut.STOP)

    async def _look(self) -> None:
        """See which draws in progress somebody wants no more of, and which endpoints speak."""
        n_looks = 0
        while not await self._is_over_within(SECONDS_BETWEEN_LOOKS):
            if not self._flights:
                continue
            by_id = {flight.generation.pk: flight for flight in self._flights.values()}
            for pk in await stopping.asked_among(self._client, list(by_id)):
                by_id[pk].cut(Cut.STOP)
            n_looks += 1
            if n_looks % LOOKS_BETWEEN_LOOKS_AT_ENDPOINTS == 0:
                await self._look_at_endpoints()

    async def _look_at_endpoints(self) -> None:
        flights = list(self._flights.values())
        speaking = {f.taken.endpoint.pk for f in flights if f.has_spoken_lately()}
        batch = [f for f in flights if f.generation.queue == Generation.Queue.BATCH]
        try:
            if speaking:
                await self._database.ask(leases.note_tokens, list(speaking))
            if batch:
                ids = list({flight.taken.endpoint.pk for flight in batch})
                paused = await self._database.ask(leases.paused_among, ids)
                for flight in batch:
                    if flight.taken.endpoint.pk in paused:
                        flight.cut(Cut.PUT_BACK)
        except DatabaseError:
            logger.warning("the endpoints could not be looked at", exc_info=True)
