"""What caches on the way may keep: nothing that is somebody's own."""

import pytest
from django.test import Client

from projects import tokens
from projects.models import Project, User
from tests.conftest import SignIn

pytestmark = pytest.mark.django_db

PAGES = (
    "guideline/",
    "guideline/versions/1/",
    "guideline/versions/1/fragment/",
    "guideline/versions/1/clauses.json",
    "quizzes/",
    "members/",
    "settings/",
    "exports/",
    "quality/",
)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_somebody_signed_in_is_private(
    project: Project, owner: User, signed_in: SignIn, page: str
) -> None:
    answer = signed_in(owner).get(f"/projects/harbour/{page}")
    assert answer.status_code == 200
    assert "private" in answer["Cache-Control"]
    assert "Cookie" in answer["Vary"]


@pytest.mark.parametrize(
    "page", ["guideline/versions/1/fragment/", "guideline/versions/1/clauses.json"]
)
def test_what_is_kept_for_ever_is_kept_by_its_reader_only(
    project: Project, stranger: User, signed_in: SignIn, page: str
) -> None:
    for client, status in ((signed_in(stranger), 404), (Client(), 302)):
        answer = client.get(f"/projects/harbour/{page}")
        assert answer.status_code == status
        assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_an_answer_to_a_token_is_private(project: Project, owner: User) -> None:
    token = tokens.create(by=owner, name="test")[1]
    answer = Client().get(
        "/api/v1/projects/harbour/guideline", headers={"Authorization": f"Bearer {token}"}
    )
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-cache")


def test_a_public_page_says_nothing_of_it() -> None:
    assert not Client().get("/leaderboard/").has_header("Cache-Control")
