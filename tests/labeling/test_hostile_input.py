"""Hostile values at the doors of the work: refused by name, nothing kept, never a fault."""

import json
import time
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from labeling.models import Assignment, Ranking
from projects import tokens
from projects.checks import short
from projects.models import Project, User
from tests.conftest import SignIn
from tests.labeling.reviewed import hold, judge, make_rules, review_of
from tests.labeling.rows import make_comparison_task, make_demonstration_task, make_ranking_task

pytestmark = pytest.mark.django_db

DEEP = "[" * 900 + "]" * 900
HOSTILE: tuple[Any, ...] = (
    None, 1, -1, 1.5, True, "x", "\ud800", "\0", [], {}, [[]], [None], {"a": None}, {"0": None},
    {"a": {}}, 10**400, "9" * 5_000, {"\ud800": 1}, {"\0": 1}, {str(i): [] for i in range(500)},
)  # fmt: skip
MAKERS = {
    "demonstration": make_demonstration_task,
    "comparison": make_comparison_task,
    "ranking": make_ranking_task,
}
RIGHT: dict[str, dict[str, Any]] = {
    "demonstration": {"text": "An answer."},
    "comparison": {"preference": -1},
    "ranking": {"tiers": [[0], [1], [2]]},
    "review": {"verdict": "accept"},
}
FIELDS = {
    "demonstration": ("text", "turns"),
    "comparison": ("preference", "both_bad", "justification", "marks", "flags"),
    "ranking": ("tiers", "all_bad", "justification", "flags"),
    "review": ("verdict", "reason", "clauses", "fix"),
}
FIXES: tuple[Any, ...] = (
    [1], "x", 5, {"tiers": "x"}, {"tiers": [1]}, {"tiers": [["a"]]}, {"tiers": [[{}]]},
    {"turns": "abc"}, {"turns": [1]}, {"text": 5}, {"text": {"a": 1}},
    {"preference": [1]}, {"preference": 10**400}, {"justification": {}}, {"all_bad": "x"},
    {"tiers": [[99]]},
)  # fmt: skip


class Api:
    """Requests of one person with a token; a fault is an answer here, not an exception."""

    def __init__(self, user: User) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {tokens.create(by=user, name='test')[1]}"}

    def __call__(self, method: str, path: str, body: Any) -> Any:
        text = body if isinstance(body, str) else json.dumps(body)
        return self.client.generic(
            method,
            f"/api/v1/assignments/{path}",
            text,
            content_type="application/json",
            headers=self.headers,
        )


def _held(project: Project, kind: str, reviewer: User, labeler: User) -> tuple[Assignment, User]:
    if kind != "review":
        return hold(MAKERS[kind](project), labeler), labeler
    row = judge(make_demonstration_task(project))
    return review_of(row.assignment, reviewer), reviewer


@pytest.mark.parametrize("kind", FIELDS)
def test_no_value_of_any_field_is_a_fault(
    project: Project, reviewer: User, labeler: User, kind: str
) -> None:
    make_rules(project, safety_flags=["harm"], demonstrations_go_on=True, review_mode="all")
    held, who = _held(project, kind, reviewer, labeler)
    api, faults = Api(who), []
    for field in (*FIELDS[kind], "active_seconds", "evidence"):
        bodies = [json.dumps(RIGHT[kind] | {field: value}) for value in HOSTILE]
        bodies.append(json.dumps(RIGHT[kind] | {field: "@"}).replace('"@"', DEEP))
        bodies.append(json.dumps(RIGHT[kind] | {field: "@"}).replace('"@"', "NaN"))
        bodies.append(json.dumps(RIGHT[kind] | {field: "@"}).replace('"@"', "1e999"))
        for body in bodies:
            for method, path in (("PUT", "draft"), ("POST", "pulse"), ("POST", "submit")):
                before = transaction.savepoint()
                answer = api(method, f"{held.pk}/{path}", body)
                transaction.savepoint_rollback(before)
                if answer.status_code >= 500:
                    faults.append((field, path, body[:80]))
    assert faults == []


@pytest.mark.parametrize("kind", MAKERS)
def test_a_drafted_fix_never_keeps_its_reviewer_out(
    project: Project, reviewer: User, signed_in: SignIn, kind: str
) -> None:
    make_rules(project, review_mode="all")
    held = review_of(judge(MAKERS[kind](project)).assignment, reviewer)
    api, client = Api(reviewer), signed_in(reviewer)
    for fix in FIXES:
        answer = api("PUT", f"{held.pk}/draft", {"fix": fix})
        assert answer.status_code == 400, fix
        assert answer.json()["errors"][0]["field"].partition(".")[0] == "fix"
        assert Assignment.objects.get(pk=held.pk).draft == {}
    kept = {"text": "Better.", "preference": 2, "tiers": [[1], [0]], "all_bad": True}
    assert api("PUT", f"{held.pk}/draft", {"fix": kept}).status_code == 200
    assert client.get(f"/assignments/{held.pk}/").status_code == 200


def test_no_flags_on_a_place_are_none(project: Project, labeler: User) -> None:
    make_rules(project, safety_flags=["harm"])
    held = hold(make_ranking_task(project), labeler)
    body = RIGHT["ranking"] | {"flags": {"0": None, "1": ["harm"]}}
    assert Api(labeler)("POST", f"{held.pk}/submit", body).status_code == 200
    assert Ranking.objects.get().flags == {str(held.presented[1]): ["harm"]}


def test_a_value_too_deep_to_be_written_out_is_quoted_by_its_kind() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert [short(deep), short({}), short("x" * 99), short(None)] == [
        "a list",
        "a dict",
        "'" + "x" * 59,
        "None",
    ]


def test_a_message_full_of_pastes_is_quickly_weighed(project: Project, labeler: User) -> None:
    held = hold(make_comparison_task(project, answers=("a" * 50_000, "ab" * 25_000)), labeler)
    pastes = [
        {"field": "justification", "at_seconds": at, "chars": 20_000, "text": "aaaaaaab" * 2_500}
        for at in range(50)
    ]
    started = time.thread_time()
    evidence = {"pasted": 1_000_000, "pastes": pastes}
    body = {"active_seconds": 1, "evidence": evidence}
    assert Api(labeler)("POST", f"{held.pk}/pulse", body).status_code == 200
    assert len(Assignment.objects.get(pk=held.pk).evidence["pastes"]) == 50
    assert time.thread_time() - started < 2
