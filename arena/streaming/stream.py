"""The event stream of a turn: both replies in joint frames, and nothing that tells them apart.

Events: `frame` (id is the position after it), `restart` (forget what was shown), `end` (state
complete or void), `trouble` (the stream cannot go on). A browser that reconnects says where it
was by `Last-Event-ID`, another client by `?last_event_id=`.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import redis.asyncio
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_GET

from arena.access import own_battle
from arena.battling import battles
from arena.models import Turn
from arena.streaming.frames import TICK_SECONDS, Position, Side, has_ended, next_frame
from arena.visitors import known_visitor
from projects.errors import NotFound
from workers.models import Generation
from workers.streams import Text, follow, reader

HEARTBEAT_SECONDS = 10.0
LONGEST_SECONDS = 900.0
BLOCK_MS = 1000
SETTLING_TICKS = 100

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Streamed:
    """The turn a browser may follow: its generations, A's first."""

    generation_a: int
    generation_b: int


class Replies:
    """Both texts as they come in."""

    def __init__(self, turn: Streamed) -> None:
        self.texts = {turn.generation_a: Text(), turn.generation_b: Text()}
        self._order = (turn.generation_a, turn.generation_b)

    @property
    def sides(self) -> tuple[Side, Side]:
        a, b = (self.texts[pk] for pk in self._order)
        return _side(a), _side(b)

    @property
    def attempts(self) -> int:
        return sum(text.attempt for text in self.texts.values())

    @property
    def are_finished(self) -> bool:
        return all(text.is_finished for text in self.texts.values())

    @property
    def has_failed(self) -> bool:
        return any(text.state == Generation.State.FAILED for text in self.texts.values())


@require_GET
async def battle_stream(
    request: HttpRequest, public_id: UUID, number: int
) -> StreamingHttpResponse:
    turn = await sync_to_async(_admit)(request, public_id, number)
    said = request.headers.get("Last-Event-ID") or request.GET.get("last_event_id", "")
    return StreamingHttpResponse(
        events(turn, Position.parse(said)),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def events(turn: Streamed, at: Position | None) -> AsyncIterator[str]:
    """The stream's events, ready to send, from a position on."""
    yield "retry: 2000\n\n"
    try:
        async with _reading(turn) as (replies, reading):
            async for event in _tell(replies, reading, at):
                yield event
            if replies.are_finished or replies.has_failed:
                yield await _end(turn)
            else:
                yield _event("trouble", {})
    except (OSError, redis.RedisError):
        logger.exception("a battle's stream ended early")
        yield _event("trouble", {})


async def _end(turn: Streamed) -> str:
    """The last event, once the turn is settled; the worker that finished last may be at it."""
    for _ in range(SETTLING_TICKS):
        state = await sync_to_async(_settle)(turn)
        if state != Turn.State.STREAMING:
            return _event("end", {"state": state})
        await asyncio.sleep(TICK_SECONDS)
    return _event("trouble", {})


async def _tell(
    replies: Replies, reading: "asyncio.Task[None]", at: Position | None
) -> AsyncIterator[str]:
    """Frames at an even pace until both are told, one has failed, or the time is up."""
    clock = asyncio.get_running_loop().time
    began = said = tick = clock()
    at = at or Position(replies.attempts)
    while clock() - began < LONGEST_SECONDS:
        a, b = replies.sides
        if not at.fits(replies.attempts, a, b):
            was_shown = bool(at.shown_a or at.shown_b)
            at = Position(replies.attempts)
            if was_shown:
                yield _event("restart", {}, at)
        frame = next_frame(a, b, at)
        if replies.has_failed or (frame is None and has_ended(a, b, at)):
            return
        if frame is not None:
            at, said = frame.position, clock()
            yield _message("frame", frame.json(), at)
        elif clock() - said >= HEARTBEAT_SECONDS:
            said = clock()
            yield ": still here\n\n"
        if reading.done() and not replies.are_finished:
            reading.result()
            return
        tick = max(tick + TICK_SECONDS, clock())
        await asyncio.sleep(tick - clock())


@asynccontextmanager
async def _reading(turn: Streamed) -> "AsyncIterator[tuple[Replies, asyncio.Task[None]]]":
    """Both replies, kept up to date in the background, beginning with all there is by now."""
    replies = Replies(turn)
    async with reader() as client:
        while await follow(client, replies.texts, block_ms=0):
            pass
        reading = asyncio.create_task(_read_on(client, replies))
        try:
            yield replies, reading
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError, OSError, redis.RedisError):
                await reading


async def _read_on(client: "redis.asyncio.Redis", replies: Replies) -> None:
    while not replies.are_finished:
        await follow(client, replies.texts, block_ms=BLOCK_MS)


def _admit(request: HttpRequest, public_id: UUID, number: int) -> Streamed:
    """The turn to follow, if it is this visitor's."""
    try:
        found = own_battle(visitor=known_visitor(request), public_id=public_id)
        turn = found.turns.filter(number=number).first()
        if turn is None or turn.generation_a_id is None or turn.generation_b_id is None:
            raise NotFound("There is no such turn.")
        return Streamed(turn.generation_a_id, turn.generation_b_id)
    finally:
        _give_back_connection()


def _settle(turn: Streamed) -> str:
    """The worker settles the turn a moment after the last text; whoever comes first does it."""
    try:
        battles.settle_turn(generation_id=turn.generation_a)
        settled = Turn.objects.get(generation_a=turn.generation_a)
        return settled.state
    finally:
        _give_back_connection()


def _give_back_connection() -> None:
    """A stream lives for minutes and must not keep a connection of the pool meanwhile."""
    if not connection.in_atomic_block:
        connection.close()


def _side(text: Text) -> Side:
    return Side(text.text, is_finished=text.is_finished)


def _event(name: str, data: dict[str, Any], at: Position | None = None) -> str:
    return _message(name, json.dumps(data), at)


def _message(name: str, data: str, at: Position | None) -> str:
    position = f"id: {at}\n" if at is not None else ""
    return f"{position}event: {name}\ndata: {data}\n\n"
