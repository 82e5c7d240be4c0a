"""Draws that somebody wants no more of, against a scripted server."""

import threading
import time
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from projects.models import Project
from tests.workers.scripted_server import Script, hangs, running, says
from tests.workers.test_engine import entries, request_one
from workers import drawing, streams
from workers.engine import engine
from workers.models import Generation

pytestmark = pytest.mark.django_db(transaction=True)


def has_text(row: Generation) -> bool:
    return any("text" in fields for fields in entries(row))


def stopped(
    project: Project, script: Script, *, once_begun: bool = True
) -> tuple[Generation, float]:
    """A draw that is stopped when its first text is there, and the seconds that took."""
    with running(script) as server:
        row = request_one(project, server.base_url)

        def run() -> None:
            try:
                engine.run(row.pk)
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        while not (has_text(row) if once_begun else len(server.seen)):
            time.sleep(0.02)
        began = time.monotonic()
        drawing.ask_to_stop(generation_ids=[row.pk])
        thread.join(timeout=20)
        took = time.monotonic() - began
    row.refresh_from_db()
    return row, took


def test_a_reply_ends_with_what_there_is(project: Project) -> None:
    row, took = stopped(project, says(*["word "] * 400, pause=0.05))
    assert (row.state, row.finish_reason, row.error) == ("done", "stop_asked", "")
    assert row.output.startswith("word word")
    assert len(row.output) < 1000
    assert took < 2
    told = entries(row)
    assert "".join(fields.get("text", "") for fields in told) == row.output
    end = {"end": "done", "length": str(len(row.output)), "reason": "stop_asked"}
    assert told[-1] == {"attempt": "1", **end}


def test_a_model_that_went_silent_is_not_waited_for(project: Project) -> None:
    row, took = stopped(project, hangs("Half of it"))
    assert (row.state, row.output, row.finish_reason) == ("done", "Half of it", "stop_asked")
    assert row.first_token_at is not None
    assert took < 2


def test_a_model_that_has_said_nothing_yet_ends_with_nothing(project: Project) -> None:
    row, took = stopped(project, hangs(), once_begun=False)
    assert (row.state, row.output, row.finish_reason) == ("done", "", "stop_asked")
    assert took < 2


def test_what_was_not_begun_is_never_drawn(project: Project) -> None:
    with running() as server:
        row = request_one(project, server.base_url)
        drawing.ask_to_stop(generation_ids=[row.pk])
        engine.run(row.pk)
        assert server.seen == []
    row.refresh_from_db()
    assert (row.state, row.output, row.finish_reason) == ("done", "", "stop_asked")


def test_a_row_whose_worker_died_before_it_noticed_is_not_drawn_anew(project: Project) -> None:
    with running() as server:
        row = request_one(project, server.base_url)
        Generation.objects.filter(pk=row.pk).update(stop_asked_at=timezone.now())
        engine.run(row.pk)
        assert server.seen == []
    row.refresh_from_db()
    assert (row.state, row.finish_reason) == ("done", "stop_asked")


def test_what_is_finished_stays_as_it_is(project: Project) -> None:
    with running(says("All of it.")) as server:
        row = request_one(project, server.base_url)
        engine.run(row.pk)
    drawing.ask_to_stop(generation_ids=[row.pk])
    row.refresh_from_db()
    assert (row.output, row.finish_reason, row.stop_asked_at) == ("All of it.", "stop", None)


def test_redis_away_stops_nothing_and_breaks_nothing(
    project: Project, settings: Any, tmp_path: Any
) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nothing.sock"
    streams.writing_client.cache_clear()
    try:
        with running(says("Still here.")) as server:
            row = request_one(project, server.base_url)
            engine.run(row.pk)
        row.refresh_from_db()
        assert row.output == "Still here."
    finally:
        streams.writing_client.cache_clear()
