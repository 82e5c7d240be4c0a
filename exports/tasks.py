"""Celery's way in."""

from celery import shared_task

from exports import scheduling
from exports.snapshots import building, requests, uploads


@shared_task
def build_export(export_id: int) -> None:
    building.build(export_id)


@shared_task
def reconcile() -> None:
    requests.reconcile()


@shared_task
def send_export(upload_id: int) -> None:
    uploads.upload(upload_id)


@shared_task
def reconcile_uploads() -> None:
    uploads.reconcile_uploads()


@shared_task
def ask_for_due() -> None:
    scheduling.ask_for_due()
