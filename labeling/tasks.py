"""Periodic work of labeling."""

from celery import shared_task

from labeling.assigning import candidates, queue
from labeling.autonomy import standing_in, watching
from labeling.batches import stepping
from labeling.checking import checks
from labeling.machine import proposals, runs, stress, verdicts
from labeling.quality import report as quality


@shared_task
def reconcile() -> None:
    candidates.settle_overdue()
    candidates.request_missing()
    queue.lapse_expired()
    checks.settle_overdue()
    verdicts.settle_overdue()
    runs.reconcile()
    stress.reconcile()
    standing_in.settle_all()


@shared_task
def measure_quality() -> None:
    watching.check_all()
    quality.refresh_changed()
    proposals.keep_up()


@shared_task
def step_batches() -> None:
    stepping.step_all()
