"""A real Celery worker process, on the test database."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from projects import readiness
from projects.models import Project
from tests.factories import make_endpoint, make_model
from tests.workers.scripted_server import hangs, running, says
from workers import drawing
from workers.drawing import Draw
from workers.engine.reconcile import reconcile
from workers.models import Generation

pytestmark = pytest.mark.django_db(transaction=True)
REPOSITORY = Path(__file__).resolve().parents[2]
# The worker's settings name the product's database; this points it at the test run's.
START = """
from config import settings
settings.DATABASES["default"]["NAME"] = {name!r}
from celery.__main__ import main
main()
"""


@contextmanager
def worker(queue: str) -> Iterator["subprocess.Popen[bytes]"]:
    arguments = ["-A", "config.celery", "worker", "-Q", queue, "-P", "threads", "-c", "4"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-n", f"{queue}-test"]
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            START.format(name=connection.settings_dict["NAME"]),
            *arguments,
            *quiet,
        ],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: cache.get(f"workers:seen:{queue}") is not None)
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def request(project: Project, base_url: str, n: int) -> list[Generation]:
    model = make_model(endpoint=make_endpoint(base_url=base_url), served_name="served")
    draw = Draw(model, [{"role": "user", "content": "Hello"}])
    with transaction.atomic():
        return drawing.request_draws(
            project=project, draws=[draw] * n, queue=Generation.Queue.INTERACTIVE
        )


def test_a_worker_draws_reports_itself_and_survives_its_death(project: Project) -> None:
    with running(*[says("Good ", "morning.")] * 3, hangs("Half"), says("Whole.")) as server:
        with worker("interactive") as process:
            assert readiness.states()["worker"] == readiness.OK
            rows = request(project, server.base_url, 3)
            wait_for(lambda: Generation.objects.filter(state="done").count() == 3)
            assert {row.output for row in Generation.objects.all()} == {"Good morning."}
            assert {row.attempts for row in Generation.objects.all()} == {1}
            assert len(server.seen) == len(rows)
            row = request(project, server.base_url, 1)[0]
            wait_for(lambda: len(server.seen) == 4)
            process.kill()
        row.refresh_from_db()
        assert row.state == Generation.State.RUNNING
        Generation.objects.filter(pk=row.pk).update(leased_until=timezone.now())
        cache.clear()
        with worker("interactive"):
            reconcile()
            wait_for(lambda: Generation.objects.get(pk=row.pk).state == "done")
    row.refresh_from_db()
    assert (row.output, row.attempts, row.interruptions) == ("Whole.", 2, 1)


def test_a_worker_that_is_stopped_gives_its_draws_back_at_once(project: Project) -> None:
    with (
        running(says(*["word "] * 400, pause=0.05), says("Whole.")) as server,
        worker("interactive") as process,
    ):
        row = request(project, server.base_url, 1)[0]
        wait_for(lambda: len(server.seen) == 1)
        process.terminate()
        process.wait(timeout=10)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.interruptions) == ("queued", 0, 0)
