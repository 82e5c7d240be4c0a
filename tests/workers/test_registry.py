"""Models added by hand, by command and by the settings."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from config.endpoints import EndpointSetting, ModelSetting
from projects.errors import Conflict, InvalidInput
from projects.models import AuditEvent
from tests.factories import make_endpoint, make_model
from tests.workers.scripted_server import running
from workers.endpoints.errors import EndpointError
from workers.models import Endpoint, LanguageModel
from workers.registry import add_model, clean_sampling, sync_from_settings

pytestmark = pytest.mark.django_db


def add(base_url: str, **fields: Any) -> LanguageModel:
    given = {"by": None, "name": "served", "base_url": base_url, "is_trusted": True}
    return add_model(**given | fields)


def command(*arguments: str) -> str:
    out = io.StringIO()
    call_command("add_model", *arguments, stdout=out)
    return out.getvalue()


def test_a_model_comes_with_its_endpoint_and_an_audit_row() -> None:
    with running() as server:
        model = add(f"{server.base_url}/", name="My model", served_name="served")
    assert model.endpoint
    assert model.endpoint.base_url == server.base_url
    assert model.endpoint.health == Endpoint.Health.READY
    assert LanguageModel.objects.up().get() == model
    assert AuditEvent.objects.get().verb == "model.added"


def test_two_models_share_an_endpoint() -> None:
    with running() as server:
        first = add(server.base_url)
        second = add(server.base_url, name="warmer", served_name="served")
    assert first.endpoint == second.endpoint


def test_a_name_that_is_taken_is_refused() -> None:
    make_model("served")
    with running() as server, pytest.raises(Conflict, match="named 'served' already"):
        add(server.base_url)


def test_a_name_the_endpoint_does_not_serve_is_refused_with_those_it_does() -> None:
    with running() as server, pytest.raises(InvalidInput, match="it serves served"):
        add(server.base_url, served_name="other")
    assert Endpoint.objects.count() == LanguageModel.objects.count() == 0


def test_an_endpoint_that_does_not_answer_is_not_added() -> None:
    with pytest.raises(EndpointError, match="cannot be reached"):
        add("http://127.0.0.1:9/v1")
    assert Endpoint.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"organisation": "\ud800"}, "organisation"),
        ({"base_url": "ftp://example.org"}, "base_url"),
        ({"base_url": "http://"}, "base_url"),
        ({"base_url": "http://host:port/v1"}, "base_url"),
        ({"base_url": "http://me:secret@example.org/v1"}, "base_url"),
        ({"base_url": "http://example.org/v1?key=1"}, "base_url"),
        ({"sampling": {"temperature": 9}}, "sampling"),
        ({"sampling": {"temperature": float("nan")}}, "sampling"),
        ({"sampling": {"top_k": float("inf")}}, "sampling"),
        ({"sampling": {"stop": "\0"}}, "sampling"),
        ({"sampling": {"stop": "\ud800"}}, "sampling"),
        ({"sampling": {"stream": False}}, "sampling"),
        ({"sampling": [1]}, "sampling"),
    ],
)
def test_each_bad_field_is_named_and_nothing_is_stored(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        add(**{"base_url": "http://127.0.0.1:9/v1", **fields})
    assert [problem.field for problem in caught.value.problems] == [field]
    assert Endpoint.objects.count() == 0


def test_sampling_may_hold_what_the_endpoint_knows() -> None:
    given = {"temperature": 0.7, "top_k": 40, "stop": ["\n"]}
    assert clean_sampling(given) == given


def test_a_key_lies_encrypted() -> None:
    endpoint = make_endpoint(api_key="sk-very-secret")
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key FROM workers_endpoint WHERE id = %s", [endpoint.pk])
        kept = cursor.fetchone()[0]
    assert "secret" not in kept
    assert Endpoint.objects.get().api_key == "sk-very-secret"


def test_the_command_adds_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("sk-key\n"))
    with running() as server:
        said = command(
            "My model",
            f"--endpoint-url={server.base_url}",
            "--served-name=served",
            "--api-key-stdin",
            "--temperature=0.5",
            "--open",
        )
    model = LanguageModel.objects.select_related("endpoint").get()
    assert said.startswith("Added My model on 127.0.0.1:")
    assert (model.sampling, model.is_open) == ({"temperature": 0.5}, True)
    assert model.endpoint
    assert model.endpoint.api_key == "sk-key"


def test_the_command_says_what_is_wrong_and_adds_nothing() -> None:
    with running() as server, pytest.raises(CommandError) as caught:
        command("My model", f"--endpoint-url={server.base_url}")
    assert str(caught.value).startswith("Nothing was added. served_name: the endpoint does not")
    assert caught.value.returncode == 1
    assert LanguageModel.objects.count() == 0


def test_check_models_prints_what_each_endpoint_says() -> None:
    out = io.StringIO()
    with running() as server:
        add(server.base_url)
        server.models = ["something else"]
        call_command("check_models", stdout=out)
    assert out.getvalue().endswith(": Ready: It does not serve served.\n")


def test_check_models_fails_when_an_endpoint_is_down() -> None:
    make_endpoint()
    with pytest.raises(CommandError, match="Not every endpoint is ready"):
        call_command("check_models", stdout=io.StringIO())
    assert Endpoint.objects.get().health == Endpoint.Health.DOWN


def named(*models: str) -> tuple[EndpointSetting, ...]:
    return (
        EndpointSetting(
            name="gpu-1",
            base_url="http://gpu-1:8000/v1",
            models=tuple(ModelSetting(name=name, served_name=name) for name in models),
        ),
    )


def test_the_settings_are_followed_twice_alike(settings: Any) -> None:
    settings.MODEL_ENDPOINTS = named("a", "b")
    sync_from_settings()
    sync_from_settings()
    assert Endpoint.objects.count() == 1
    assert sorted(m.name for m in LanguageModel.objects.drawable()) == ["a", "b"]


def test_what_has_gone_from_the_settings_is_switched_off_and_kept(settings: Any) -> None:
    by_hand = make_model("by hand")
    settings.MODEL_ENDPOINTS = named("a", "b")
    sync_from_settings()
    beside = make_model("beside", endpoint=Endpoint.objects.get(name="gpu-1"))
    settings.MODEL_ENDPOINTS = named("a")
    sync_from_settings()
    assert {m.name for m in LanguageModel.objects.drawable()} == {"a", "by hand", beside.name}
    settings.MODEL_ENDPOINTS = ()
    sync_from_settings()
    assert list(LanguageModel.objects.drawable()) == [by_hand]
    assert LanguageModel.objects.count() == 4
    settings.MODEL_ENDPOINTS = named("a", "b")
    sync_from_settings()
    assert LanguageModel.objects.drawable().count() == 4


def test_a_bound_is_kept_and_one_that_is_none_is_refused(db: None) -> None:
    with running() as server:
        with pytest.raises(InvalidInput, match="most_in_flight"):
            add(server.base_url, most_in_flight=0)
        model = add(server.base_url, most_in_flight=256)
    assert model.endpoint
    assert model.endpoint.most_in_flight == 256


def test_a_model_that_is_here_already_is_left_as_it_is_when_that_is_asked_for(db: None) -> None:
    with running() as server:
        for _ in range(2):
            call_command("add_model", "served", endpoint_url=server.base_url, if_missing=True)
        with pytest.raises(CommandError, match="already"):
            call_command("add_model", "served", endpoint_url=server.base_url)
    assert LanguageModel.objects.count() == 1
