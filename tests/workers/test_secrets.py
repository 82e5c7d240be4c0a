"""Endpoint keys: encrypted, rotated, and shown nowhere."""

import logging
import secrets

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from config import environment
from config.endpoints import EndpointSetting
from config.errors import SettingError
from tests.factories import make_endpoint
from tests.workers.scripted_server import refuses, running
from tests.workers.test_chat import error_of
from workers.models import Endpoint

KEY = "sk-very-secret"


def new_key() -> str:
    return secrets.token_urlsafe(48)


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key FROM workers_endpoint")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a_key_lies_encrypted_and_is_read_again() -> None:
    make_endpoint(api_key=KEY)
    assert KEY not in stored()
    assert Endpoint.objects.get().api_key == KEY


@pytest.mark.django_db
def test_a_new_key_in_front_reads_what_the_old_one_wrote(settings: Settings) -> None:
    old, new = new_key(), new_key()
    settings.ENDPOINT_KEYS = (old,)
    make_endpoint(api_key=KEY)
    settings.ENDPOINT_KEYS = (new, old)
    assert Endpoint.objects.get().api_key == KEY


@pytest.mark.django_db
def test_once_encrypted_anew_the_old_key_is_needless(settings: Settings) -> None:
    old, new = new_key(), new_key()
    settings.ENDPOINT_KEYS = (old,)
    make_endpoint(api_key=KEY)
    settings.ENDPOINT_KEYS = (new, old)
    call_command("reencrypt_keys")
    settings.ENDPOINT_KEYS = (new,)
    assert Endpoint.objects.get().api_key == KEY
    settings.ENDPOINT_KEYS = (old,)
    assert Endpoint.objects.get().api_key == ""


@pytest.mark.django_db
def test_keys_written_before_there_was_a_setting_stay_readable(settings: Settings) -> None:
    settings.ENDPOINT_KEYS = ()
    make_endpoint(api_key=KEY)
    settings.ENDPOINT_KEYS = (new_key(),)
    assert Endpoint.objects.get().api_key == KEY


@pytest.mark.django_db
def test_what_no_key_opens_is_kept_for_the_one_that_does(settings: Settings) -> None:
    lost = new_key()
    settings.ENDPOINT_KEYS = (lost,)
    make_endpoint(name="gpu", api_key=KEY)
    settings.ENDPOINT_KEYS = (new_key(),)
    with pytest.raises(CommandError, match="opens what is stored for gpu"):
        call_command("reencrypt_keys")
    endpoint = Endpoint.objects.get()
    assert endpoint.api_key == ""
    endpoint.save()
    settings.ENDPOINT_KEYS = (lost,)
    assert Endpoint.objects.get().api_key == KEY


def test_the_setting_wants_long_keys() -> None:
    with pytest.raises(SettingError, match="TOUCHSTONE_ENDPOINT_KEYS must list"):
        environment.load({"TOUCHSTONE_ENDPOINT_KEYS": f"{new_key()},short"})


def test_settings_do_not_show_keys_when_they_are_printed() -> None:
    key = new_key()
    told = environment.load({"TOUCHSTONE_ENDPOINT_KEYS": key, "TOUCHSTONE_SECRET_KEY": new_key()})
    assert told.endpoint_keys == (key,)
    assert key not in repr(told)
    assert told.secret_key not in repr(told)
    assert KEY not in repr(EndpointSetting(name="a", base_url="http://a/v1", api_key=KEY))


def test_neither_errors_nor_logs_hold_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    # The server says it back, as some do.
    error = error_of(refuses(401, "Incorrect API key provided: sk-key."))
    assert "sk-key" not in str(error)
    assert "sk-key" not in caplog.text


def test_nor_does_what_an_endpoint_lists_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with running() as server:
        endpoint = Endpoint(
            is_trusted=True, name="gone", base_url=server.base_url, api_key="sk-key"
        )
    assert "sk-key" not in repr(endpoint) + caplog.text
