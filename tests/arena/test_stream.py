"""The stream of a turn, with the workers' own writer at the other end."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client

from arena.battling import battles
from arena.models import Battle
from arena.streaming import stream
from arena.streaming.seals import opened, sealed
from arena.streaming.stream import Streamed, events
from arena.telling import frames
from arena.telling.frames import Position
from arena.visitors import SESSION_KEY, Visitor, visitor_digest
from tests.arena.rows import finish, make_battle, reply
from workers.models import Generation
from workers.streams import Writer

pytestmark = pytest.mark.django_db(transaction=True)

Event = tuple[str, str, dict[str, Any]]


@pytest.fixture(autouse=True)
def _quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "TICK_SECONDS", 0.01)


def browser(identity: str = "vera") -> AsyncClient:
    plain, client = Client(), AsyncClient()
    session = plain.session
    session[SESSION_KEY] = identity
    session.save()
    client.cookies = plain.cookies
    return client


def streamed(battle: Battle) -> Streamed:
    turn = battle.turns.get()
    assert turn.generation_a_id is not None
    assert turn.generation_b_id is not None
    return Streamed(turn.generation_a_id, turn.generation_b_id)


def parse(chunk: str) -> Event | None:
    lines = dict(line.split(": ", 1) for line in chunk.strip().split("\n") if ": " in line)
    if "event" not in lines:
        return None
    return lines["event"], lines.get("id", ""), json.loads(lines["data"])


def gather(
    turn: Streamed,
    at: Position | None = None,
    *,
    stop: Callable[[list[Event]], bool] = lambda _: False,
) -> list[Event]:
    """All events of a stream, or those until `stop` says that a browser goes away."""

    async def collect() -> list[Event]:
        got: list[Event] = []
        following = events(turn, at)
        async for chunk in following:
            event = parse(chunk)
            if event is not None:
                got.append(event)
            if stop(got):
                break
        assert isinstance(following, AsyncIterator)
        await following.aclose()  # type: ignore[attr-defined]
        return got

    return async_to_sync(collect)()


def place(turn: Streamed, said: str) -> Position | None:
    return opened(said, of=turn.generations)


def texts(got: list[Event]) -> tuple[str, str]:
    frames = [data for name, _, data in got if name == "frame"]
    return "".join(f["a"] for f in frames), "".join(f["b"] for f in frames)


def write(pk: int, *chunks: str, end: str | None = "done", attempt: int = 1) -> None:
    writer = Writer(pk, attempt=attempt)
    writer.start()
    for chunk in chunks:
        writer.append(chunk)
    if end is not None:
        finish(pk, "".join(chunks) if end == "done" else None)
        writer.end(end)


def test_both_replies_are_told_whole_and_then_the_turn_is_complete() -> None:
    battle = make_battle()
    turn = streamed(battle)
    write(turn.generation_a, "A touchstone ", "shows gold.")
    write(turn.generations[1], "A dark stone. " * 8, "Two streaks: 🪨")
    got = gather(turn)
    assert texts(got) == ("A touchstone shows gold.", "A dark stone. " * 8 + "Two streaks: 🪨")
    assert got[-1] == ("end", "", {"state": "complete"})
    assert battle.turns.get().reply_a == "A touchstone shows gold."


def test_text_is_told_while_it_is_written() -> None:
    turn = streamed(make_battle())

    def work() -> None:
        time.sleep(0.3)
        for pk in (turn.generation_a, turn.generations[1]):
            write(pk, "first words, ", end=None)
        time.sleep(0.8)
        for pk in (turn.generation_a, turn.generations[1]):
            writer = Writer(pk)
            writer._written = len("first words, ")
            writer.append("then the rest")
            finish(pk, "first words, then the rest")
            writer.end("done")

    worker = threading.Thread(target=work)
    worker.start()
    got = gather(turn)
    worker.join()
    assert texts(got) == ("first words, then the rest",) * 2
    assert got[-1][0] == "end"


def test_nothing_is_shown_while_one_side_has_nothing() -> None:
    turn = streamed(make_battle())
    write(turn.generation_a, "I am quick", end=None)

    async def wait() -> list[str]:
        following = events(turn, None)
        got = [await anext(following)]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.6):
                got.append(await anext(following))
        return got

    assert async_to_sync(wait)() == ["retry: 2000\n\n"]


def test_a_browser_that_comes_back_gets_exactly_the_rest() -> None:
    turn = streamed(make_battle())
    a, b = "All that glitters " * 6, "is not gold, they say. " * 9
    write(turn.generation_a, a)
    write(turn.generations[1], b)
    first = gather(turn, stop=lambda got: len(got) == 3)
    rest = gather(turn, place(turn, first[-1][1]))
    assert "restart" not in [name for name, _, _ in rest]
    assert tuple(x + y for x, y in zip(texts(first), texts(rest), strict=True)) == (a, b)


def test_a_draw_that_began_again_starts_both_sides_again() -> None:
    turn = streamed(make_battle())
    write(turn.generation_a, "false start", end=None)
    write(turn.generations[1], "steady reply")
    first = gather(turn, stop=lambda got: len(got) == 1)
    write(turn.generation_a, "second try", attempt=2)
    rest = gather(turn, place(turn, first[-1][1]))
    assert rest[0][0] == "restart"
    assert texts(rest) == ("second try", "steady reply")


def test_a_failure_ends_the_turn_in_words_that_name_no_side() -> None:
    turn = streamed(make_battle())
    write(turn.generation_a, "half a rep", end="failed")
    assert gather(turn) == [("end", "", {"state": "void"})]


def test_without_the_streams_the_rows_are_told() -> None:
    battle = make_battle()
    reply(battle, "From the row", "And this too")
    got = gather(streamed(battle))
    assert texts(got) == ("From the row", "And this too")
    assert got[-1] == ("end", "", {"state": "complete"})


def stop(pk: int, text: str) -> None:
    """A worker ends a draw that it was asked to stop."""
    writer = Writer(pk)
    writer._written = 0
    writer.append(text)
    finish(pk, text, finish_reason="stop_asked")
    writer.end("done", reason="stop_asked")


def ask_to_stop(battle: Battle) -> None:
    """While both are being drawn: what was not begun would end at once with nothing."""
    Generation.objects.filter(finished_at=None).update(state=Generation.State.RUNNING)
    battles.stop(battle=battle, visitor=Visitor(visitor_digest("vera")), number=1)


@pytest.mark.parametrize("has_redis", [True, False])
def test_stopped_replies_are_told_as_far_as_they_stand(has_redis: bool) -> None:
    battle = make_battle(visitor=Visitor(visitor_digest("vera")))
    turn = streamed(battle)
    ask_to_stop(battle)
    for pk, text in zip(turn.generations, ("The quick one is far ahead.", "The slow"), strict=True):
        finish(pk, text, finish_reason="stop_asked")
        if has_redis:
            stop(pk, text)
    got = gather(turn)
    assert texts(got) == ("The quic", "The slow")
    assert got[-1] == ("end", "", {"state": "complete"})
    settled = battle.turns.get()
    assert (settled.reply_a, settled.reply_b) == texts(got)


def test_what_was_finished_before_the_stop_is_cut_too() -> None:
    battle = make_battle(visitor=Visitor(visitor_digest("vera")))
    turn = streamed(battle)
    write(turn.generation_a, "All of it was there.")
    ask_to_stop(battle)
    stop(turn.generations[1], "All of")
    assert texts(gather(turn)) == ("All of", "All of")


@pytest.mark.parametrize("first", [0, 1])
def test_while_one_side_is_still_being_stopped_the_other_does_not_go_on(first: int) -> None:
    battle = make_battle(visitor=Visitor(visitor_digest("vera")))
    turn = streamed(battle)
    shown = []

    def work() -> None:
        for pk in turn.generations:
            write(pk, "x" * 20, end=None)
        time.sleep(0.3)
        ask_to_stop(battle)
        shown.append(battle.turns.get().shown)
        for side in (first, 1 - first):
            pk = turn.generations[side]
            writer = Writer(pk)
            writer._written = 20
            writer.append("x" * 20 * side)
            finish(pk, "x" * (20 + 20 * side), finish_reason="stop_asked")
            writer.end("done", reason="stop_asked")
            time.sleep(0.8)

    worker = threading.Thread(target=work)
    worker.start()
    got = gather(turn)
    worker.join()
    assert shown == [(20, 20)]
    assert texts(got) == ("x" * 20, "x" * 20)
    frames = [data for name, _, data in got if name == "frame"]
    assert all(len(frame["a"]) == len(frame["b"]) for frame in frames)


def test_one_model_is_told_alone_as_it_comes() -> None:
    turn = streamed(make_battle())
    one = Streamed(turn.generation_a, None, is_blind=False)
    write(turn.generation_a, "A touchstone shows gold.")
    assert texts(gather(one)) == ("A touchstone shows gold.", "")


def test_a_silent_stream_says_that_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr(stream, "LONGEST_SECONDS", 0.7)

    async def collect() -> list[str]:
        return [chunk async for chunk in events(streamed_turn, None)]

    streamed_turn = streamed(make_battle())
    got = async_to_sync(collect)()
    assert ": still here\n\n" in got
    assert got[-1].startswith("event: trouble\n")


def ask(battle: Battle, client: AsyncClient, number: int = 1, **options: Any) -> Any:
    path = f"/stream/battles/{battle.public_id}/turns/{number}/"
    return async_to_sync(client.get)(path, **options)


def body(response: Any) -> str:
    async def join() -> str:
        return "".join([part.decode() async for part in response.streaming_content])

    return async_to_sync(join)()


def test_the_page_streams_to_its_own_visitor_and_goes_on_by_id() -> None:
    battle = make_battle(visitor=Visitor(visitor_digest("vera")))
    reply(battle, "abcdef", "ghijkl")
    response = ask(battle, browser())
    assert isinstance(response, StreamingHttpResponse)
    assert response["Content-Type"] == "text/event-stream"
    assert response["Cache-Control"] == "no-store"
    assert response["X-Accel-Buffering"] == "no"
    whole = body(response)
    assert battle.model_b is not None
    names = (battle.model_a.name, battle.model_b.name)
    assert not any(name in whole for name in names)
    said = sealed(Position(0, 4, 4), of=streamed(battle).generations)
    ways: list[dict[str, Any]] = [
        {"headers": {"last-event-id": said}},
        {"query_params": {"last_event_id": said}},
    ]
    for options in ways:
        rest = [parse(part) for part in body(ask(battle, browser(), **options)).split("\n\n")[1:]]
        assert rest[0] is not None
        assert (rest[0][2]["a"], rest[0][2]["b"]) == ("ef", "kl")


def test_an_id_of_nonsense_begins_at_the_beginning() -> None:
    battle = make_battle(visitor=Visitor(visitor_digest("vera")))
    reply(battle, "abc", "def")
    for said in ("x", "0:2:2", "9:999:999", "0:2:2:00ff00ff00ff00ff", "٣:1:1"):
        text = body(ask(battle, browser(), query_params={"last_event_id": said}))
        assert '{"a":"abc","b":"def"' in text


def test_an_id_tells_of_no_other_turn_than_its_own() -> None:
    said = sealed(Position(2, 17, 12), of=(4, 5))
    assert opened(said, of=(4, 5)) == Position(2, 17, 12)
    assert opened(said, of=(5, 4)) is None
    assert opened(said.replace("17", "18"), of=(4, 5)) is None
    assert opened("2:17:12", of=(4, 5)) is None


def test_nobody_else_gets_the_stream() -> None:
    battle = make_battle(visitor=Visitor(visitor_digest("vera")))
    reply(battle)
    assert ask(battle, browser("mallory")).status_code == 404
    assert ask(battle, AsyncClient()).status_code == 404
    assert ask(battle, browser(), number=2).status_code == 404
    battle.public_id = uuid4()
    assert ask(battle, browser()).status_code == 404
