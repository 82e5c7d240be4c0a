"""Periodic work of the arena."""

from celery import shared_task

from arena import contenders
from arena.battling import battles
from arena.boards import runs
from arena.integrity import checking


@shared_task
def reconcile() -> None:
    battles.settle_overdue()


@shared_task
def record_standings() -> None:
    runs.record_all()


@shared_task
def keep_register() -> None:
    contenders.keep_register()


@shared_task
def check_integrity() -> None:
    checking.check_all()
