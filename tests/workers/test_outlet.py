"""How the streams of many draws are written."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import redis.asyncio

from workers import streams
from workers.engine.outlet import Outlet
from workers.streams import Text

PKS = range(10_000_000, 10_000_050)


def with_outlet(work: Callable[[Outlet], Awaitable[None]], **fields: Any) -> None:
    async def run() -> None:
        client = redis.asyncio.Redis(**fields) if fields else streams.reader()
        async with client:
            outlet = Outlet(client)
            task = asyncio.create_task(outlet.run())
            await work(outlet)
            outlet.close()
            await task

    asyncio.run(run())


def entries(pk: int) -> list[dict[str, str]]:
    found: Any = streams.writing_client().xrange(streams.key(pk))
    return [fields for _, fields in found]


def setup_function() -> None:
    streams.writing_client().delete(*(streams.key(pk) for pk in PKS))


def test_many_streams_are_written_together_and_a_tick_apart() -> None:
    async def work(outlet: Outlet) -> None:
        pens = [outlet.pen(pk, attempt=2) for pk in PKS]
        for pen in pens:
            pen.start()
        for _ in range(30):
            for pen in pens:
                pen.append("x")
            await asyncio.sleep(0.01)
        for pen in pens:
            pen.end("done", reason="stop")

    with_outlet(work)
    for pk in PKS:
        found = entries(pk)
        assert found[0] == {"attempt": "2", "restart": "1"}
        assert "".join(fields.get("text", "") for fields in found) == "x" * 30
        assert found[-1] == {"attempt": "2", "end": "done", "length": "30", "reason": "stop"}
        assert len(found) < 15
        kept: Any = streams.writing_client().ttl(streams.key(pk))
        assert 3500 < kept <= 3600


def test_the_first_text_does_not_wait_for_the_tick() -> None:
    async def work(outlet: Outlet) -> None:
        busy, late = outlet.pen(PKS[0], attempt=1), outlet.pen(PKS[1], attempt=1)
        busy.append("a")
        await asyncio.sleep(0.02)
        busy.append("b")
        late.append("first")
        texts = {PKS[1]: Text()}
        async with streams.reader() as client:
            async with asyncio.timeout(5):
                while not texts[PKS[1]].text:
                    await streams.read(client, texts, block_ms=20)
            assert texts[PKS[1]].text == "first"

    with_outlet(work)


def test_a_text_is_said_to_be_whole_before_it_is_said_to_be_at_its_end() -> None:
    pk = PKS[0]
    text = Text()

    async def heard(is_reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(5), streams.reader() as client:
            while not is_reached():
                await streams.read(client, {pk: text}, block_ms=20)

    async def work(outlet: Outlet) -> None:
        pen = outlet.pen(pk, attempt=1)
        pen.append("One")
        pen.whole(reason="length")
        await heard(lambda: text.is_whole)
        assert (text.text, text.finish_reason, text.is_finished) == ("One", "length", False)
        pen.end("done", reason="length")
        await heard(lambda: text.is_finished)

    with_outlet(work)
    assert [sorted(fields.keys() & {"text", "whole", "end"}) for fields in entries(pk)[1:]] == [
        ["text"],
        ["whole"],
        ["end"],
    ]


def test_a_loss_of_everything_leaves_a_stream_that_ends_and_goes_away() -> None:
    async def work(outlet: Outlet) -> None:
        pen = outlet.pen(PKS[0], attempt=1)
        pen.append("One")
        await asyncio.sleep(0.05)
        streams.writing_client().delete(streams.key(PKS[0]))
        pen.append(" two")
        pen.end("done", reason="stop")

    with_outlet(work)
    found = entries(PKS[0])
    assert found == [
        {"attempt": "1", "at": "3", "text": " two"},
        {"attempt": "1", "end": "done", "reason": "stop", "length": "7"},
    ]
    kept: Any = streams.writing_client().ttl(streams.key(PKS[0]))
    assert kept > 3500


def test_redis_away_is_waited_for_without_a_word_lost(tmp_path: Any) -> None:
    async def work(outlet: Outlet) -> None:
        pen = outlet.pen(PKS[0], attempt=1)
        pen.append("One")
        await asyncio.sleep(0.1)
        outlet._client = streams.reader()
        pen.append(" two")
        await asyncio.sleep(0.1)
        pen.end("done", reason="stop")
        await asyncio.sleep(1.2)
        await outlet.flush()
        await outlet._client.aclose()

    with_outlet(work, unix_socket_path=f"{tmp_path}/nothing.sock")
    assert "".join(fields.get("text", "") for fields in entries(PKS[0])) == "One two"
