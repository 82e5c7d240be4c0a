"""Signing in and out, and the password."""

from django.test import Client
from pytest_django import Settings

from projects.models import User
from projects.sign_in import MOST_FAILURES
from tests.conftest import SignIn
from tests.factories import PASSWORD

TOO_MANY = "Too many failed attempts for this account from here."


def sign_in(client: Client, username: str, password: str, address: str = "192.0.2.1") -> str:
    response = client.post(
        "/login/", {"username": username, "password": password}, REMOTE_ADDR=address
    )
    return f"{response.status_code} {response.headers.get('Location', '')}".strip()


def test_the_right_password_signs_in(anyone: User) -> None:
    client = Client()
    assert sign_in(client, anyone.username, PASSWORD) == "302 /home/"
    assert client.session["_auth_user_id"] == str(anyone.pk)


def test_a_wrong_password_says_so_and_keeps_the_name(anyone: User) -> None:
    response = Client().post("/login/", {"username": "ada-anyone", "password": "wrong"})
    assert response.status_code == 400
    assert "Please enter a correct username and password" in response.content.decode()
    assert 'value="ada-anyone"' in response.content.decode()


def test_failures_are_bounded_for_one_account_from_one_address(anyone: User) -> None:
    client = Client()
    for _ in range(MOST_FAILURES):
        assert sign_in(client, anyone.username, "wrong") == "400"
    response = client.post(
        "/login/", {"username": "ADA-anyone", "password": PASSWORD}, REMOTE_ADDR="192.0.2.1"
    )
    assert (response.status_code, response["Retry-After"]) == (429, "600")
    assert TOO_MANY in response.content.decode()
    assert sign_in(client, anyone.username, PASSWORD, address="192.0.2.2") == "302 /home/"


def test_a_sign_in_forgets_the_failures_before_it(anyone: User) -> None:
    for _ in range(2):
        for _ in range(MOST_FAILURES - 1):
            assert sign_in(Client(), anyone.username, "wrong") == "400"
        assert sign_in(Client(), anyone.username, PASSWORD) == "302 /home/"


def test_the_address_is_the_proxys_word_only_where_proxies_are_trusted(
    anyone: User, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = 1
    for attempt in range(MOST_FAILURES + 1):
        response = Client().post(
            "/login/",
            {"username": anyone.username, "password": "wrong"},
            headers={"X-Forwarded-For": f"10.0.0.{attempt}, 198.51.100.7"},
        )
    assert response.status_code == 429


def test_nobody_is_sent_to_another_site_after_signing_in(anyone: User) -> None:
    response = Client().post(
        "/login/",
        {"username": anyone.username, "password": PASSWORD, "next": "https://evil.example/"},
    )
    assert response["Location"] == "/home/"


def test_a_nul_character_in_the_name_is_refused(db: None) -> None:
    response = Client().post("/login/", {"username": "a\0b", "password": "x"})
    assert response.status_code == 400
    assert "Null characters are not allowed" in response.content.decode()


def test_signing_out_is_a_post(anyone: User, signed_in: SignIn) -> None:
    client = signed_in(anyone)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_password_is_changed_by_who_knows_the_old_one(anyone: User, signed_in: SignIn) -> None:
    client = signed_in(anyone)
    new = {"new_password1": "a new long pass phrase", "new_password2": "a new long pass phrase"}
    assert client.post("/password/", {"old_password": "wrong", **new}).status_code == 400
    assert client.post("/password/", {"old_password": PASSWORD, **new}).status_code == 302
    anyone.refresh_from_db()
    assert anyone.check_password("a new long pass phrase")
