"""Rounds over the API."""

from typing import Any

import pytest
from django.test import Client

from projects import tokens
from projects.models import Project, User
from tests.exports.judgements import make_comparison
from tests.factories import make_model

pytestmark = pytest.mark.django_db
ROUNDS = "/api/v1/projects/harbour/rounds"


@pytest.fixture
def api(owner: User) -> Client:
    token = tokens.create(by=owner, name="test")[1]
    return Client(headers={"Authorization": f"Bearer {token}"})


def sent(client: Client, method: str, path: str, body: Any = None) -> Any:
    return getattr(client, method)(path, body, content_type="application/json")


def test_a_round_is_begun_told_changed_and_taken_back(
    project: Project, labeler: User, api: Client
) -> None:
    made = make_comparison(project, labeler)
    begun = sent(api, "post", ROUNDS, {"number": 2, "name": "Second"})
    assert begun.status_code == 201
    assert (begun.json()["name"], begun.json()["judgements"]) == ("Second", {})
    first, second = api.get(ROUNDS).json()["results"]
    assert first["ended_at"] == second["began_at"] == begun.json()["began_at"]
    assert (first["judgements"], first["prompts"], first["labelers"]) == ({"comparison": 1}, 1, 1)
    assert first["guideline_versions"] == [1]
    assert sum(first["models"].values()) == len({made.response_a_id, made.response_b_id})
    model = make_model()
    changed = sent(api, "patch", f"{ROUNDS}/1", {"trained": model.name})
    assert (changed.json()["trained"], changed.json()["name"]) == (model.name, "")
    assert sent(api, "delete", f"{ROUNDS}/2").status_code == 204
    assert api.get(f"{ROUNDS}/2").status_code == 404
    assert len(api.get(ROUNDS).json()["results"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("post", "", {}, 400, "number"),
        ("post", "", {"number": "2"}, 400, "number"),
        ("post", "", {"number": 5}, 400, "number"),
        ("post", "", {"number": 2, "name": 7}, 400, "name"),
        ("post", "", {"number": 2, "began_at": "2026-01-01"}, 400, "began_at"),
        ("post", "", [2], 400, "request"),
        ("post", "", {"number": 1}, 409, None),
        ("patch", "/1", {}, 400, "request"),
        ("patch", "/1", {"number": 2}, 400, "request"),
        ("patch", "/1", {"trained": "never heard of"}, 400, "trained"),
        ("patch", "/1", {"trained": 7}, 400, "trained"),
        ("patch", "/9", {"name": "x"}, 404, None),
        ("patch", "/99999999999999999999", {"name": "x"}, 404, None),
        ("delete", "/1", None, 409, None),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name(
    project: Project, api: Client, method: str, path: str, body: Any, status: int, field: str | None
) -> None:
    answer = sent(api, method, f"{ROUNDS}{path}", body)
    assert answer.status_code == status
    if field:
        assert [problem["field"] for problem in answer.json()["errors"]] == [field]
    assert not project.rounds.filter(number__gt=1).exists()
