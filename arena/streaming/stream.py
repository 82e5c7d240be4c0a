"""The event stream of a turn: both replies in joint frames, and nothing that tells them apart.

Events: `frame` (id is the position after it), `restart` (forget what was shown), `end` (state
complete or void), `trouble` (the stream cannot go on). A browser that reconnects says where it
was by `Last-Event-ID`, another client by `?last_event_id=`. Ids are sealed: who could make one up
might ask how much of either side there is.
"""

import asyncio
import json
import logging
import math
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from asgiref.sync import SyncToAsync, sync_to_async
from django.db import DatabaseError, connection
from django.http import HttpRequest
from django.utils import timezone
from django.views.decorators.http import require_GET

from arena.access import own_battle
from arena.battling import battles, told
from arena.models import Turn
from arena.streaming.reading import Replies, shared_reader
from arena.streaming.seals import opened, sealed
from arena.telling import frames
from arena.telling.frames import (
    NO_SIDE,
    Frame,
    Position,
    Rhythm,
    Side,
    frame_between,
    has_ended,
    next_frame,
)
from arena.telling.retold import Retold
from arena.visitors import known_visitor
from projects.errors import NotFound
from projects.sending import EventStream

HEARTBEAT_SECONDS = 10.0
LONGEST_SECONDS = 900.0
SETTLING_TICKS = 100

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Streamed:
    """The turn a browser may follow: its generations, A's first. With one model there is no B."""

    generation_a: int
    generation_b: int | None
    is_blind: bool = True
    shown: tuple[int, int] | None = None
    """Where the visitor stopped it."""

    @property
    def generations(self) -> tuple[int, ...]:
        one = (self.generation_a,)
        return one if self.generation_b is None else (*one, self.generation_b)


@require_GET
async def battle_stream(request: HttpRequest, public_id: UUID, number: int) -> EventStream:
    turn = await sync_to_async(_admit)(request, public_id, number)
    said = request.headers.get("Last-Event-ID") or request.GET.get("last_event_id", "")
    return EventStream(events(turn, opened(said, of=turn.generations)))


async def events(turn: Streamed, at: Position | None) -> AsyncIterator[str]:
    """The stream's events, ready to send, from a position on."""
    yield "retry: 2000\n\n"
    try:
        async with shared_reader().following(turn.generations) as replies:
            replies.shown = turn.shown
            so_far = await _so_far(turn, replies)
            await _give_back_thread()
            async for event in tell(replies, at, so_far):
                yield event
            if replies.are_finished or replies.has_failed:
                yield await _end(turn)
            else:
                yield _event("trouble", {})
    except DatabaseError:
        logger.exception("a battle's stream ended early")
        yield _event("trouble", {})


async def _end(turn: Streamed) -> str:
    """The last event, once the turn is settled; the worker that finished last may be at it."""
    for _ in range(SETTLING_TICKS):
        state, seconds = await sync_to_async(_settle)(turn)
        if state != Turn.State.STREAMING:
            return _event("end", {"state": state})
        await asyncio.sleep(max(seconds, frames.TICK_SECONDS))
    return _event("trouble", {})


