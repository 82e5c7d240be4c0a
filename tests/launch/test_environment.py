"""What each variable means, and the sentence a wrong one gets."""

import json
import os
import stat
from pathlib import Path

import pytest

from config import environment
from config.endpoints import Weights, embedded_endpoints
from config.environment import Environment, SettingError, load, socket_folder

SECRET = "s" * 60


def production(data: Path, **changes: str) -> dict[str, str]:
    return {
        "TOUCHSTONE_DATA": str(data),
        "DATABASE_URL": "postgresql://app:pw@db.example.org/touchstone",
        "REDIS_URL": "redis://cache.example.org:6379/0",
        "TOUCHSTONE_SECRET_KEY": SECRET,
        "TOUCHSTONE_HOSTS": "touchstone.example.org",
        "TOUCHSTONE_MODELS": "[]",
        **changes,
    }


def embedded(data: Path, **changes: str) -> Environment:
    return load({"TOUCHSTONE_DATA": str(data), **changes})


def test_with_nothing_set_everything_is_embedded_and_local(tmp_path: Path) -> None:
    found = embedded(tmp_path)

    assert found.is_embedded
    assert found.is_redis_embedded
    assert not found.https
    assert not found.debug
    assert (found.bind, found.port, found.model_port) == ("127.0.0.1", 8000, 8001)
    assert found.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")
    assert found.database["HOST"] == str(found.database_socket_folder)
    assert found.redis_url == f"unix://{found.redis_socket}?db=1"
    assert found.broker_url == f"redis+socket://{found.redis_socket}?virtual_host=0"
    assert found.address == "http://localhost:8000"


def test_the_data_folder_is_var_in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_kept_secret", lambda path: SECRET)

    assert load({}).data_folder == environment.REPOSITORY / "var"


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first, second = embedded(tmp_path), embedded(tmp_path)

    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 50
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_configured_database_means_production(tmp_path: Path) -> None:
    found = load(production(tmp_path))

    assert not found.is_embedded
    assert found.https
    assert found.database["HOST"] == "db.example.org"
    assert found.redis_url == found.broker_url == "redis://cache.example.org:6379/0"
    assert found.csrf_trusted_origins == ("https://touchstone.example.org",)
    assert found.model_endpoints == ()


def test_a_redis_on_a_socket_gets_each_library_its_own_address(tmp_path: Path) -> None:
    found = load(production(tmp_path, REDIS_URL="unix:///run/valkey.sock?db=3"))

    assert found.redis_url == "unix:///run/valkey.sock?db=3"
    assert found.broker_url == "redis+socket:///run/valkey.sock?virtual_host=3"


def test_a_redis_with_tls_has_its_certificate_checked_by_celery_too(tmp_path: Path) -> None:
    found = load(production(tmp_path, REDIS_URL="rediss://cache.example.org:6380/0"))

    assert found.broker_url == "rediss://cache.example.org:6380/0?ssl_cert_reqs=required"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"TOUCHSTONE_SECRET_KEY": ""}, "TOUCHSTONE_SECRET_KEY must be set when DATABASE_URL is"),
        ({"TOUCHSTONE_SECRET_KEY": "short"}, "TOUCHSTONE_SECRET_KEY is too short"),
        ({"TOUCHSTONE_HOSTS": ""}, "TOUCHSTONE_HOSTS must be set when DATABASE_URL is"),
        ({"TOUCHSTONE_HOSTS": "https://a.org"}, "TOUCHSTONE_HOSTS holds 'https://a.org'"),
        ({"TOUCHSTONE_ORIGINS": "a.org"}, "TOUCHSTONE_ORIGINS holds 'a.org'"),
        ({"DATABASE_URL": "mysql://db/x"}, "DATABASE_URL must name a PostgreSQL"),
        ({"REDIS_URL": "memcached://x"}, "REDIS_URL must name a Redis"),
        ({"PORT": "eighty"}, "PORT is 'eighty'; set it to a whole number from 1 to 65000"),
        ({"PORT": "0"}, "PORT is '0'"),
        ({"PORT": "٣"}, "PORT is '٣'"),
        ({"MODEL_PORT": "-1"}, "MODEL_PORT is '-1'"),
        ({"TOUCHSTONE_TRUSTED_PROXIES": "many"}, "TOUCHSTONE_TRUSTED_PROXIES is 'many'"),
        ({"TOUCHSTONE_HTTPS": "maybe"}, "TOUCHSTONE_HTTPS is 'maybe'; set it to 1 or 0"),
        ({"TOUCHSTONE_DEBUG": "2"}, "TOUCHSTONE_DEBUG is '2'"),
        ({"TOUCHSTONE_LOG_LEVEL": "loud"}, "TOUCHSTONE_LOG_LEVEL is 'LOUD'"),
        ({"TOUCHSTONE_SIGNING_KEY": "ab" * 31}, "must be 64 hexadecimal digits"),
        ({"TOUCHSTONE_SIGNING_KEY": "g" * 64}, "must be 64 hexadecimal digits"),
        ({"TOUCHSTONE_EXPORT_FOLDERS": "/srv/a,b"}, "TOUCHSTONE_EXPORT_FOLDERS holds 'b'"),
        ({"TOUCHSTONE_MODELS": "[{"}, "TOUCHSTONE_MODELS is not valid JSON"),
        ({"TOUCHSTONE_MODELS": "{}"}, "TOUCHSTONE_MODELS must be a JSON list"),
        ({"TOUCHSTONE_MODELS": "/nowhere.json"}, "neither a JSON list nor a readable file"),
        ({"TOUCHSTONE_MODELS": "[1]"}, "endpoint 1: must be an object"),
        ({"TOUCHSTONE_MODELS": '[{"name": "a"}]'}, "endpoint 1: base_url is missing"),
        (
            {"TOUCHSTONE_MODELS": '[{"name": "a", "base_url": "gpu"}]'},
            "endpoint 1: base_url must be an address",
        ),
        (
            {"TOUCHSTONE_MODELS": '[{"name": "a", "base_url": "http://g", "modles": []}]'},
            "endpoint 1: unknown field 'modles'",
        ),
        (
            {"TOUCHSTONE_MODELS": '[{"name": "a", "base_url": "http://g", "models": [{}]}]'},
            "endpoint 1, model 1: name is missing",
        ),
    ],
)
def test_a_wrong_value_gets_a_sentence(
    tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingError) as caught:
        load(production(tmp_path, **changes))

    assert sentence in str(caught.value)


