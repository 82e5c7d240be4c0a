"""Streams from a server that misbehaves."""

import asyncio
import gzip
import json
import socket
import time
from contextlib import aclosing
from typing import Any

import pytest

from tests.workers.scripted_server import (
    Handler,
    Script,
    Scripted,
    breaks_off,
    hangs,
    refuses,
    running,
    says,
    sends,
    trickles,
)
from workers.endpoints import chat, replies
from workers.endpoints.connections import close_session, retry_after
from workers.endpoints.errors import Broken, EndpointError, Overloaded, Refused, TimedOut
from workers.endpoints.replies import Completion
from workers.models import Endpoint


def endpoint_at(server: Scripted, **fields: Any) -> Endpoint:
    return Endpoint(is_trusted=True, name="scripted", base_url=server.base_url, **fields)


async def stream(server: Scripted, completion: Completion, **parameters: Any) -> list[str]:
    pieces = chat.stream_chat(
        endpoint_at(server, api_key="sk-key"),
        served_name="served",
        messages=[{"role": "user", "content": "Hello"}],
        parameters=parameters,
        completion=completion,
    )
    try:
        return [piece async for piece in pieces]
    finally:
        await close_session()


def ask(
    server: Scripted, completion: Completion | None = None, **parameters: Any
) -> tuple[str, Completion]:
    completion = completion or Completion()
    return "".join(asyncio.run(stream(server, completion, **parameters))), completion


def error_of(script: Script) -> EndpointError:
    with running(script) as server, pytest.raises(EndpointError) as caught:
        ask(server)
    return caught.value


def test_a_whole_reply_is_read_with_all_it_says() -> None:
    with running(says("Good", " mörning", finish_reason="length")) as server:
        text, completion = ask(server)
    assert text == completion.text == "Good mörning"
    assert completion.finish_reason == "length"
    assert completion.usage == {"prompt_tokens": 5, "completion_tokens": 2}
    assert completion.served_model == "served"


def test_the_request_carries_the_parameters_and_nothing_overrides_the_stream() -> None:
    with running() as server:
        ask(server, seed=7, stop=["\n"], temperature=0.5, top_k=4, stream=False, n=5, model="x")
    assert server.seen == [
        {
            "seed": 7,
            "stop": ["\n"],
            "temperature": 0.5,
            "top_k": 4,
            "model": "served",
            "messages": [{"role": "user", "content": "Hello"}],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ]
    assert server.authorisations == ["Bearer sk-key"]


def test_a_refusal_says_why_and_is_final() -> None:
    error = error_of(refuses(404, "The model `x` does\nnot exist."))
    assert isinstance(error, Refused)
    assert not error.is_retryable
    assert str(error) == "The endpoint refused (404): The model `x` does not exist."


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_endpoint_names_the_time_to_wait(status: int) -> None:
    error = error_of(refuses(status, Retry_After="7"))
    assert isinstance(error, Overloaded)
    assert error.is_retryable
    assert error.wait_seconds == 7


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"Retry_After": "Wed, 21 Oct 2015 07:28:30 GMT"}, 0),
        ({"Retry_After": "Wed, 21 Oct 2065 07:28:30 GMT"}, 86_400),
        ({"Retry_After": "9" * 400}, 86_400),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "-5"}, None),
        ({"Retry_After": "Wed, 99 Oct 2015 77:28:30 GMT"}, None),
        ({}, None),
    ],
)
def test_either_form_of_retry_after_is_understood(
    said: dict[str, str], seconds: float | None
) -> None:
    assert error_of(refuses(429, **said)).wait_seconds == seconds


def test_a_date_to_wait_for_is_read_by_the_servers_own_clock() -> None:
    headers = {
        "Date": "Wed, 21 Oct 2015 07:28:00 GMT",
        "Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT",
    }
    assert retry_after(headers) == 30


def test_a_failing_endpoint_may_be_asked_again() -> None:
    error = error_of(refuses(500))
    assert isinstance(error, Broken)
    assert error.is_retryable


def test_a_redirect_is_not_followed() -> None:
    with running() as elsewhere:
        error = error_of(refuses(307, Location=f"{elsewhere.base_url}/chat/completions"))
        assert elsewhere.seen == []
    assert isinstance(error, Refused)


def test_an_endpoint_that_is_not_there_is_named_as_such() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = Scripted([], port=listener.getsockname()[1])
        with pytest.raises(Broken, match="cannot be reached"):
            ask(server)


