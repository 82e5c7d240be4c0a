"""Messages that tell a Celery worker to look for draws. Losing one costs time, not work."""

import logging
from collections.abc import Sequence

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config.celery import app
from workers.models import Generation

logger = logging.getLogger(__name__)

TASKS = {
    Generation.Queue.INTERACTIVE: "workers.tasks.draw_interactive",
    Generation.Queue.BATCH: "workers.tasks.draw_batch",
}
ROWS_A_MESSAGE = 64
MOST_MESSAGES = 8
UNREACHABLE = (OperationalError, RedisError, OSError)
# A restarted broker leaves dead connections in the pool; one more try gets a fresh one.
RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.1}


def nudge(
    generation_ids: Sequence[int], *, queue: Generation.Queue, delay_seconds: float = 0
) -> bool:
    """Tell the workers of `queue` that there are these; False when the broker cannot be reached.

    A worker that is told takes whatever is due; of many rows several workers hear.
    """
    n_messages = min(MOST_MESSAGES, -(-len(generation_ids) // ROWS_A_MESSAGE))
    try:
        with app.connection_or_acquire() as connection:
            for _ in range(n_messages):
                app.send_task(
                    TASKS[queue],
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
