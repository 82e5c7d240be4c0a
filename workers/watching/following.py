"""What models are writing, as a stream of events for one page.

Events: `text` ({"generation", "text"}, what has come since the last; with "restart" true it begins
anew) and `end` once nothing is being written. Whoever connects again hears everything from the
start, and asks for the finished texts at the end, which are the truth.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from django.db import DatabaseError, connection
from redis.exceptions import RedisError

from workers.streams import Text, look_up, read, reader

logger = logging.getLogger(__name__)

BLOCK_MS = 500
LOOK_SECONDS = 1.0
HEARTBEAT_SECONDS = 10.0
GRACE_SECONDS = 15.0
"""How long after its time limit a draw may take to end."""

Overdue = Callable[[], Awaitable[None]]


async def followed(
    generations: Iterable[int], *, most_seconds: float, when_overdue: Overdue | None = None
) -> AsyncIterator[str]:
    """The stream's events, ready to send. `when_overdue` is to end what takes longer."""
    yield "retry: 2000\n\n"
    try:
        async for event in _texts(generations, most_seconds, when_overdue):
            yield event
    except (DatabaseError, RedisError, OSError):
        # The page asks for the texts themselves then.
        logger.warning("a stream of what models write ended early", exc_info=True)
    yield _event("end", {})


def give_back_connection() -> None:
    """A stream lives for minutes and must not keep a connection of the pool meanwhile."""
    if not connection.in_atomic_block:
        connection.close()


async def _texts(
    generations: Iterable[int], most_seconds: float, when_overdue: Overdue | None
) -> AsyncIterator[str]:
    texts = {pk: Text() for pk in generations}
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
            if clock() - began > most_seconds + GRACE_SECONDS:
                return
            if when_overdue is not None and clock() - began > most_seconds:
                await when_overdue()
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


def _event(name: str, data: dict[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
