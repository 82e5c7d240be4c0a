"""The quick word that a draw should stop. The row's `stop_asked_at` is the truth; this only saves
workers from asking the database several times a second."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

import redis.asyncio
from redis.exceptions import RedisError

from workers.streams import writing_client

logger = logging.getLogger(__name__)

STOPS = "touchstone:stops"
"""One set for all, with when each was said: whoever has a thousand in flight asks for few."""
KEPT_SECONDS = 60
QUIET_SECONDS = 5.0


@dataclass
class _Quiet:
    until: float = 0.0


_quiet = _Quiet()


def tell(generation_ids: Sequence[int]) -> None:
    """Tell every worker that these are not wanted any more."""
    if not generation_ids:
        return
    now = time.time()
    try:
        with writing_client().pipeline(transaction=False) as pipeline:
            pipeline.zadd(STOPS, {str(pk): now for pk in generation_ids})
            pipeline.zremrangebyscore(STOPS, "-inf", now - KEPT_SECONDS)
            pipeline.expire(STOPS, KEPT_SECONDS)
            pipeline.execute()
    except RedisError as error:
        logger.warning("workers could not be told to stop: %s", error)


async def asked_among(client: "redis.asyncio.Redis", generation_ids: Sequence[int]) -> list[int]:
    """Which of these are not wanted any more, as far as Redis knows: one look for all."""
    if not generation_ids or time.monotonic() < _quiet.until:
        return []
    try:
        said = set(await client.zrange(STOPS, 0, -1))
    except (RedisError, OSError) as error:
        _quiet.until = time.monotonic() + QUIET_SECONDS
        logger.warning("it cannot be seen which draws should stop: %s", error)
        return []
    return [pk for pk in generation_ids if str(pk) in said] if said else []
