"""The worker's end of the streams of many draws: one flusher, one command a tick.

Redis being away delays the readers, never the draws.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain

import orjson
import redis.asyncio
from redis.exceptions import RedisError

from workers.streams import KEPT_SECONDS, SECONDS_BETWEEN_WRITES, key

logger = logging.getLogger(__name__)

LEAST_SECONDS_BETWEEN = 0.005
QUIET_SECONDS = 1.0
# The client puts a command together in Python, argument by argument: hundreds of texts would keep
# the event loop from all else for ten milliseconds. As JSON they are one argument.
ADD = """
for _, entry in ipairs(cjson.decode(ARGV[1])) do
    redis.call('XADD', entry[1], '*', unpack(entry, 3))
    if entry[2] > 0 then redis.call('EXPIRE', entry[1], entry[2]) end
end
"""
"""Of each entry: its stream, seconds that this is kept from now on (0: as before), and its fields
with their values."""


@dataclass(eq=False)
class Pen:
    """Writes one attempt's stream; nothing here waits."""

    outlet: "Outlet"
    generation_id: int
    attempt: int
    pending: list[str] = field(default_factory=list)
    n_written: int = 0
    has_begun: bool = False
    has_ended: bool = False
    last: list[dict[str, str]] = field(default_factory=list)
    """What is to be said after all text."""

    def start(self) -> None:
        """Begin this attempt: whatever a reader has of earlier ones is void."""
        self.outlet.wants(self, at_once=False)

    def append(self, text: str) -> None:
        """The first text is written at once, what follows with the next tick."""
        self.pending.append(text)
        self.outlet.wants(self, at_once=not self.n_written and len(self.pending) == 1)

    def whole(self, *, reason: str = "") -> None:
        """The text is whole, and the database row says so already; nobody was told yet."""
        self.last.append({"whole": "1", "reason": reason})
        self.outlet.wants(self, at_once=True)

    def end(self, state: str, *, reason: str = "") -> None:
        """The generation is done or failed, and whoever was to be told of it knows."""
        self.has_ended = True
        self.last.append({"end": state, "reason": reason})
        self.outlet.wants(self, at_once=True)

    def entries(self) -> tuple[list[dict[str, str]], tuple[int, int]]:
        """What is to be written, and how much of `pending` and of `last` it is."""
        attempt = {"attempt": str(self.attempt)}
        found = [] if self.has_begun else [{**attempt, "restart": "1"}]
        text = "".join(self.pending)
        if text:
            found.append({**attempt, "at": str(self.n_written), "text": text})
        length = {"length": str(self.n_written + len(text))}
        found += ({**attempt, **fields, **length} for fields in self.last)
        return found, (len(self.pending), len(self.last))

    def wrote(self, n_pieces: int, n_last: int) -> None:
        self.n_written += sum(len(piece) for piece in self.pending[:n_pieces])
        del self.pending[:n_pieces], self.last[:n_last]
        self.has_begun = True


class Outlet:
    """Belongs to one event loop; `run` writes until `close`, and what is left then.

    It is told to end and not cancelled: cancelled in the middle of a command the client of Redis
    may go on as if nothing had been.
    """

    def __init__(
        self,
        client: "redis.asyncio.Redis",
        *,
        seconds_between: float = SECONDS_BETWEEN_WRITES,
    ) -> None:
        self._client = client
        self._add = client.register_script(ADD)
        self._seconds_between = seconds_between
        self._waiting: dict[Pen, None] = {}
        self._at_once: dict[Pen, None] = {}
        self._wanted = asyncio.Event()
        self._urgent = asyncio.Event()
        self._tick_at = 0.0
        self._is_closed = False

    def close(self) -> None:
        self._is_closed = True
        self._wanted.set()
        self._urgent.set()

    def pen(self, generation_id: int, *, attempt: int) -> Pen:
        return Pen(self, generation_id, attempt)

    def wants(self, pen: Pen, *, at_once: bool) -> None:
        if at_once:
            self._at_once[pen] = None
            self._urgent.set()
        else:
            self._waiting[pen] = None
        self._wanted.set()

    async def run(self) -> None:
        clock = asyncio.get_running_loop().time
        while not self._is_closed:
            await self._wanted.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, self._tick_at - clock())):
                    await self._urgent.wait()
            is_tick = clock() >= self._tick_at
            if is_tick:
                self._tick_at = clock() + self._seconds_between
            await asyncio.sleep(0 if await self.flush(all_=is_tick) else QUIET_SECONDS)
            # Whatever else comes within a moment goes together.
            await asyncio.sleep(LEAST_SECONDS_BETWEEN)
        await self.flush()

    async def flush(self, *, all_: bool = True) -> bool:
        """Write what is wanted at once, or all; False when Redis cannot be reached."""
        pens = {**self._waiting, **self._at_once} if all_ else dict(self._at_once)
        self._at_once.clear()
        self._urgent.clear()
        for pen in pens:
            self._waiting.pop(pen, None)
        is_written = await self._write(list(pens))
        if not is_written:
            self._waiting |= {pen: None for pen in pens if not pen.has_ended}
        if not self._waiting and not self._at_once:
            self._wanted.clear()
        return is_written

    async def _write(self, pens: Sequence[Pen]) -> bool:
        told, taken = _told(pens)
        if not told:
            return True
        try:
            await self._add(args=[orjson.dumps(told)], client=self._client)
        except (RedisError, OSError) as error:
            logger.warning("the streams of generations cannot be written: %s", error)
            return False
        for pen, counts in zip(pens, taken, strict=True):
            pen.wrote(*counts)
        return True


def _told(pens: Sequence[Pen]) -> tuple[list[list[str | int]], list[tuple[int, int]]]:
    """What `ADD` is to add, and how much each pen gave."""
    told: list[list[str | int]] = []
    taken = []
    for pen in pens:
        entries, counts = pen.entries()
        taken.append(counts)
        # A draw ends long before its stream goes; after a loss of everything its end says so again.
        kept = 0 if pen.has_begun and not pen.has_ended else KEPT_SECONDS
        name = key(pen.generation_id)
        told += ([name, kept, *chain.from_iterable(fields.items())] for fields in entries)
    return told, taken
