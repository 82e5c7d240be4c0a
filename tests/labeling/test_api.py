"""Labeling over the API."""

import json
from typing import Any

import pytest
from django.test import Client

from labeling.models import Assignment, Comparison, Demonstration, Prompt
from projects import tokens
from projects.models import Project, User
from tests.labeling.rows import claim, make_comparison_task, make_demonstration_task
from workers.models import LanguageModel

pytestmark = pytest.mark.django_db


class Api:
    """A client that speaks JSON as one person."""

    def __init__(self, user: User) -> None:
        self.headers = {"Authorization": f"Bearer {tokens.create(by=user, name='test')[1]}"}

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Client().generic(
            method, f"/api/v1/{path}", data, content_type="application/json", headers=self.headers
        )


@pytest.fixture
def api(labeler: User) -> Api:
    return Api(labeler)


def test_prompts_are_added_and_listed(project: Project, owner: User) -> None:
    api = Api(owner)
    answer = api("POST", "projects/harbour/prompts", [{"prompt": "Why?", "external_id": "1"}])
    assert (answer.status_code, answer.json()) == (201, {"added": 1, "unchanged": 0, "tasks": 2})
    listed = api("GET", "projects/harbour/prompts").json()
    assert listed["next"] is None
    (prompt,) = listed["results"]
    assert prompt["messages"] == [{"role": "user", "content": "Why?"}]
    assert prompt["external_id"] == "1"


def test_prompts_may_make_one_kind_of_task(project: Project, owner: User) -> None:
    path = "projects/harbour/prompts?kinds=comparison"
    assert Api(owner)("POST", path, [{"prompt": "Why?"}]).json()["tasks"] == 1
    refused = Api(owner)("POST", "projects/harbour/prompts?kinds=review", [{"prompt": "Why?"}])
    assert refused.json()["errors"][0]["field"] == "kinds"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([{"prompt": 1}], 400),
        ({}, 400),
        ([], 400),
        (None, 400),
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"[NaN]", 400),
        (b'[{"prompt": "a", "prompt": "b"}]', 400),
        (b'[{"prompt": "\\u0000"}]', 400),
        (b'[{"prompt": "\\ud800"}]', 400),
        (b"[" * 200_000, 400),
        (b'["' + b"x" * 4 * 1024 * 1024 + b'"]', 413),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_bad_prompts_are_refused_as_problem_details(
    project: Project, owner: User, body: Any, status: int
) -> None:
    answer = Api(owner)("POST", "projects/harbour/prompts", body)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert not Prompt.objects.exists()


def test_problems_name_line_field_and_rule(project: Project, owner: User) -> None:
    answer = Api(owner)("POST", "projects/harbour/prompts", [{"prompt": "a"}, {"prompt": 7}])
    assert answer.json()["errors"] == [{"field": "prompt", "rule": "must be a text", "line": 2}]


def test_a_demonstration_from_next_to_submitted(project: Project, api: Api) -> None:
    make_demonstration_task(project, "Why?")
    task = api("POST", "projects/harbour/next", {"kind": "demonstration"}).json()
    assert task["prompt"]["messages"][0]["content"] == "Why?"
    assert (task["kind"], task["guideline_version"], task["candidates"]) == ("demonstration", 1, [])
    path = f"assignments/{task['id']}"
    assert api("PUT", f"{path}/draft", {"text": "Half"}).json()["draft"] == {"text": "Half"}
    first = api("POST", f"{path}/submit", {"text": "Whole."})
    again = api("POST", f"{path}/submit", {"text": "Other."})
    assert (first.status_code, first.json()) == (200, again.json())
    assert Demonstration.objects.get().response.text == "Whole."
    nothing = api("POST", "projects/harbour/next", {"kind": "demonstration"})
    assert (nothing.status_code, nothing.content) == (204, b"")


def test_a_comparison_tells_sides_and_no_models(project: Project, api: Api) -> None:
    make_comparison_task(project, answers=("One.", "Two."))
    answer = api("POST", "projects/harbour/next", {"kind": "comparison"})
    task = answer.json()
    assert [side["side"] for side in task["candidates"]] == ["a", "b"]
    assert {side["text"] for side in task["candidates"]} == {"One.", "Two."}
    for model in LanguageModel.objects.all():
        assert model.name not in answer.content.decode()
    body = {"preference": None, "both_bad": True, "justification": "Neither."}
    assert api("POST", f"assignments/{task['id']}/submit", body).status_code == 200
    assert Comparison.objects.get().both_bad is True


def test_a_task_is_skipped(project: Project, api: Api) -> None:
    make_demonstration_task(project)
    task = api("POST", "projects/harbour/next", {"kind": "demonstration"}).json()
    skipped = api("POST", f"assignments/{task['id']}/skip", {"reason": "cannot judge"})
    assert skipped.status_code == 204
    assert Assignment.objects.get().skip_reason == "cannot judge"


@pytest.mark.parametrize("body", [{}, {"kind": "review"}, {"kind": ["comparison"]}, [], "x", 7])
def test_a_bad_next_is_refused(project: Project, api: Api, body: Any) -> None:
    assert api("POST", "projects/harbour/next", body).status_code == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "preference"),
        ({"preference": 9}, "preference"),
        ({"preference": "1"}, "preference"),
        ({"preference": 1e400}, None),
        ({"preference": 1, "both_bad": True}, "preference"),
        ({"preference": 1, "justification": 7}, "justification"),
        ({"preference": 1, "justification": "\0"}, "justification"),
        ([], "body"),
    ],
    ids=repr,
)
def test_a_bad_judgement_is_refused(
    project: Project, labeler: User, api: Api, body: Any, field: str | None
) -> None:
    make_comparison_task(project)
    assignment = claim(labeler, project, "comparison")
    answer = api("POST", f"assignments/{assignment.pk}/submit", body)
    assert answer.status_code == 400
    if field:
        assert answer.json()["errors"][0]["field"] == field
    assert not Comparison.objects.exists()


def test_an_assignment_of_nobody_is_not_found(project: Project, api: Api) -> None:
    for path in ("submit", "skip"):
        assert api("POST", f"assignments/999999/{path}", {"text": "x"}).status_code == 404
    assert api("PUT", f"assignments/{10**30}/draft", {"text": "x"}).status_code == 404


def test_a_project_without_a_guideline_says_what_to_do(project: Project, owner: User) -> None:
    bare = Project.objects.create(slug="bare", name="Bare")
    bare.memberships.create(user=owner, role="owner")
    answer = Api(owner)("POST", "projects/bare/next", {"kind": "comparison"})
    assert answer.status_code == 409
    assert "guideline" in answer.json()["detail"]