def test_a_data_folder_that_cannot_be_written_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingError, match="TOUCHSTONE_DATA"):
        embedded(tmp_path / "file")


def test_configured_models_are_read_from_text_or_from_a_file(tmp_path: Path) -> None:
    models = [{"name": "Ada", "served_name": "ada-7b", "sampling": {"temperature": 0.5}}]
    text = json.dumps([{"name": "gpu", "base_url": "http://gpu:8000/v1/", "models": models}])
    file = tmp_path / "models.json"
    file.write_text(text)

    found = embedded(tmp_path, TOUCHSTONE_MODELS=text)

    assert found == embedded(tmp_path, TOUCHSTONE_MODELS=str(file))
    assert not found.embedded_models
    (endpoint,) = found.model_endpoints
    assert endpoint.base_url == "http://gpu:8000/v1"
    assert endpoint.models[0].served_name == "ada-7b"
    assert endpoint.models[0].sampling == {"temperature": 0.5}


def test_a_model_name_used_twice_is_refused(tmp_path: Path) -> None:
    row = {"base_url": "http://gpu/v1", "models": [{"name": "Ada"}]}
    text = json.dumps([{"name": "one", **row}, {"name": "two", **row}])

    with pytest.raises(SettingError, match="the model name 'Ada' is used twice"):
        embedded(tmp_path, TOUCHSTONE_MODELS=text)


def test_one_set_of_weights_gives_two_labelled_contenders() -> None:
    weights = Weights(served_name="smollm2-135m", path=Path("/x.gguf"), sha256="")

    (endpoint,) = embedded_endpoints([weights], model_port=9401)

    assert endpoint.base_url == "http://127.0.0.1:9401/v1"
    assert [model.name for model in endpoint.models] == [
        "SmolLM2 135M · steady",
        "SmolLM2 135M · lively",
    ]
    assert {model.weights for model in endpoint.models} == {"SmolLM2-135M-Instruct (Q4_1)"}
    assert endpoint.models[0].sampling != endpoint.models[1].sampling


def test_sockets_of_a_deep_data_folder_lie_in_a_short_private_one(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)

    folder = socket_folder(deep)

    assert folder == socket_folder(deep)
    assert folder.parent == Path("/tmp")  # noqa: S108
    assert len(os.fsencode(folder / environment.LONGEST_SOCKET_NAME)) <= 100
    assert socket_folder(tmp_path / "x") != folder


def test_exports_are_signed_and_sent_to_folders_only_where_that_is_said(tmp_path: Path) -> None:
    plain = embedded(tmp_path)
    assert (plain.signing_key, plain.export_folders) == ("", ())
    told = {"TOUCHSTONE_SIGNING_KEY": "AB" * 32, "TOUCHSTONE_EXPORT_FOLDERS": "/srv/a, /srv/b"}
    found = embedded(tmp_path, **told)
    assert found.signing_key == "ab" * 32
    assert found.export_folders == (Path("/srv/a"), Path("/srv/b"))
    assert "abab" not in repr(found)
