"""Text on its way from a worker to a reader."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import redis.asyncio
from django.utils import timezone

from projects.models import Project
from tests.factories import make_model
from workers import streams
from workers.models import Generation
from workers.streams import Text, Writer, look_up

pytestmark = pytest.mark.django_db(transaction=True)


def make_row(project: Project, **fields: Any) -> int:
    if fields.get("state") in ("done", "failed"):
        fields["finished_at"] = timezone.now()
    return Generation.objects.create(
        project=project, model=make_model(), queue="interactive", messages=[], **fields
    ).pk


def with_reader(work: Callable[["redis.asyncio.Redis"], Awaitable[None]]) -> None:
    async def run() -> None:
        async with streams.reader() as client:
            await work(client)

    asyncio.run(run())


def read(texts: dict[int, Text]) -> None:
    """What has come since, and the rows where nothing has."""

    async def work(client: "redis.asyncio.Redis") -> None:
        await streams.read(client, texts, block_ms=0)
        await look_up(texts)

    with_reader(work)


def written(pk: int, *pieces: str, attempt: int = 1, end: str = "") -> Writer:
    writer = Writer(pk, attempt=attempt)
    writer.start()
    for piece in pieces:
        writer.append(piece)
    if end:
        writer.end(end)
    return writer


def test_two_streams_are_followed_together(project: Project) -> None:
    a, b = make_row(project), make_row(project)
    written(a, "Good ", "morning.", end="done")
    written(b, "Hello")
    texts = {a: Text(), b: Text()}
    read(texts)
    assert (texts[a].text, texts[a].state) == ("Good morning.", "done")
    assert (texts[b].text, texts[b].state, texts[b].attempt) == ("Hello", "running", 1)


def test_a_reader_goes_on_where_it_was(project: Project) -> None:
    pk = make_row(project)
    writer = written(pk, "One")
    texts = {pk: Text()}
    read(texts)
    writer.append(" two")
    writer.end("done")
    read(texts)
    assert (texts[pk].text, texts[pk].is_finished) == ("One two", True)


def test_waiting_ends_with_the_first_new_text(project: Project) -> None:
    pk = make_row(project)
    texts = {pk: Text()}

    async def work(client: "redis.asyncio.Redis") -> None:
        waiting = asyncio.create_task(streams.read(client, texts, block_ms=10_000))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(written, pk, "Here")
        async with asyncio.timeout(3):
            assert await waiting == {pk}
            while not texts[pk].text:
                await streams.read(client, texts, block_ms=1000)

    with_reader(work)
    assert texts[pk].text == "Here"


def test_pieces_are_written_together(project: Project) -> None:
    pk = make_row(project)
    written(pk, *["x"] * 500, end="done")
    found: Any = streams.writing_client().xrange(streams.key(pk))
    assert len(found) <= 20
    assert "".join(fields.get("text", "") for _, fields in found) == "x" * 500


def test_a_stream_goes_away_by_itself(project: Project) -> None:
    pk = make_row(project)
    written(pk, "text")
    kept: Any = streams.writing_client().ttl(streams.key(pk))
    assert 3500 < kept <= 3600


def test_a_new_attempt_begins_with_nothing(project: Project) -> None:
    pk = make_row(project)
    first = written(pk, "Half")
    texts = {pk: Text()}
    read(texts)
    written(pk, "Wh", attempt=2)
    first.append(" from the dead")
    first.end("done")
    read(texts)
    assert (texts[pk].text, texts[pk].attempt, texts[pk].state) == ("Wh", 2, "running")


def test_a_finished_row_without_a_stream_is_read_from_the_database(project: Project) -> None:
    done = make_row(project, state="done", output="Good morning.", attempts=2)
    failed = make_row(project, state="failed", error="no", attempts=3)
    texts = {done: Text(), failed: Text()}
    read(texts)
    assert (texts[done].text, texts[done].attempt, texts[done].state) == (
        "Good morning.",
        2,
        "done",
    )
    assert texts[failed].state == "failed"


def test_a_stream_with_a_hole_is_not_shown_but_replaced_by_the_row(project: Project) -> None:
    pk = make_row(project, state="done", output="One two three", attempts=1)
    writer = written(pk, "One")
    streams.writing_client().delete(streams.key(pk))
    writer._next_write = 0
    writer.append(" two")
    writer.end("done")
    texts = {pk: Text()}
    read(texts)
    assert (texts[pk].text, texts[pk].is_finished) == ("", False)
    texts[pk].heard_at -= streams.SECONDS_BETWEEN_LOOKS
    read(texts)
    assert (texts[pk].text, texts[pk].is_finished) == ("One two three", True)


def test_a_row_is_asked_once_a_second_at_most(project: Project) -> None:
    pk = make_row(project)
    texts = {pk: Text()}
    read(texts)
    heard_at = texts[pk].heard_at
    Generation.objects.filter(pk=pk).update(
        state="done", output="Good morning.", attempts=1, finished_at=timezone.now()
    )
    read(texts)
    assert (texts[pk].text, texts[pk].heard_at) == ("", heard_at)
    texts[pk].heard_at -= streams.SECONDS_BETWEEN_LOOKS
    read(texts)
    assert texts[pk].text == "Good morning."


def test_nothing_is_asked_when_all_is_finished(project: Project) -> None:
    texts = {1: Text(state="done", text="x")}

    async def work(client: "redis.asyncio.Redis") -> None:
        async with asyncio.timeout(1):
            assert await streams.read(client, texts, block_ms=60_000) == set()
            assert await look_up(texts) == set()

    with_reader(work)
