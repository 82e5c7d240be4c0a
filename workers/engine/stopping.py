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

KEPT_SECONDS = 900
QUIET_SECONDS = 5.0


@dataclass
class _Quiet:
    until: float = 0.0


_quiet = _Quiet()


def tell(generation_ids: Sequence[int]) -> None:
    """Tell every worker that these are not wanted any more."""
    try:
        with writing_client().pipeline(transaction=False) as pipeline:
            for pk in generation_ids:
                pipeline.set(_key(pk), "1", ex=KEPT_SECONDS)
            pipeline.execute()
    except RedisError as error:
        logger.warning("workers could not be told to stop: %s", error)


async def asked_among(client: "redis.asyncio.Redis", generation_ids: Sequence[int]) -> list[int]:
    """Which of these are not wanted any more, as far as Redis knows: one look for all."""
    if not generation_ids or time.monotonic() < _quiet.until:
        return []
    try:
        said = await client.mget([_key(pk) for pk in generation_ids])
    except (RedisError, OSError) as error:
        _quiet.until = time.monotonic() + QUIET_SECONDS
        logger.warning("it cannot be seen which draws should stop: %s", error)
        return []
    return [pk for pk, word in zip(generation_ids, said, strict=True) if word is not None]


def _key(generation_id: int) -> str:
    return f"touchstone:stop:{generation_id}"
