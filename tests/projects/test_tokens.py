"""API tokens: their page, and what they open."""

import pytest
from django.test import Client

from projects import tokens
from projects.models import ApiToken, Project, User
from tests.conftest import SignIn


def get_me(text: str) -> int:
    return Client().get("/api/v1/me", headers={"Authorization": f"Bearer {text}"}).status_code


def test_a_token_is_shown_once_and_opens_the_api(anyone: User, signed_in: SignIn) -> None:
    browser = signed_in(anyone)
    response = browser.post("/tokens/", {"name": "my script"})
    text = response.context["new_token"]
    assert f"<code>{text}</code>" in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    page = browser.get("/tokens/").content.decode()
    assert "my script" in page
    assert text not in page
    assert get_me(text) == 200


def test_a_revoked_token_opens_nothing(anyone: User, signed_in: SignIn) -> None:
    token, text = tokens.create(by=anyone, name="old")
    assert signed_in(anyone).post(f"/tokens/{token.pk}/revoke/")["Location"] == "/tokens/"
    assert get_me(text) == 401


def test_the_token_of_somebody_else_is_out_of_reach(
    anyone: User, stranger: User, signed_in: SignIn
) -> None:
    token, text = tokens.create(by=anyone, name="mine")
    assert signed_in(stranger).post(f"/tokens/{token.pk}/revoke/").status_code == 404
    assert get_me(text) == 200


@pytest.mark.parametrize("name", ["", "x" * 61, "a\0b"])
def test_a_name_that_breaks_a_rule_makes_no_token(
    anyone: User, signed_in: SignIn, name: str
) -> None:
    response = signed_in(anyone).post("/tokens/", {"name": name})
    assert response.status_code == 400
    assert response.context["rule"].startswith("must ")
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer ts_unknown", "Bearer \u00ff"])
def test_a_bad_header_is_answered_401_in_problem_form(db: None, header: str) -> None:
    response = Client().get("/api/v1/me", headers={"Authorization": header})
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"] == "Bearer"


def test_me_and_my_projects(project: Project, reviewer: User) -> None:
    _, text = tokens.create(by=reviewer, name="x")
    headers = {"Authorization": f"Bearer {text}"}
    me = Client().get("/api/v1/me", headers=headers).json()
    assert me == {
        "username": "rita-reviewer",
        "pseudonym": reviewer.pseudonym,
        "is_staff": False,
    }
    assert Client().get("/api/v1/projects", headers=headers).json() == {
        "next": None,
        "previous": None,
        "results": [
            {
                "slug": "harbour",
                "name": "Harbour",
                "description": "",
                "role": "reviewer",
                "arena_access": "closed",
            }
        ],
    }
