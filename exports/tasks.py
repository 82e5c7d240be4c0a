"""Celery's way in."""

from celery import shared_task

from exports import building


@shared_task
def build_export(export_id: int) -> None:
    building.build(export_id)


@shared_task
def reconcile() -> None:
    building.reconcile()