async def tell(replies: Replies, at: Position | None, so_far: Retold) -> AsyncIterator[str]:
    """Frames until both are told, one has failed, or the time is up.

    The first comes as soon as both sides have text, and the others whole ticks after it. Whoever
    comes late gets at once what was told before, and goes on with the others.
    """
    clock = asyncio.get_running_loop().time
    began = said = clock()
    at, rhythm = at or Position(replies.attempts), so_far.rhythm
    due = began if so_far.due is None else so_far.due
    while clock() - began < LONGEST_SECONDS and not replies.is_lost:
        a, b = _both(replies)
        attempts, extents = replies.attempts, (a.extent, b.extent)
        if not at.fits(attempts, *extents):
            was_shown = bool(at.shown_a or at.shown_b)
            at = Position(attempts)
            if so_far.shown.attempts != attempts:
                rhythm = rhythm.anew()
            if was_shown:
                yield _event("restart", {}, sealed(at, of=replies.pks))
        earlier = _caught_up(a, b, at, _stopped_at(replies, at) or so_far.shown)
        frame = earlier or next_frame(a, b, at, rhythm)
        if replies.has_failed:
            return
        if frame is None and has_ended(*extents, at):
            await asyncio.sleep(said + rhythm.ending_ticks * frames.TICK_SECONDS - clock())
            return
        ticks = 1
        if frame is not None:
            at, said = frame.position, clock()
            yield _message("frame", frame.json(), sealed(at, of=replies.pks))
            if earlier is not None:
                continue
        elif not rhythm.is_resting:
            await replies.wait(said + HEARTBEAT_SECONDS - clock())
            if clock() - said >= HEARTBEAT_SECONDS:
                said = clock()
                yield ": still here\n\n"
            if not rhythm.has_begun:
                due = clock()
                continue
            ticks = max(1, math.ceil((clock() - due) / frames.TICK_SECONDS))
            rhythm.wait(ticks)
        due = max(due + ticks * frames.TICK_SECONDS, clock())
        await asyncio.sleep(due - clock())


async def _so_far(turn: Streamed, replies: Replies) -> Retold:
    """What was told before, whether or not anybody listened; its moments on the loop's clock."""
    if not turn.is_blind:
        return Retold(rhythm=Rhythm(is_blind=False))
    if not all(text.text for text in replies.texts):
        return Retold()
    now, clock = time.time(), asyncio.get_running_loop().time()
    found = await sync_to_async(told.told_by)(generation_ids=turn.generations, moment=now)
    return found if found.due is None else replace(found, due=found.due - now + clock)


def _caught_up(a: Side, b: Side, at: Position, to: Position) -> Frame | None:
    """What was told before to others, or to this one."""
    if not at.is_before(to) or not to.fits(at.attempts, a.extent, b.extent):
        return None
    return frame_between(a, b, at, to)


def _stopped_at(replies: Replies, at: Position) -> Position | None:
    """Of a stopped turn, all there is."""
    return None if replies.shown is None else Position(at.attempts, *replies.shown)


def _both(replies: Replies) -> tuple[Side, Side]:
    a, *others = replies.sides
    return a, others[0] if others else NO_SIDE


def _admit(request: HttpRequest, public_id: UUID, number: int) -> Streamed:
    """The turn to follow, if it is this visitor's."""
    try:
        found = own_battle(visitor=known_visitor(request), public_id=public_id)
        turn = found.turns.filter(number=number).first()
        if turn is None or turn.generation_a_id is None:
            raise NotFound("There is no such turn.")
        return Streamed(
            turn.generation_a_id,
            turn.generation_b_id,
            is_blind=turn.battle.is_anonymous,
            shown=turn.shown,
        )
    finally:
        _give_back_connection()


def _settle(turn: Streamed) -> tuple[str, float]:
    """The turn's state, and in how many seconds it will be told. Whoever comes first when it is
    settles it."""
    try:
        battles.settle_turns(generation_ids=[turn.generation_a])
        settled = Turn.objects.get(generation_a=turn.generation_a)
        if settled.told_until is None:
            return settled.state, 0.0
        return settled.state, (settled.told_until - timezone.now()).total_seconds()
    finally:
        _give_back_connection()


def _give_back_connection() -> None:
    """A stream lives for minutes and must not keep a connection of the pool meanwhile."""
    if not connection.in_atomic_block:
        connection.close()


async def _give_back_thread() -> None:
    """Django keeps a thread for each request until its end, here for minutes. Where the end needs
    one, there will be another."""
    await sync_to_async(_give_back_connection)()
    context = SyncToAsync.thread_sensitive_context.get(None)
    held = SyncToAsync.context_to_thread_executor.pop(context, None) if context else None
    if held is not None:
        held.shutdown(wait=False)


def _event(name: str, data: dict[str, Any], at: str = "") -> str:
    return _message(name, json.dumps(data), at)


def _message(name: str, data: str, at: str) -> str:
    position = f"id: {at}\n" if at else ""
    return f"{position}event: {name}\ndata: {data}\n\n"
