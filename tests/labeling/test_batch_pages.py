"""The pages and the API of batch draws."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.batches import stepping
from labeling.models import Batch
from projects import tokens
from projects.models import AuditEvent, Project, User
from tests.factories import make_model
from tests.labeling.rows import end, make_prompt
from workers.models import Generation

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
NEW = "/projects/harbour/batches/new/"


@pytest.fixture
def asked(project: Project) -> dict[str, Any]:
    """What the form sends, with something to draw."""
    make_prompt(project, "Why is the sky blue?", tags=["sky"], source="logs")
    make_model("north")
    return {"name": "Night", "models": ["north"], "samples": "2", "unanswered": "1"}


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def call(user: User, method: str, path: str, body: Any = None) -> Any:
    token = tokens.create(by=user, name="t")[1]
    return getattr(Client(), method)(
        f"/api/v1/projects/harbour/batches{path}",
        json.dumps(body) if body is not None else None,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def test_nothing_starts_before_its_numbers_were_seen(
    signed_in: SignIn, owner: User, asked: dict[str, Any], project: Project
) -> None:
    browser = signed_in(owner)
    form = text_of(browser.get(NEW))
    assert 'value="north"' in form
    assert "sky" in form
    shown = text_of(browser.post(NEW, asked | {"action": "start"}))
    assert "Start 2 draws" in shown
    assert "estimated: characters ÷ 4" in shown
    assert "no price is known" in shown
    assert Batch.objects.count() == 0
    make_prompt(project)
    changed = text_of(browser.post(NEW, asked | {"action": "start", "seen": "2"}))
    assert "The numbers have changed" in changed
    assert Batch.objects.count() == 0
    assert browser.post(NEW, asked | {"action": "start", "seen": "4"}).status_code == 302
    batch = Batch.objects.get()
    assert (batch.n_expected, batch.name, batch.filters["unanswered"]) == (4, "Night", True)


def test_the_form_keeps_what_was_filled_in_and_says_what_is_wrong(
    signed_in: SignIn, owner: User, asked: dict[str, Any]
) -> None:
    bad = asked | {"samples": "99", "system_prompts": ["Be <b>short</b>."], "seed": "x"}
    response = signed_in(owner).post(NEW, bad)
    assert response.status_code == 400
    text = text_of(response)
    assert "must be a whole number from 1 to 64" in text
    assert "Be &lt;b&gt;short&lt;/b&gt;." in text
    assert 'value="Night"' in text


def test_a_batch_is_followed_and_steered(
    signed_in: SignIn, owner: User, reviewer: User, asked: dict[str, Any]
) -> None:
    browser = signed_in(owner)
    browser.post(NEW, asked | {"action": "start", "seen": "2"})
    batch = Batch.objects.get()
    page = f"/projects/harbour/batches/{batch.pk}/"
    stepping.step(batch.pk)
    first, second = Generation.objects.order_by("pk")
    end(first, output="Light.")
    end(second, error="The endpoint <failed>.")
    assert "0 of 2" in text_of(browser.get(page))
    stepping.step(batch.pk)
    text = text_of(browser.get(page))
    assert "The endpoint &lt;failed&gt;." in text
    assert "Try the failed again" in text
    assert "Try the failed again" not in text_of(signed_in(reviewer).get(page))
    assert browser.post(f"{page}steer/", {"action": "retry"}).status_code == 302
    assert browser.post(f"{page}steer/", {"action": "cancel"}).status_code == 302
    assert browser.post(f"{page}steer/", {"action": "dance"}).status_code == 400
    stepping.step(batch.pk)
    assert "Go on" in text_of(browser.get(page))
    assert "Night" in text_of(browser.get("/projects/harbour/batches/"))


def test_the_file_holds_a_line_a_draw_and_is_audited(
    signed_in: SignIn, owner: User, asked: dict[str, Any]
) -> None:
    browser = signed_in(owner)
    browser.post(NEW, asked | {"action": "start", "seen": "2"})
    batch = Batch.objects.get()
    stepping.step(batch.pk)
    response = browser.get(f"/batches/{batch.pk}/generations.jsonl")
    assert response["Content-Disposition"].endswith(f'"harbour-batch-{batch.pk}.jsonl"')
    rows = [json.loads(line) for line in b"".join(response).splitlines()]
    assert [(row["model"], row["state"]) for row in rows] == [("north", "asked")] * 2
    assert AuditEvent.objects.filter(verb="batch.downloaded", actor=owner).count() == 1


def test_a_batch_of_another_project_is_not_there(
    signed_in: SignIn, owner: User, stranger: User, asked: dict[str, Any]
) -> None:
    signed_in(owner).post(NEW, asked | {"action": "start", "seen": "2"})
    batch = Batch.objects.get()
    there = signed_in(stranger)
    assert there.get(f"/projects/elsewhere/batches/{batch.pk}/").status_code == 404
    assert there.get(f"/projects/elsewhere/batches/{2**63}/").status_code == 404


def test_the_api_estimates_starts_tells_and_steers(owner: User, asked: dict[str, Any]) -> None:
    body = {"name": "Night", "models": ["north"], "samples": 2, "max_tokens": 10}
    dry = call(owner, "post", "", body | {"dry_run": True})
    assert dry.status_code == 200
    assert dry.json() == {
        "prompts": 1,
        "draws": 2,
        "prompt_tokens": 10,
        "output_tokens_at_most": 20,
        "cost_at_most": None,
        "models": [
            {
                "model": "north",
                "draws": 2,
                "prompt_tokens": 10,
                "output_tokens_at_most": 20,
                "cost_at_most": None,
            }
        ],
    }
    assert Batch.objects.count() == 0
    started = call(owner, "post", "", body)
    assert started.status_code == 202
    pk = started.json()["id"]
    assert call(owner, "get", "").json()["results"][0]["id"] == pk
    for deed, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelling")):
        assert call(owner, "post", f"/{pk}/{deed}", {}).json()["state"] == state
    assert call(owner, "post", f"/{pk}/retry", {}).status_code == 409
    one = call(owner, "get", f"/{pk}").json()
    assert (one["models"], one["failures"], one["progress"]["total"]) == (["north"], [], 2)
    token = tokens.create(by=owner, name="t")[1]
    headers = {"Authorization": f"Bearer {token}"}
    assert Client().get(f"/api/v1/batches/{pk}/generations", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"name": "x"},
        {"name": "x", "models": ["north"], "samples": 1e400},
        {"name": "x", "models": [["north"]]},
        {"name": "x", "models": ["north"], "dry_run": "yes"},
        {"name": "x", "models": ["north"], "temperature_from": {}},
        {"name": "x", "models": ["north"], "state": "done"},
    ],
)
def test_the_api_refuses_bad_input(owner: User, asked: dict[str, Any], body: Any) -> None:
    response = call(owner, "post", "", body)
    assert response.status_code == 400
    assert response.json()["detail"]
    assert Batch.objects.count() == 0
