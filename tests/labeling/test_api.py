"""Labeling over the API."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from labeling.judging.criteria import add_criterion
from labeling.judging.rules import change_rules
from labeling.judging.submissions import submit_comparison
from labeling.models import Assignment, Comparison, Demonstration, Gold, Lane, Prompt, Ranking
from labeling.reviewing.asking import ask_review
from projects import tokens
from projects.models import Project, User
from tests.labeling.rows import (
    claim,
    make_comparison_task,
    make_demonstration_task,
    make_ranking_task,
)
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


def test_a_prompt_tells_its_language_and_who_may_have_it(project: Project, owner: User) -> None:
    prompt = {"prompt": "Warum?", "language": "DE", "skills": ["law"], "priority": "high"}
    path = "projects/harbour/prompts?kinds=ranking"
    assert Api(owner)("POST", path, [prompt]).json()["tasks"] == 1
    (listed,) = Api(owner)("GET", "projects/harbour/prompts").json()["results"]
    assert listed["language"] == "de"
    lane = Lane.objects.get(language="de")
    assert (lane.kind, lane.skills, lane.priority) == ("ranking", ["law"], 1)


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


def work(api: Api, kind: str) -> Any:
    answer = api("POST", "projects/harbour/next", {"kind": kind})
    assert answer.status_code == 200
    return answer.json()


def test_a_comparison_takes_marks_flags_and_activity(
    project: Project, owner: User, api: Api
) -> None:
    change_rules(by=owner, project=project, safety_flags=["rude"], scale="simple")
    add_criterion(by=owner, project=project, name="Truth", form="rating", is_required=True)
    make_comparison_task(project)
    assert api("GET", "projects/harbour/rules").json() == {
        "scale": "simple",
        "safety_flags": ["rude"],
        "justify_always": False,
        "justify_strong": False,
        "justify_disputed": False,
        "demonstrations_go_on": False,
        "daily_cap": 0,
        "idle_seconds": 60,
    }
    assert api("GET", "projects/harbour/criteria").json() == [
        {
            "key": "truth",
            "name": "Truth",
            "description": "",
            "form": "rating",
            "is_required": True,
        }
    ]
    path = f"assignments/{work(api, 'comparison')['id']}"
    refused = api("POST", f"{path}/submit", {"preference": 3, "marks": {"tone": "a"}})
    fields = [error["field"] for error in refused.json()["errors"]]
    assert (refused.status_code, fields) == (400, ["preference", "marks"])
    body = {
        "preference": 1,
        "marks": {"truth": [0, 4]},
        "flags": {"a": ["rude"]},
        "justification": "By §1.",
        "active_seconds": 0.0,
        "evidence": {"typed": 6},
    }
    assert api("POST", f"{path}/submit", body).status_code == 200
    row = Comparison.objects.get()
    assert (row.scale, row.marks, row.cites) == ("simple", {"truth": [0, 4]}, ["c-1"])
    assert row.flags == {"a": ["rude"], "b": []}
    assert row.evidence == {"typed": 6, "pasted": 0, "bulk": 0, "pastes": []}


def test_a_ranking_names_places(project: Project, api: Api) -> None:
    make_ranking_task(project, answers=("One.", "Two.", "Three."))
    task = work(api, "ranking")
    assert [sorted(candidate) for candidate in task["candidates"]] == [["place", "text"]] * 3
    assert [candidate["place"] for candidate in task["candidates"]] == [0, 1, 2]
    path = f"assignments/{task['id']}"
    half = api("PUT", f"{path}/draft", {"tiers": [[2]], "all_bad": False}).json()
    assert half["draft"] == {"tiers": [[2]], "all_bad": False}
    assert api("POST", f"{path}/submit", {"tiers": [[2], [0]]}).status_code == 400
    assert api("POST", f"{path}/submit", {}).json()["errors"][0]["field"] == "tiers"
    done = api("POST", f"{path}/submit", {"tiers": [[2], [1, 0]], "all_bad": True})
    assert (done.status_code, done.json()["kind"]) == (200, "ranking")
    row = Ranking.objects.get()
    texts = dict(row.prompt.responses.values_list("pk", "text"))
    said = [[texts[pk] for pk in tier] for tier in row.tiers]
    shown = [candidate["text"] for candidate in task["candidates"]]
    assert said == [[shown[2]], [shown[1], shown[0]]]


def test_a_conversation_goes_on(project: Project, owner: User, api: Api) -> None:
    change_rules(by=owner, project=project, demonstrations_go_on=True)
    make_demonstration_task(project)
    turns = [{"role": "user", "content": "And?"}, {"role": "assistant", "content": "So."}]
    path = f"assignments/{work(api, 'demonstration')['id']}"
    assert api("POST", f"{path}/submit", {"text": "First.", "turns": turns}).status_code == 200
    assert Demonstration.objects.get().response.turns == [
        {"role": "assistant", "content": "First."},
        *turns,
    ]


def test_a_review_shows_the_work_without_its_author(
    project: Project, labeler: User, reviewer: User
) -> None:
    make_comparison_task(project)
    held = claim(labeler, project, "comparison")
    submit_comparison(by=labeler, assignment=held, preference=-2, justification="So.")
    ask_review(by=reviewer, project=project, assignments=[held], cause="asked")
    api = Api(reviewer)
    answer = api("POST", "projects/harbour/next", {"kind": "review"})
    task = answer.json()
    assert labeler.username not in answer.content.decode()
    assert task["review"] == {
        "kind": "comparison",
        "cause": "asked",
        "is_adjudication": False,
        "clauses": [],
        "judgements": [{"preference": -2, "both_bad": False, "justification": "So."}],
    }
    assert [candidate["side"] for candidate in task["candidates"]] == ["a", "b"]
    path = f"assignments/{task['id']}/submit"
    assert api("POST", path, {}).json()["errors"][0]["field"] == "verdict"
    done = api("POST", path, {"verdict": "accept"})
    assert (done.status_code, done.json()["kind"]) == (200, "review")


def test_a_submission_may_bring_the_next_task(project: Project, owner: User, api: Api) -> None:
    change_rules(by=owner, project=project, daily_cap=2)
    for _ in range(3):
        make_demonstration_task(project)
    task = work(api, "demonstration")
    answers = []
    for _ in range(2):
        path = f"assignments/{task['id']}/submit?next=1"
        answers.append(api("POST", path, {"text": "Answer."}).json())
        task = answers[-1]["next"]
    assert [answer["submitted"]["kind"] for answer in answers] == ["demonstration"] * 2
    assert answers[0]["next"]["state"] == "open"
    assert answers[0]["barrier"] == ""
    assert answers[1]["next"] is None
    assert "today" in answers[1]["barrier"]
    assert Demonstration.objects.count() == 2


def test_without_another_task_there_is_none_next(project: Project, api: Api) -> None:
    make_demonstration_task(project)
    path = f"assignments/{work(api, 'demonstration')['id']}/submit?next=1"
    answer = api("POST", path, {"text": "Answer."}).json()
    assert (answer["next"], answer["barrier"]) == (None, "")


def test_a_submission_is_taken_back_and_corrected(project: Project, api: Api) -> None:
    make_demonstration_task(project)
    path = f"assignments/{work(api, 'demonstration')['id']}"
    first = api("POST", f"{path}/submit", {"text": "One."}).json()
    back = api("POST", f"{path}/undo", {}).json()
    assert (back["state"], back["draft"]) == ("reopened", {"text": "One."})
    second = api("POST", f"{path}/submit", {"text": "Two."}).json()
    assert (first["supersedes"], second["supersedes"]) == (None, first["id"])
    assert api("POST", f"{path}/undo").json()["draft"] == {"text": "Two."}
    assert api("POST", f"{path}/leave").json()["state"] == "submitted"
    Assignment.objects.update(ended_at=timezone.now() - timedelta(minutes=2))
    late = api("POST", f"{path}/undo", {})
    assert (late.status_code, "60 seconds" in late.json()["detail"]) == (409, True)


def test_a_pulse_counts_time(project: Project, api: Api) -> None:
    make_demonstration_task(project)
    path = f"assignments/{work(api, 'demonstration')['id']}/pulse"
    Assignment.objects.update(opened_at=timezone.now() - timedelta(minutes=1))
    assert api("POST", path, {"active_seconds": 12.5}).json()["active_seconds"] == 12.5
    assert api("POST", path, {"active_seconds": 0}).json()["active_seconds"] == 12.5
    bad: list[Any] = [
        {},
        {"active_seconds": "1"},
        {"evidence": 7},
        {"active_seconds": 1e400},
        [],
        "x",
    ]
    for body in bad:
        assert api("POST", path, body).status_code == 400


def test_a_task_is_flagged(project: Project, api: Api) -> None:
    make_demonstration_task(project)
    path = f"assignments/{work(api, 'demonstration')['id']}/flag"
    refused = api("POST", path, {"reason": "dull"})
    assert refused.json()["errors"][0]["field"] == "reason"
    assert api("POST", path, {"reason": "broken", "note": "Empty."}).status_code == 204
    assert Assignment.objects.get().state == "flagged"


def test_gold_looks_like_any_other_task(project: Project, owner: User, api: Api) -> None:
    """Same keys, same kinds of values, whether or not the answer is known."""
    seen = []
    for is_gold in (False, True):
        task = make_comparison_task(project, variant="gold:1" if is_gold else "")
        if is_gold:
            expected = {"preferences": [1], "both_bad": False}
            Gold.objects.create(task=task, expected=expected, reason="So.", created_by=owner)
        shown = work(api, "comparison")
        done = api("POST", f"assignments/{shown['id']}/submit", {"preference": 1}).json()
        seen.append((shape(shown), shape(done)))
    assert seen[0] == seen[1]


def shape(value: Any) -> Any:
    """What there is, without the values."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value).__name__


def test_a_task_is_skipped(project: Project, api: Api) -> None:
    make_demonstration_task(project)
    task = api("POST", "projects/harbour/next", {"kind": "demonstration"}).json()
    skipped = api("POST", f"assignments/{task['id']}/skip", {"reason": "cannot judge"})
    assert skipped.status_code == 204
    assert Assignment.objects.get().skip_reason == "cannot judge"


@pytest.mark.parametrize("body", [{}, {"kind": "other"}, {"kind": ["comparison"]}, [], "x", 7])
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
    for path in ("submit", "skip", "pulse", "flag", "undo", "leave"):
        assert api("POST", f"assignments/999999/{path}", {"text": "x"}).status_code == 404
    assert api("PUT", f"assignments/{10**30}/draft", {"text": "x"}).status_code == 404


def test_a_project_without_a_guideline_says_what_to_do(project: Project, owner: User) -> None:
    bare = Project.objects.create(slug="bare", name="Bare")
    bare.memberships.create(user=owner, role="owner")
    answer = Api(owner)("POST", "projects/bare/next", {"kind": "comparison"})
    assert answer.status_code == 409
    assert "guideline" in answer.json()["detail"]
