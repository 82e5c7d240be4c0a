"""Many streams at once, and a stream that is cut again and again."""

import asyncio
import threading
import time
from contextlib import aclosing
from typing import Any

import pytest
import redis
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.db import connection
from django.test import Client

from arena.models import Battle
from arena.streaming import reading
from arena.streaming.reading import shared_reader
from arena.streaming.stream import Streamed, events
from arena.telling import frames
from arena.telling.frames import Position
from arena.visitors import SESSION_KEY, Visitor, visitor_digest
from tests.arena.rows import finish, make_arena, make_battle
from tests.arena.test_stream import parse, place, streamed, write
from workers.streams import Writer

pytestmark = pytest.mark.django_db(transaction=True)

CUTS = 100
# Untyped, as it comes.
Communicator: Any = ApplicationCommunicator
STREAMS = 30


@pytest.fixture(autouse=True)
def _quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "TICK_SECONDS", 0.002)


async def part(turn: Streamed, at: Position | None, frames: int) -> list[tuple[str, str, str]]:
    """So many frames of a turn from a position on, or all there are: id and both texts."""
    got = []
    async with aclosing(events(turn, at)) as following:  # type: ignore[type-var]
        async for chunk in following:
            event = parse(chunk)
            if event is not None and event[0] == "frame":
                got.append((event[1], event[2]["a"], event[2]["b"]))
            assert event is None or event[0] in ("frame", "end")
            if len(got) == frames:
                break
    return got


def test_a_stream_cut_at_a_hundred_points_is_the_same_to_the_character() -> None:
    turn = streamed(make_battle())
    a, b = "All that glitters is not gold. " * 40, "Ob es Gold ist, zeigt der Stein: ✓ 🪨 " * 30
    for pk, text in zip(turn.generations, (a, b), strict=True):
        write(pk, text)

    async def all_cuts() -> list[tuple[str, str]]:
        whole = await part(turn, None, frames=-1)
        heard = []
        for number in range(CUTS):
            cut = (number * len(whole)) // CUTS
            before = whole[: cut + 1]
            after = await part(turn, place(turn, before[-1][0]), frames=-1)
            parts = [*before, *after]
            heard.append(("".join(p[1] for p in parts), "".join(p[2] for p in parts)))
        return heard

    assert async_to_sync(all_cuts)() == [(a, b)] * CUTS


def test_a_stream_cut_after_every_frame_while_the_text_is_written_is_the_same() -> None:
    turn = streamed(make_battle())
    pieces = [f"word {number} " for number in range(200)]
    text = "".join(pieces)

    def work() -> None:
        writers = [Writer(pk) for pk in turn.generations]
        for writer in writers:
            writer.start()
        for piece in pieces:
            for writer in writers:
                writer._next_write = 0.0
                writer.append(piece)
            # Whoever comes back gets at once what was told meanwhile, so it has to last.
            time.sleep(0.01)
        for pk, writer in zip(turn.generations, writers, strict=True):
            finish(pk, text)
            writer.end("done")

    async def cut_and_come_back() -> tuple[int, str, str]:
        at, told_a, told_b, cuts = None, "", "", 0
        while len(told_a) < len(text) or len(told_b) < len(text):
            for position, new_a, new_b in await part(turn, at, frames=1):
                at, told_a, told_b = place(turn, position), told_a + new_a, told_b + new_b
                cuts += 1
        return cuts, told_a, told_b

    worker = threading.Thread(target=work)
    worker.start()
    cuts, told_a, told_b = async_to_sync(cut_and_come_back)()
    worker.join()
    assert (told_a, told_b) == (text, text)
    assert cuts > 20


def test_whoever_comes_while_the_reader_goes_to_rest_is_told_as_it_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once one part of it rested before the others: then texts were told when they were whole."""
    monkeypatch.setattr(reading, "LINGER_SECONDS", 0.1)
    project, pauses = make_arena(), (0.05, 0.1, 0.11, 0.12, 0.13, 0.2, 0.3)
    turns = [streamed(make_battle(project)) for _ in pauses]

    def begin(turn: Streamed) -> None:
        for pk in turn.generations:
            write(pk, "Not whole yet, ", end=None)

    async def come_and_go() -> None:
        for pause, turn in zip(pauses, turns, strict=True):
            following = asyncio.create_task(part(turn, None, frames=1))
            # What was there before somebody came would be read in coming.
            await asyncio.sleep(0.1)
            await asyncio.to_thread(begin, turn)
            assert await asyncio.wait_for(following, 20)
            await asyncio.sleep(pause)

    async_to_sync(come_and_go)()


def connections() -> int:
    return len(redis.Redis.from_url(settings.REDIS_URL).client_list())


def test_many_streams_share_one_reader_and_hold_neither_threads_nor_connections() -> None:
    project = make_arena()
    battles = [
        make_battle(project, visitor=Visitor(visitor_digest(str(number))))
        for number in range(STREAMS)
    ]
    application = get_asgi_application()
    cookies = [_cookie(str(number)) for number in range(STREAMS)]

    async def hold_all() -> tuple[int, int]:
        before = await asyncio.to_thread(connections)
        held = [
            Communicator(application, _request(battle, cookie))
            for battle, cookie in zip(battles, cookies, strict=True)
        ]
        for each in held:
            await each.send_input({"type": "http.request", "body": b""})
            assert (await each.receive_output(20))["status"] == 200
            assert (await each.receive_output(20))["body"] == b"retry: 2000\n\n"
        await asyncio.sleep(1.0)
        reader = shared_reader()
        assert len(reader._texts) == 2 * STREAMS
        threads = threading.active_count()
        more = await asyncio.to_thread(connections) - before
        for each in held:
            await each.send_input({"type": "http.disconnect"})
        await asyncio.gather(*(each.wait(10) for each in held))
        assert reader._texts == {}
        return threads, more

    threads_before = threading.active_count()
    threads, more = async_to_sync(hold_all)()
    assert threads - threads_before < STREAMS / 2
    assert more < STREAMS / 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        assert cursor.fetchone()[0] < STREAMS / 2


def _cookie(identity: str) -> str:
    session = Client().session
    session[SESSION_KEY] = identity
    session.save()
    return str(session.session_key)


def _request(battle: Battle, cookie: str) -> dict[str, object]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": f"/stream/battles/{battle.public_id}/turns/1/",
        "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"cookie", f"sessionid={cookie}".encode())],
    }
