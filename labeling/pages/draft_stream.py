"""The event stream of what models write for a labeler at work.

Events: `text` ({"generation", "text"}, what has come since the last; with "restart" true it begins
anew) and `end` once nothing is being written. Whoever connects again hears everything from the
start, and asks for the finished texts at the end, which are the truth.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_GET
from redis.exceptions import RedisError

from labeling.assigning.queue import assignment_for
from labeling.drafting.draws import UNFINISHED, drawn_for, end_overdue
from labeling.drafting.rules import drafting_rules_of
from labeling.models import Assignment
from projects.access import person
from workers.streams import Text, look_up, read, reader

logger = logging.getLogger(__name__)

BLOCK_MS = 500
LOOK_SECONDS = 1.0
HEARTBEAT_SECONDS = 10.0
GRACE_SECONDS = 15.0
"""How long after its time limit a draw may take to end."""


@dataclass(frozen=True)
class Followed:
    """What a labeler waits for."""

    assignment: Assignment
    generations: tuple[int, ...]
    most_seconds: int


@login_required
@require_GET
async def draft_stream(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    followed = await sync_to_async(_admit)(request, pk)
    return StreamingHttpResponse(
        events(followed),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def events(followed: Followed) -> AsyncIterator[str]:
    """The stream's events, ready to send."""
    yield "retry: 2000\n\n"
    try:
        async for event in _texts(followed):
            yield event
    except (DatabaseError, RedisError, OSError):
        # The page asks for the drafts themselves from time to time then.
        logger.warning("a stream of drafts ended early", exc_info=True)
    yield _event("end", {})


async def _texts(followed: Followed) -> AsyncIterator[str]:
    texts = {pk: Text() for pk in followed.generations}
    told = dict.fromkeys(texts, (0, 0))
    client, clock = reader(), asyncio.get_running_loop().time
    began = said = looked = clock()
    try:
        while not all(text.is_finished for text in texts.values()):
            changed = await read(client, texts, block_ms=BLOCK_MS)
            if clock() - looked >= LOOK_SECONDS:
                looked = clock()
                changed |= await look_up(texts)
            for pk in changed:
                event, told[pk] = _news(pk, texts[pk], told[pk])
                if event:
                    said = clock()
                    yield event
            if clock() - said >= HEARTBEAT_SECONDS:
                said = clock()
                yield ": still here\n\n"
            if clock() - began > followed.most_seconds + GRACE_SECONDS:
                return
            if clock() - began > followed.most_seconds:
                await sync_to_async(_end_overdue)(followed.assignment)
    finally:
        await client.aclose()


def _news(pk: int, text: Text, told: tuple[int, int]) -> tuple[str, tuple[int, int]]:
    """What is new of a text since `told`, its attempt and length then."""
    attempt, length = told
    is_anew = text.attempt != attempt or len(text.text) < length
    new = text.text if is_anew else text.text[length:]
    now = (text.attempt, len(text.text))
    if not new and not (is_anew and length):
        return "", now
    return _event("text", {"generation": pk, "text": new, "restart": is_anew}), now


def _admit(request: HttpRequest, pk: int) -> Followed:
    try:
        found = assignment_for(person(request), pk)
        rows = drawn_for(found).filter(state__in=UNFINISHED) if found.n_draws else None
        pks = tuple(rows.order_by("pk").values_list("pk", flat=True)) if rows is not None else ()
        return Followed(found, pks, drafting_rules_of(found.task.project).most_seconds)
    finally:
        _give_back_connection()


def _end_overdue(assignment: Assignment) -> None:
    try:
        end_overdue(assignment, drafting_rules_of(assignment.task.project))
    finally:
        _give_back_connection()


def _give_back_connection() -> None:
    """A stream lives for minutes and must not keep a connection of the pool meanwhile."""
    if not connection.in_atomic_block:
        connection.close()


def _event(name: str, data: dict[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
