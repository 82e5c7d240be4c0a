"""Periodic work of labeling."""

from celery import shared_task

from labeling import candidates, queue


@shared_task
def reconcile() -> None:
    candidates.settle_overdue()
    candidates.request_missing()
    queue.lapse_expired()
