"""What Celery runs: one domain call each. A nudge says only that something may be due."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down

from workers.endpoints import health
from workers.engine import heartbeat, running
from workers.engine import reconcile as reconciling
from workers.models import Generation
from workers.watching import measuring

SECONDS_TO_LAND = 20.0

worker_ready.connect(heartbeat.start)


@worker_ready.connect
def start_drawing(sender: Any, **kwargs: Any) -> None:
    """Draws begin without a word from the broker, which may have lost it."""
    running.start(Generation.Queue(name) for name in heartbeat.queues_of(sender))


@worker_shutting_down.connect
def stop_drawing(**kwargs: Any) -> None:
    running.stop()


@worker_shutdown.connect
def wait_for_draws(**kwargs: Any) -> None:
    running.join(seconds=SECONDS_TO_LAND)


@shared_task
def draw_interactive() -> None:
    running.wake(Generation.Queue.INTERACTIVE)


@shared_task
def draw_batch() -> None:
    running.wake(Generation.Queue.BATCH)


@shared_task
def reconcile() -> None:
    reconciling.reconcile()


@shared_task
def check_endpoints() -> None:
    health.check_endpoints()


@shared_task
def measure() -> None:
    measuring.tally()
