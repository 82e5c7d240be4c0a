"""Text on its way from a worker to a browser, through a Redis stream for each generation.

A stream is a convenience: it lives an hour and may be lost at any moment. The truth is the
database row, to which a reader turns when the stream says nothing. Each entry says its
attempt and where its text begins, so a reader never shows text with a hole in it.

Entries: `attempt` with one of
- `restart`: a new attempt begins with nothing;
- `at`, `text`: characters that belong at position `at`;
- `whole`, `length`, `reason`: there are `length` characters in all, and the row says so;
- `end`, `length`, `reason`: the generation is done or failed, and the apps know of it.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
import redis
import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from redis.exceptions import RedisError

from workers.models import Generation

logger = logging.getLogger(__name__)

KEPT_SECONDS = 3600
SECONDS_BETWEEN_WRITES = 0.1
SECONDS_BETWEEN_LOOKS = 1.0
ENTRIES_AT_ONCE = 500
# The client takes an answer in the protocol apart in Python, piece by piece: 36 ms for 500 streams.
READ = """
local told = {}
for name, cursor in pairs(cjson.decode(ARGV[1])) do
    local answer = redis.call('XREAD', 'COUNT', ARGV[2], 'STREAMS', name, cursor)
    if answer then told[#told + 1] = {name, answer[1][2]} end
end
return cjson.encode(told)
"""
"""What is new in each stream after the entry named with it; both ways as one text of JSON."""
Entries = list[tuple[str, dict[str, str]]]
FINISHED = (Generation.State.DONE, Generation.State.FAILED)


def key(generation_id: int) -> str:
    return f"touchstone:generation:{generation_id}"


class Writer:
    """The worker's end. Redis being away delays the reader, never the draw."""

    def __init__(self, generation_id: int, *, attempt: int = 1) -> None:
        self._key = key(generation_id)
        self._attempt = attempt
        self._pending = ""
        self._written = 0
        self._next_write = 0.0

    def start(self) -> None:
        """Begin this attempt: whatever a reader has of earlier ones is void."""
        self._add({"restart": "1"})

    def append(self, text: str) -> None:
        """Text for the readers; written at once, or together with what follows within 0.1 s."""
        self._pending += text
        if time.monotonic() >= self._next_write:
            self._flush()

    def end(self, state: str, *, reason: str = "") -> None:
        """The generation is done or failed, and the database row says so already. `reason` is its
        finish reason."""
        self._flush()
        self._add({"end": state, "length": str(self._written), "reason": reason})

    def _flush(self) -> None:
        if not self._pending:
            return
        if self._add({"at": str(self._written), "text": self._pending}):
            self._written += len(self._pending)
            self._pending = ""
        self._next_write = time.monotonic() + SECONDS_BETWEEN_WRITES

    def _add(self, fields: dict[str, str]) -> bool:
        entry: dict[Any, Any] = {"attempt": str(self._attempt), **fields}
        try:
            with writing_client().pipeline(transaction=False) as pipeline:
                pipeline.xadd(self._key, entry)
                pipeline.expire(self._key, KEPT_SECONDS)
                pipeline.execute()
        except RedisError as error:
            logger.warning("the stream of a generation cannot be written: %s", error)
            return False
        return True


@dataclass
class Text:
    """What a reader has of one generation so far. Begin with `Text()`."""

    text: str = ""
    attempt: int = 0
    state: str = Generation.State.QUEUED.value
    finish_reason: str = ""
    is_whole: bool = False
    """Whether no text will follow. Said before the end, of what does not fail."""
    cursor: str = "0-0"
    """The last entry seen; a new reader begins at the first."""
    heard_at: float = 0.0
    """When it last grew or its row was last asked, on the monotonic clock."""

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED


async def read(
    client: "redis.asyncio.Redis", texts: Mapping[int, Text], *, block_ms: int
) -> set[int]:
    """Bring `texts` (by generation id) up to date in place; those that changed.

    One command over all unfinished streams, waiting at most `block_ms` for something new. `attempt`
    grows when a draw began anew (its `text` then starts from nothing). Returns at once when
    everything is finished. `client` must answer with texts (`decode_responses=True`). Raises
    RedisError and OSError.
    """
    unfinished = {key(pk): pk for pk, text in texts.items() if not text.is_finished}
    if not unfinished:
        return set()
    cursors = {name: texts[pk].cursor for name, pk in unfinished.items()}
    changed = set()
    for name, entries in await _news(client, cursors, block_ms=block_ms):
        text = texts[unfinished[name]]
        before = _state_of(text)
        for cursor, fields in entries:
            _apply(text, cursor, fields)
        if _state_of(text) != before:
            text.heard_at = time.monotonic()
            changed.add(unfinished[name])
    return changed


async def look_up(texts: Mapping[int, Text]) -> set[int]:
    """Ask the database about unfinished texts that nothing was heard of for a second; those that
    turn out to be finished. Raises DatabaseError."""
    now = time.monotonic()
    silent = {
        pk: text
        for pk, text in texts.items()
        if not text.is_finished and now - text.heard_at > SECONDS_BETWEEN_LOOKS
    }
    if not silent:
        return set()
    for text in silent.values():
        text.heard_at = now
    rows = await sync_to_async(_finished_rows)(list(silent))
    for row in rows:
        text = silent[row.pk]
        text.text, text.attempt, text.state = row.output, row.attempts, row.state
        text.finish_reason, text.is_whole = row.finish_reason, True
    return {row.pk for row in rows}


@cache
def writing_client() -> "redis.Redis":
    return redis.Redis.from_url(
        settings.REDIS_URL, decode_responses=True, socket_timeout=5, socket_connect_timeout=2
    )


def reader() -> "redis.asyncio.Redis":
    """A client for `read`; close it with `aclose()`."""
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL, decode_responses=True, socket_connect_timeout=2
    )