@pytest.mark.parametrize(
    "script",
    [
        breaks_off("Half an"),
        breaks_off(),
        sends("not json"),
        sends("[1]"),
        sends('{"choices": [7]}'),
        sends('{"choices": [{"delta": {"content": {"a": 1}}}]}'),
        sends('{"error": {"message": "out of memory"}}'),
        sends("[" * 100_000),
        sends("x" * 300_000),
        sends("[DONE]"),
        lambda handler: handler.answer(200, {"choices": []}),
        lambda handler: handler.raw(200, b"<html>", kind="text/html"),
    ],
)
def test_an_answer_that_makes_no_sense_is_broken(script: Script) -> None:
    assert isinstance(error_of(script), Broken)


def test_a_reply_without_done_but_with_a_finish_reason_is_whole() -> None:
    def script(handler: Handler) -> None:
        handler.begin()
        handler.chunk("All of it.", finish_reason="stop")

    with running(script) as server:
        assert ask(server)[0] == "All of it."


def test_unknown_and_missing_fields_do_no_harm() -> None:
    def script(handler: Handler) -> None:
        handler.begin()
        handler.line('{"id": 1, "choices": null, "usage": {"total_tokens": "many"}}')
        handler.line('{"choices": [{"delta": null, "logprobs": {}}]}')
        handler.line('{"model": 3, "choices": [{"delta": {"role": "assistant"}}]}')
        handler.line('{"choices": [{"delta": {"content": "Yes"}, "finish_reason": "stop"}]}')

    with running(script) as server:
        text, completion = ask(server)
    assert (text, completion.usage, completion.served_model) == ("Yes", {}, "")


def test_characters_that_cannot_be_kept_are_replaced() -> None:
    def script(handler: Handler) -> None:
        handler.begin()
        handler.line('{"choices": [{"delta": {"content": "a\\u0000b\\ud800c"}}]}')
        handler.line('{"choices": [{"delta": {}, "finish_reason": "stop"}]}')

    with running(script) as server:
        assert ask(server)[0] == "a\ufffdb\ufffdc"


def test_a_huge_answer_is_cut_off() -> None:
    def script(handler: Handler) -> None:
        handler.begin()
        while True:
            handler.chunk("x" * 60_000)

    completion = Completion()
    with running(script) as server, pytest.raises(Refused, match="256 kB"):
        ask(server, completion)
    assert completion.n_bytes < replies.OUTPUT_LIMIT_BYTES + 60_001


@pytest.mark.parametrize(
    ("limit", "script"),
    [
        ("FIRST_TOKEN_SECONDS", hangs()),
        ("FIRST_TOKEN_SECONDS", trickles()),
        ("BETWEEN_TOKENS_SECONDS", hangs("Half")),
        ("TOTAL_SECONDS", says(*["word "] * 100, pause=0.05)),
    ],
)
def test_each_time_limit_ends_the_stream(
    limit: str, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, limit, 0.4)
    started = time.monotonic()
    error = error_of(script)
    assert isinstance(error, TimedOut)
    assert error.is_retryable
    assert time.monotonic() - started < 3


def test_the_key_is_in_no_error() -> None:
    with running(refuses(401, "invalid key")) as server, pytest.raises(Refused) as caught:
        ask(server)
    assert "sk-key" not in str(caught.value)


def leaves(log: list[float]) -> Script:
    """Talks for ever and notes when nobody listens any more."""

    def script(handler: Handler) -> None:
        handler.begin()
        try:
            while not handler.scripted.leaving.wait(0.01):
                handler.chunk("word ")
        except OSError:
            log.append(time.monotonic())

    return script


async def begun(server: Scripted) -> tuple["asyncio.Task[list[str]]", Completion]:
    """A stream of which something has come."""
    completion = Completion()
    task = asyncio.create_task(stream(server, completion))
    while not completion.text:  # noqa: ASYNC110 - what fills it sets no event
        await asyncio.sleep(0.01)
    return task, completion


def wait_for(log: list[float]) -> None:
    end = time.monotonic() + 5
    while not log:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_cancelling_cuts_the_connection_at_once_and_keeps_what_has_come() -> None:
    log: list[float] = []

    async def cancel(server: Scripted) -> tuple[float, str]:
        task, completion = await begun(server)
        task.cancel()
        cancelled_at = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        return cancelled_at, completion.text

    with running(leaves(log)) as server:
        cancelled_at, text = asyncio.run(cancel(server))
        wait_for(log)
    assert log[0] - cancelled_at < 1
    assert text.startswith("word ")


