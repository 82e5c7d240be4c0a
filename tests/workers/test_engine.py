"""Draws from claim to finish, against a scripted server."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from projects.models import Project
from tests.factories import make_endpoint, make_model
from tests.workers.scripted_server import Script, breaks_off, hangs, refuses, running, says
from workers import drawing, streams
from workers.drawing import Draw
from workers.engine import engine, leases, settling
from workers.models import Endpoint, Generation

pytestmark = pytest.mark.django_db(transaction=True)
INTERACTIVE = Generation.Queue.INTERACTIVE


def request_one(project: Project, base_url: str, **fields: Any) -> Generation:
    queue = fields.pop("queue", INTERACTIVE)
    model = make_model(endpoint=make_endpoint(base_url=base_url, **fields), served_name="served")
    with transaction.atomic():
        draw = Draw(model, [{"role": "user", "content": "Hello"}])
        return drawing.request_draws(project=project, draws=[draw], queue=queue)[0]


def drawn(project: Project, *scripts: Script, runs: int = 1) -> Generation:
    with running(*scripts) as server:
        row = request_one(project, server.base_url)
        for _ in range(runs):
            Generation.objects.filter(state="queued").update(not_before=timezone.now())
            engine.run(row.pk)
    row.refresh_from_db()
    return row


def entries(row: Generation) -> list[dict[str, str]]:
    found: Any = streams.writing_client().xrange(streams.key(row.pk))
    return [fields for _, fields in found]


def test_a_draw_is_written_once_with_all_there_is_to_know(project: Project) -> None:
    row = drawn(project, says("Good ", "morning."))
    assert (row.state, row.output, row.finish_reason) == ("done", "Good morning.", "stop")
    assert row.usage == {"prompt_tokens": 5, "completion_tokens": 2}
    assert (row.served_model, row.attempts, row.error) == ("served", 1, "")
    assert (row.endpoint, row.errors) == (row.model.endpoint, [])
    assert row.started_at
    assert row.first_token_at
    assert row.finished_at
    assert row.started_at <= row.first_token_at <= row.finished_at


def test_the_readers_get_the_text_and_its_end(project: Project) -> None:
    found = entries(drawn(project, says("Good ", "morning.")))
    assert found[0] == {"attempt": "1", "restart": "1"}
    assert "".join(fields.get("text", "") for fields in found) == "Good morning."
    assert found[-1] == {"attempt": "1", "end": "done", "length": "13", "reason": "stop"}


def test_a_second_run_of_the_same_row_does_nothing(project: Project) -> None:
    with running() as server:
        row = request_one(project, server.base_url)
        engine.run(row.pk)
        engine.run(row.pk)
        assert len(server.seen) == 1


def test_two_runs_at_once_draw_once(project: Project) -> None:
    def work(pk: int) -> None:
        engine.run(pk)
        connection.close()

    with running(says("One", pause=0.1)) as server:
        row = request_one(project, server.base_url)
        threads = [threading.Thread(target=work, args=(row.pk,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.seen) == 1
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("done", 1)


def test_what_may_succeed_later_is_tried_again_from_nothing(project: Project) -> None:
    row = drawn(project, breaks_off("Half"), says("Whole."), runs=2)
    assert (row.state, row.output, row.attempts, row.error) == ("done", "Whole.", 2, "")
    restarts = [fields["attempt"] for fields in entries(row) if "restart" in fields]
    assert restarts == ["1", "2"]


def test_after_three_failures_it_says_why(project: Project) -> None:
    row = drawn(project, refuses(500), runs=4)
    assert (row.state, row.attempts) == ("failed", 3)
    assert row.error == "The endpoint failed (500). Tried 3 times."
    assert entries(row)[-1]["end"] == "failed"


def test_a_refusal_is_not_tried_again(project: Project) -> None:
    row = drawn(project, refuses(400, "Too many tokens."), says("No"), runs=2)
    assert (row.state, row.attempts) == ("failed", 1)
    assert row.error == "The endpoint refused (400): Too many tokens."


def test_a_cut_answer_is_never_offered(project: Project) -> None:
    row = drawn(project, breaks_off("Half"))
    assert (row.state, row.output) == ("queued", "")


def test_an_empty_answer_is_a_failure(project: Project) -> None:
    row = drawn(project, says(" ", "\n"))
    assert (row.state, row.error) == ("failed", "The model answered with nothing.")


def test_a_model_switched_off_meanwhile_is_not_asked(project: Project) -> None:
    with running() as server:
        row = request_one(project, server.base_url)
        Endpoint.objects.update(is_active=False)
        engine.run(row.pk)
        assert server.seen == []
    row.refresh_from_db()
    assert (row.state, row.error) == ("failed", "The language model was switched off.")


def test_a_batch_draw_waits_for_an_endpoint_that_is_down(project: Project) -> None:
    with running() as server:
        row = request_one(
            project,
            server.base_url,
            queue=Generation.Queue.BATCH,
            health=Endpoint.Health.DOWN,
        )
        engine.run(row.pk)
        assert server.seen == []
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("queued", 0)


def test_an_endpoint_that_went_away_costs_a_batch_draw_no_attempt(project: Project) -> None:
    row = request_one(project, "http://127.0.0.1:9/v1", queue=Generation.Queue.BATCH)
    engine.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("queued", 0)
    assert Endpoint.objects.get().health == Endpoint.Health.DOWN


def test_an_interactive_draw_does_not_wait_for_an_endpoint(project: Project) -> None:
    row = request_one(project, "http://127.0.0.1:9/v1")
    for _ in range(3):
        Generation.objects.filter(state="queued").update(not_before=timezone.now())
        engine.run(row.pk)
    row.refresh_from_db()
    assert row.error == "The endpoint cannot be reached. Tried 3 times."


def test_a_worker_that_lost_its_lease_stops_and_writes_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "SECONDS_BETWEEN_RENEWALS", 0.05)

    def takes_over(handler: Any) -> None:
        Generation.objects.filter(state="running").update(
            claim="11111111-1111-1111-1111-111111111111"
        )
        connection.close()
        says(*["word "] * 400, pause=0.05)(handler)

    with running(takes_over) as server:
        row = request_one(project, server.base_url)
        began = time.monotonic()
        engine.run(row.pk)
        assert time.monotonic() - began < 10
    row.refresh_from_db()
    assert (row.state, row.output) == ("running", "")


def test_a_lease_is_renewed_while_the_draw_goes_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "SECONDS_BETWEEN_RENEWALS", 0.05)
    seen: list[Any] = []

    def lapses(handler: Any) -> None:
        running_ = Generation.objects.filter(state="running")
        running_.update(leased_until=timezone.now())
        time.sleep(0.5)
        seen.append((running_.get().leased_until, timezone.now()))
        connection.close()
        says("Here.")(handler)

    with running(lapses) as server:
        row = request_one(project, server.base_url)
        engine.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("done", 1)
    [(leased_until, then)] = seen
    assert leased_until > then


def in_thread(act: Callable[[], None]) -> threading.Thread:
    def work() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def start_engine(queue: Generation.Queue) -> tuple[threading.Thread, Callable[[], None]]:
    """An engine in a thread, and how it is told to stop."""
    started: list[tuple[asyncio.AbstractEventLoop, engine.Engine]] = []

    async def run() -> None:
        drawing_ = engine.Engine(queue)
        started.append((asyncio.get_running_loop(), drawing_))
        await drawing_.run()

    thread = in_thread(lambda: asyncio.run(run()))
    wait_for(lambda: bool(started))
    loop, drawing_ = started[0]
    return thread, lambda: (loop.call_soon_threadsafe(drawing_.stop), None)[1]


def wait_for(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def test_an_engine_that_is_told_to_stop_gives_its_rows_back(project: Project) -> None:
    with running(hangs("Half")) as server:
        rows = [request_one(project, server.base_url)]
        model = rows[0].model
        with transaction.atomic():
            draw = Draw(model, [{"role": "user", "content": "Hello"}])
            rows += drawing.request_draws(project=project, draws=[draw] * 9, queue=INTERACTIVE)
        thread, stop = start_engine(INTERACTIVE)
        wait_for(lambda: len(server.seen) == 10)
        stop()
        thread.join(timeout=20)
    found = Generation.objects.values_list("state", "attempts", "interruptions", "claim")
    assert set(found) == {("queued", 0, 0, None)}


def test_a_paused_endpoint_gets_its_batch_draws_taken_away(project: Project) -> None:
    with running(hangs("Half")) as server:
        row = request_one(project, server.base_url, queue=Generation.Queue.BATCH)
        thread, stop = start_engine(Generation.Queue.BATCH)
        wait_for(lambda: len(server.seen) == 1)
        Endpoint.objects.update(intake=Endpoint.Intake.PAUSED)
        wait_for(lambda: Generation.objects.get().state == "queued")
        stop()
        thread.join(timeout=20)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.endpoint) == ("queued", 0, None)
    assert len(server.seen) == 1


def test_many_draws_at_once_need_few_transactions(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    settle = settling.settle

    def counted(outcomes: Any) -> set[int]:
        batches.append(len(outcomes))
        return settle(outcomes)

    monkeypatch.setattr(settling, "settle", counted)
    with running(says("Good ", "morning.")) as server:
        row = request_one(project, server.base_url)
        with transaction.atomic():
            draw = Draw(row.model, [{"role": "user", "content": "Hello"}])
            drawing.request_draws(project=project, draws=[draw] * 59, queue=INTERACTIVE)
        thread, stop = start_engine(INTERACTIVE)
        wait_for(lambda: Generation.objects.filter(state="done").count() == 60)
        stop()
        thread.join(timeout=20)
    assert sum(batches) == 60
    assert len(batches) < 40


def test_redis_away_delays_the_reader_and_not_the_draw(
    project: Project, settings: Any, tmp_path: Any
) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nothing.sock"
    streams.writing_client.cache_clear()
    try:
        assert drawn(project, says("Still here.")).output == "Still here."
    finally:
        streams.writing_client.cache_clear()
