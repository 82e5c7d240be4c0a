"""Messages that tell a Celery worker to look at a generation. Losing one costs time, not work."""

import logging
from collections.abc import Iterable

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config.celery import app
from workers.models import Generation

logger = logging.getLogger(__name__)

TASKS = {
    Generation.Queue.INTERACTIVE: "workers.tasks.draw_interactive",
    Generation.Queue.BATCH: "workers.tasks.draw_batch",
}
UNREACHABLE = (OperationalError, RedisError, OSError)
# A restarted broker leaves dead connections in the pool; one more try gets a fresh one.
RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.1}


def nudge(
    generation_ids: Iterable[int], *, queue: Generation.Queue, delay_seconds: float = 0
) -> bool:
    """Tell the workers of `queue` about these rows; False when the broker cannot be reached."""
    try:
        with app.connection_or_acquire() as connection:
            for generation_id in generation_ids:
                app.send_task(
                    TASKS[queue],
                    args=[generation_id],
                    queue=queue.value,
                    countdown=delay_seconds or None,
                    ignore_result=True,
                    connection=connection,
                    retry=True,
                    retry_policy=RETRY_POLICY,
                )
    except UNREACHABLE as error:
        logger.warning("the broker cannot be reached, the reconciler nudges later: %s", error)
        return False
    return True


def waiting(queue: Generation.Queue) -> int | None:
    """How many messages lie in this queue; None when the broker cannot be reached."""
    try:
        with app.connection_or_acquire() as connection, connection.channel() as channel:
            declared = channel.queue_declare(queue=queue.value)
            return int(declared.message_count)
    except UNREACHABLE as error:
        logger.warning("the broker cannot be reached: %s", error)
        return None