def test_leaving_between_two_pieces_cuts_it_too() -> None:
    log: list[float] = []

    async def leave(server: Scripted) -> None:
        asked = chat.stream_chat(
            endpoint_at(server),
            served_name="served",
            messages=[],
            parameters={},
            completion=Completion(),
        )
        async with aclosing(asked) as pieces:
            async for _ in pieces:
                break
        await asyncio.to_thread(wait_for, log)
        await close_session()

    with running(leaves(log)) as server:
        asyncio.run(leave(server))
    assert log


def test_a_cancelled_stream_that_hangs_ends_too() -> None:
    async def cancel(server: Scripted) -> None:
        task, _ = await begun(server)
        task.cancel()
        await asyncio.wait([task], timeout=1)
        assert task.cancelled()

    with running(hangs("Half")) as server:
        asyncio.run(cancel(server))


def test_time_that_the_reader_takes_between_pieces_is_not_the_endpoints(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chat, "BETWEEN_TOKENS_SECONDS", 0.2)

    async def read_slowly(server: Scripted) -> str:
        text = ""
        asked = chat.stream_chat(
            endpoint_at(server),
            served_name="served",
            messages=[],
            parameters={},
            completion=Completion(),
        )
        async for piece in asked:
            text += piece
            await asyncio.sleep(0.5)
        await close_session()
        return text

    with running(says("One", " two", " three", pause=0.05)) as server:
        assert asyncio.run(read_slowly(server)) == "One two three"


def test_one_connection_serves_several_draws_one_after_the_other() -> None:
    def kept(handler: Handler) -> None:
        body = b'data: {"choices": [{"delta": {"content": "Yes"}, "finish_reason": "stop"}]}\n\n'
        handler.raw(200, body + b"data: [DONE]\n\n", kind="text/event-stream")
        ports.append(handler.client_address[1])

    ports: list[int] = []

    async def thrice(server: Scripted) -> None:
        for _ in range(3):
            asked = chat.stream_chat(
                endpoint_at(server),
                served_name="served",
                messages=[],
                parameters={},
                completion=Completion(),
            )
            assert [piece async for piece in asked] == ["Yes"]
        await close_session()

    with running(kept) as server:
        asyncio.run(thrice(server))
    assert len(ports) == 3
    assert len(set(ports)) == 1


def test_revision_and_logprobs_are_read_where_they_are_asked_for() -> None:
    row = {"token": " Y", "logprob": -0.5, "bytes": [1], "top_logprobs": [{"token": "N"}, 7]}
    odd = {"token": "x", "logprob": "NaN"}

    def script(handler: Handler) -> None:
        handler.begin()
        handler.line(json.dumps({"system_fingerprint": "fp_1", "choices": []}))
        handler.chunk("Y", logprobs={"content": [row, odd, 3]})
        handler.chunk(finish_reason="stop")

    with running(script) as server:
        asked = ask(server, logprobs=True)[1]
        unasked = ask(server)[1]
    assert asked.logprobs == [{"token": " Y", "logprob": -0.5, "top_logprobs": []}]
    assert (asked.revision, unasked.logprobs) == ("fp_1", None)


@pytest.mark.parametrize("reason", ["abort", "error"])
def test_a_reply_that_the_server_gave_up_is_cut_short(reason: str) -> None:
    assert isinstance(error_of(says("Half", finish_reason=reason)), Broken)


def test_a_compressed_answer_is_not_unpacked() -> None:
    def script(handler: Handler) -> None:
        packed = gzip.compress(b"data: " + b" " * 1_000_000)
        handler.raw(200, packed, kind="text/event-stream", Content_Encoding="gzip")

    assert isinstance(error_of(script), Broken)


@pytest.mark.parametrize("key", ["two\nlines", "a\x00b"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_said(key: str) -> None:
    async def talk(server: Scripted) -> None:
        asked = chat.stream_chat(
            endpoint_at(server, api_key=key),
            served_name="served",
            messages=[],
            parameters={},
            completion=Completion(),
        )
        try:
            async for _ in asked:
                pass
        finally:
            await close_session()

    with running() as server, pytest.raises(Refused) as caught:
        asyncio.run(talk(server))
    assert str(caught.value) == "The endpoint's address or key cannot be sent."
