"""Signs of life of the worker processes, for readiness checks."""

import logging
import threading
import time
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from workers.models import Generation

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_BEATS = 3.0
KEPT_SECONDS = 15


def start(sender: Any, **kwargs: Any) -> None:
    """Begin to beat for the queues this worker listens to. Receives Celery's `worker_ready`."""
    threading.Thread(target=_run, args=(queues_of(sender),), name="heartbeat", daemon=True).start()


def queues_of(consumer: Any) -> list[str]:
    """The queues of draws that a worker listens to."""
    names = [queue.name for queue in consumer.task_consumer.queues]
    return [name for name in names if name in Generation.Queue.values]


def beat(queues: list[str]) -> None:
    now = time.time()
    cache.set_many({f"workers:seen:{name}": now for name in queues}, timeout=KEPT_SECONDS)


def _run(queues: list[str]) -> None:
    while True:
        try:
            beat(queues)
        except RedisError as error:
            logger.warning("the worker's sign of life cannot be written: %s", error)
        time.sleep(SECONDS_BETWEEN_BEATS)