async def _news(
    client: "redis.asyncio.Redis", cursors: Mapping[str, str], *, block_ms: int
) -> list[tuple[str, Entries]]:
    if block_ms > 0:
        # A script may not wait; and where somebody waits there is little to tell.
        waited: Any = dict(cursors)
        return _streams(await client.xread(waited, count=ENTRIES_AT_ONCE, block=block_ms))
    script = client.register_script(READ)
    told = await script(args=[orjson.dumps(dict(cursors)), ENTRIES_AT_ONCE])
    return [
        (name, [(cursor, dict(zip(said[::2], said[1::2], strict=True))) for cursor, said in rows])
        for name, rows in orjson.loads(told)
    ]


def _streams(answer: Any) -> list[tuple[str, Entries]]:
    """Redis answers with pairs in its second protocol, with a mapping in its third."""
    if not isinstance(answer, Mapping):
        return [(name, rows) for name, rows in answer or ()]
    return [(name, [row for batch in rows for row in batch]) for name, rows in answer.items()]


def _apply(text: Text, cursor: str, fields: Mapping[str, str]) -> None:
    text.cursor = cursor
    attempt = int(fields["attempt"])
    if attempt < text.attempt:
        return  # a worker that lost its claim and does not know yet
    if attempt > text.attempt:
        text.attempt, text.text, text.state = attempt, "", Generation.State.RUNNING.value
        text.is_whole = False
    if "text" in fields and int(fields["at"]) == len(text.text):
        text.text += fields["text"]
    if "end" in fields and (
        fields["end"] == Generation.State.FAILED or int(fields["length"]) == len(text.text)
    ):
        text.state, text.finish_reason = fields["end"], fields.get("reason", "")
        text.is_whole = True
    if "whole" in fields and int(fields["length"]) == len(text.text):
        text.finish_reason, text.is_whole = fields["reason"], True


def _finished_rows(pks: list[int]) -> list[Generation]:
    try:
        rows = Generation.objects.filter(pk__in=pks, state__in=FINISHED)
        return list(rows.only("pk", "output", "attempts", "state", "finish_reason"))
    finally:
        # An event stream lives for minutes and must not keep a connection of the pool.
        close_old_connections()


def _state_of(text: Text) -> tuple[int, int, str, bool]:
    return text.attempt, len(text.text), text.state, text.is_whole
