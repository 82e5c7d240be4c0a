"""What Celery runs: ids in, one domain call each."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down

from workers import engine, health, heartbeat, leases, measuring
from workers import reconcile as reconciling

worker_ready.connect(heartbeat.start)


@worker_shutting_down.connect
def stop_drawing(**kwargs: Any) -> None:
    leases.stop()


@shared_task
def draw_interactive(generation_id: int) -> None:
    engine.run(generation_id)


@shared_task
def draw_batch(generation_id: int) -> None:
    engine.run(generation_id)


@shared_task
def reconcile() -> None:
    reconciling.reconcile()


@shared_task
def check_endpoints() -> None:
    health.check_endpoints()

@shared_task
def measure() -> None:
    measuring.tally()
