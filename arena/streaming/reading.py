"""One reader of replies a process, for all of its event streams.

A connection and a waiting command for each of five hundred streams would cost more than the
streams. Here two tasks of the process ask Redis for all texts together: often for those that have
not begun, since somebody waits for their first character, and once a tick for the others. A third
looks into the database for texts of which Redis has said nothing for a while.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections
from redis.exceptions import RedisError

from arena.battling.battles import even
from arena.models import Turn
from arena.telling.frames import TICK_SECONDS, Side
from workers.drawing import STOPPED
from workers.models import Generation
from workers.streams import Text, look_up, read, reader

logger = logging.getLogger(__name__)

REST_SECONDS = 0.005
BLOCK_MS = 20
BETWEEN_LOOKS_SECONDS = 0.5
LINGER_SECONDS = 2.0
RETRY_SECONDS = 1.0
UNREADABLE = (RedisError, OSError)


class Replies:
    """The texts of one turn as they come in, A's first; of one model or of two."""

    def __init__(self, pks: Sequence[int], texts: Sequence[Text]) -> None:
        self.pks, self.texts = pks, texts
        self.is_lost = False
        self.shown: tuple[int, int] | None = None
        """Where the visitor stopped a turn of unnamed models: characters of A and of B."""
        self._news = asyncio.Event()

    @property
    def sides(self) -> list[Side]:
        """Of a stopped turn, even while one is still being stopped, no more than will stand."""
        if self.shown is not None:
            return [
                Side(text.text[:end], is_finished=len(text.text) >= end)
                for text, end in zip(self.texts, self.shown, strict=True)
            ]
        told = even([(text.text, text.finish_reason == STOPPED) for text in self.texts])
        return [
            Side(shown, is_finished=text.is_whole)
            for shown, text in zip(told, self.texts, strict=True)
        ]

    @property
    def attempts(self) -> int:
        return sum(text.attempt for text in self.texts)

    @property
    def are_finished(self) -> bool:
        return all(side.is_finished for side in self.sides)

    @property
    def has_failed(self) -> bool:
        return any(text.state == Generation.State.FAILED for text in self.texts)

    def tell(self) -> None:
        self._news.set()

    async def wait(self, seconds: float) -> None:
        """Until there is something new, at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        self._news.clear()


class SharedReader:
    """All texts that the streams of one event loop follow."""

    def __init__(self) -> None:
        self._texts: dict[int, Text] = {}
        self._followers: dict[int, set[Replies]] = {}
        self._client = reader()
        self._task: asyncio.Task[None] | None = None
        self._arriving = 0
        self._needed_at = 0.0

    @asynccontextmanager
    async def following(self, pks: Sequence[int]) -> AsyncIterator[Replies]:
        """The texts of these generations, beginning with all there is by now."""
        texts = {pk: self._texts.get(pk) or Text() for pk in pks}
        self._start()
        self._arriving += 1
        try:
            await self._catch_up({pk: text for pk, text in texts.items() if pk not in self._texts})
        finally:
            self._arriving -= 1
        # Another stream of the same turn may have come first meanwhile.
        replies = Replies(pks, [self._texts.setdefault(pk, texts[pk]) for pk in pks])
        for pk in pks:
            self._followers.setdefault(pk, set()).add(replies)
        self._start()
        try:
            yield replies
        finally:
            self._leave(replies)

    def _leave(self, replies: Replies) -> None:
        for pk in replies.pks:
            self._followers[pk].discard(replies)
            if not self._followers[pk]:
                del self._followers[pk], self._texts[pk]
        self._needed_at = time.monotonic()

    async def _catch_up(self, texts: dict[int, Text]) -> None:
        try:
            while await read(self._client, texts, block_ms=0):
                pass
        except UNREADABLE as error:
            logger.warning("the streams of generations cannot be read: %s", error)
        await look_up(texts)

    def _start(self) -> None:
        self._needed_at = time.monotonic()
        if self._task is None:
            # Not in the context of the request that happens to come first: it ends before.
            self._task = asyncio.create_task(self._run(), context=Context())

    async def _run(self) -> None:
        client = self._client
        try:
            async with asyncio.TaskGroup() as tasks:
                works = (self._read_beginnings(), self._read_on())
                reading = [tasks.create_task(work) for work in works]
                while self._is_needed:
                    await self._look_up_silent()
                # All end at this moment, and whoever comes from now on has them begin anew.
                self._retire()
                for each in reading:
                    each.cancel()
        finally:
            if self._task is asyncio.current_task():
                self._retire()
                self._give_up()
            await client.aclose()

    def _retire(self) -> None:
        self._task, self._client = None, reader()

    def _give_up(self) -> None:
        for replies in {each for following in self._followers.values() for each in following}:
            replies.is_lost = True
            replies.tell()

    @property
    def _is_needed(self) -> bool:
        is_followed = bool(self._texts) or self._arriving > 0
        return is_followed or time.monotonic() - self._needed_at < LINGER_SECONDS

    async def _read_beginnings(self) -> None:
        while True:
            await self._read(self._unfinished(begun=False), block_ms=BLOCK_MS)
            await asyncio.sleep(REST_SECONDS)

    async def _read_on(self) -> None:
        while True:
            await self._read(self._unfinished(begun=True), block_ms=0)
            await asyncio.sleep(TICK_SECONDS)

    async def _read(self, texts: dict[int, Text], *, block_ms: int) -> None:
        if not texts:
            await asyncio.sleep(block_ms / 1000)
            return
        try:
            self._tell(await read(self._client, texts, block_ms=block_ms))
        except UNREADABLE as error:
            logger.warning("the streams of generations cannot be read: %s", error)
            await asyncio.sleep(RETRY_SECONDS)

    async def _look_up_silent(self) -> None:
        await asyncio.sleep(BETWEEN_LOOKS_SECONDS)
        try:
            self._tell(await look_up(dict(self._texts)))
            await self._look_up_stopped()
        except DatabaseError:
            logger.warning("the rows of generations cannot be read", exc_info=True)
            await asyncio.sleep(RETRY_SECONDS)

    async def _look_up_stopped(self) -> None:
        """Somebody may stop a turn in one window and follow it in another."""
        told: dict[int, set[Replies]] = {}
        for pk, following in self._followers.items():
            mine = {each for each in following if each.pks[0] == pk and each.shown is None}
            if mine and self._texts[pk].text:
                told[pk] = mine
        if not told:
            return
        for turn in await sync_to_async(_stopped)(list(told)):
            for replies in told[turn.generation_a_id or 0]:
                replies.shown = turn.shown
                replies.tell()

    def _unfinished(self, *, begun: bool) -> dict[int, Text]:
        return {
            pk: text
            for pk, text in self._texts.items()
            if bool(text.text) is begun and not text.is_finished
        }

    def _tell(self, pks: set[int]) -> None:
        for pk in pks:
            for replies in self._followers.get(pk, ()):
                replies.tell()


def _stopped(firsts: Sequence[int]) -> list[Turn]:
    """Of the turns with these first generations those that were stopped."""
    try:
        turns = Turn.objects.filter(generation_a__in=firsts, shown_a__isnull=False)
        return list(turns.only("generation_a", "shown_a", "shown_b"))
    finally:
        close_old_connections()


_readers: "WeakKeyDictionary[asyncio.AbstractEventLoop, SharedReader]" = WeakKeyDictionary()


def shared_reader() -> SharedReader:
    """The reader of the running event loop."""
    return _readers.setdefault(asyncio.get_running_loop(), SharedReader())
