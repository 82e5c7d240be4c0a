"""The checks of endpoints against a server that misbehaves."""

import asyncio
import json

import pytest

from tests.workers.scripted_server import Handler, Scripted, running
from workers.endpoints import client
from workers.endpoints.errors import Broken, EndpointError, Refused, TimedOut
from workers.models import Endpoint


def endpoint_at(server: Scripted) -> Endpoint:
    return Endpoint(is_trusted=True, name="scripted", base_url=server.base_url)


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


def test_a_list_without_an_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "BODY_LIMIT_BYTES", 100)
    with running() as server:
        server.models = ["x" * 200]
        with pytest.raises(Broken, match="longer than"):
            client.list_models(endpoint_at(server))


def test_a_check_takes_no_longer_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CHECK_SECONDS", 0.3)
    monkeypatch.setattr(Handler, "do_GET", lambda handler: handler.scripted.leaving.wait(60))
    with running() as server:
        with pytest.raises(TimedOut):
            client.list_models(endpoint_at(server))
        assert client.check_health(endpoint_at(server)).note == str(
            TimedOut("The endpoint did not answer in time.")
        )


def test_a_plain_call_leaves_no_loop_and_no_connection_behind() -> None:
    with running() as server:
        client.list_models(endpoint_at(server))
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()


@pytest.mark.parametrize("answer", ["[]", '{"data": 7}', '{"data": [{}]}', "x", "[" * 100_000])
def test_a_list_that_makes_no_sense_is_broken(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def get(handler: Handler) -> None:
        handler.raw(200, answer.encode(), kind="application/json")

    monkeypatch.setattr(Handler, "do_GET", get)
    with running() as server, pytest.raises(EndpointError):
        client.list_models(endpoint_at(server))
