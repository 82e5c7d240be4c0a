"""The client against a server that misbehaves."""

import json
import socket
import time
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
from workers import client
from workers.client import Broken, Completion, EndpointError, Overloaded, Refused, TimedOut
from workers.models import Endpoint


def endpoint_at(server: Scripted, **fields: Any) -> Endpoint:
    return Endpoint(is_trusted=True, name="scripted", base_url=server.base_url, **fields)


def ask(
    server: Scripted, completion: Completion | None = None, **parameters: Any
) -> tuple[str, Completion]:
    completion = completion or Completion()
    pieces = client.stream_chat(
        endpoint_at(server, api_key="sk-key"),
        served_name="served",
        messages=[{"role": "user", "content": "Hello"}],
        parameters=parameters,
        completion=completion,
    )
    return "".join(pieces), completion


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


def test_a_date_in_retry_after_is_left_alone() -> None:
    assert error_of(refuses(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")).wait_seconds is None


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
    assert completion.n_bytes < client.OUTPUT_LIMIT_BYTES + 60_001


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
    monkeypatch.setattr(client, limit, 0.4)
    started = time.monotonic()
    error = error_of(script)
    assert isinstance(error, TimedOut)
    assert error.is_retryable
    assert time.monotonic() - started < 3


def test_the_key_is_in_no_error() -> None:
    with running(refuses(401, "invalid key")) as server, pytest.raises(Refused) as caught:
        ask(server)
    assert "sk-key" not in str(caught.value)


def test_the_models_of_an_endpoint_are_listed() -> None:
    with running() as server:
        server.models = ["one", "two"]
        assert client.list_models(endpoint_at(server)) == ["one", "two"]


def test_an_address_without_models_is_asked_about_its_end() -> None:
    with running() as server:
        endpoint = Endpoint(
            is_trusted=True, name="short", base_url=server.base_url.removesuffix("/v1")
        )
        with pytest.raises(Refused, match=r"\(404\)\..* Does its address end in /v1\?"):
            client.list_models(endpoint)


@pytest.mark.parametrize(("status", "is_ready"), [(200, True), (404, True), (503, False)])
def test_health_falls_back_to_the_list_of_models(status: int, is_ready: bool) -> None:
    with running() as server:
        server.health_status = status
        assert client.check_health(endpoint_at(server)).is_ready is is_ready


def test_health_of_a_server_that_is_not_there() -> None:
    health = client.check_health(
        Endpoint(is_trusted=True, name="gone", base_url="http://127.0.0.1:9/v1")
    )
    assert not health.is_ready
    assert json.dumps(health.note) == '"The endpoint cannot be reached."'
