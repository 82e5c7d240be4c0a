"""Recipes over the API: asked for at once, estimated, kept, changed, set to a schedule."""

from typing import Any

import pytest
from django.test import Client

from exports.models import Export, SavedRecipe, Schedule
from exports.recipe import KINDS
from exports.snapshots.requests import export_now
from labeling.models import Comparison
from projects import tokens
from projects.models import Project, User
from tests.exports.judgements import make_comparison, make_demonstration, next_of

pytestmark = pytest.mark.django_db(transaction=True)
EXPORTS = "/api/v1/projects/harbour/exports"
RECIPES = "/api/v1/projects/harbour/export-recipes"


@pytest.fixture
def api(reviewer: User) -> Client:
    token = tokens.create(by=reviewer, name="test")[1]
    return Client(headers={"Authorization": f"Bearer {token}"})


def sent(client: Client, method: str, path: str, body: Any = None) -> Any:
    return getattr(client, method)(path, body, content_type="application/json")


def test_an_export_is_asked_for_by_a_recipe(project: Project, api: Client) -> None:
    recipe = {"kind": "reward", "file_type": "parquet", "splits": {"test": 100}}
    answer = sent(api, "post", EXPORTS, {"recipe": recipe})
    assert answer.status_code == 202
    assert Export.objects.get().recipe == recipe
    told = answer.json()["recipe"]
    assert (told["splits"]["test"], told["splits"]["validation"]) == (100, 0)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"recipe": None}, "recipe"),
        ({"recipe": []}, "recipe"),
        ({"recipe": {}}, "recipe.kind"),
        ({"recipe": {"kind": "sft", "nothing": 1}}, "recipe.nothing"),
        ({"recipe": {"kind": "sft", "selection": {"since": "x"}}}, "recipe.selection.since"),
        ({"recipe": {"kind": "sft", "splits": {"test": True}}}, "recipe.splits.test"),
        ({"recipe": {"kind": "raw", "format": "openai"}}, "recipe.format"),
        (
            {"recipe": {"kind": "prompts", "selection": {"models": ["x"]}}},
            "recipe.selection.models",
        ),
        ({"kind": "sft", "with_machine": True}, "with_machine"),
        ({"recipe": {"kind": "sft"}, "kind": "sft"}, "kind"),
    ],
)
def test_a_broken_rule_is_named_by_its_place(
    project: Project, api: Client, body: Any, field: str
) -> None:
    answer = sent(api, "post", EXPORTS, body)
    assert answer.status_code == 400
    assert [problem["field"] for problem in answer.json()["errors"]] == [field]
    assert not Export.objects.exists()


def test_an_estimate_tells_rows_and_reasons_and_a_preview_the_rows(
    project: Project, labeler: User, api: Client
) -> None:
    make_comparison(project, labeler)
    make_comparison(project, labeler, preference=0)
    recipe = {"recipe": {"kind": "preferences", "format": "openai"}}
    told = sent(api, "post", f"{EXPORTS}/estimate", recipe).json()
    assert (told["rows"], told["n_judgements"], told["is_sample"]) == (1, 2, False)
    assert [lost["number"] for lost in told["dropped"]] == [1]
    [row] = sent(api, "post", f"{EXPORTS}/preview", recipe).json()["rows"]
    assert row["preferred_output"][0]["role"] == "assistant"
    wrong = sent(api, "post", f"{EXPORTS}/preview", {**recipe, "limit": 21})
    assert wrong.json()["errors"][0]["field"] == "limit"


def test_a_recipe_is_kept_changed_exported_by_and_deleted(project: Project, api: Client) -> None:
    made = sent(api, "post", RECIPES, {"name": "Weekly", "recipe": {"kind": "sft"}}).json()
    path = f"/api/v1/export-recipes/{made['id']}"
    changed = sent(api, "patch", path, {"name": "Daily", "recipe": {"kind": "prompts"}}).json()
    assert (changed["name"], changed["recipe"]["kind"]) == ("Daily", "prompts")
    assert [each["name"] for each in api.get(RECIPES).json()["results"]] == ["Daily"]
    assert sent(api, "post", f"{path}/exports").status_code == 202
    assert Export.objects.get().kind == "prompts"
    assert sent(api, "delete", path).status_code == 204
    assert not SavedRecipe.objects.exists()
    assert Export.objects.exists()


def test_a_kept_recipe_that_is_refused_now_is_still_told(
    project: Project, reviewer: User, api: Client
) -> None:
    data = {"kind": "prompts", "selection": {"models": ["heron"]}}
    saved = SavedRecipe.objects.create(project=project, name="Old", data=data, by=reviewer)
    path = f"/api/v1/export-recipes/{saved.pk}"
    assert api.get(path).json()["recipe"]["selection"]["models"] == ["heron"]
    answer = sent(api, "post", f"{path}/exports")
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == ["selection.models"]


def test_a_schedule_is_set_and_taken_back(project: Project, api: Client) -> None:
    made = sent(api, "post", RECIPES, {"name": "Weekly", "recipe": {"kind": "sft"}}).json()
    path = f"/api/v1/export-recipes/{made['id']}/schedule"
    told = sent(api, "put", path, {"every": "week", "weekday": 6, "hour": 23}).json()
    assert (told["every"], told["weekday"], told["is_on"]) == ("week", 6, True)
    wrong = sent(api, "put", path, {"every": "hour", "hour": 24})
    assert {problem["field"] for problem in wrong.json()["errors"]} == {"every", "hour"}
    assert sent(api, "delete", path).status_code == 204
    assert not Schedule.objects.exists()


def test_two_exports_are_compared(project: Project, labeler: User, api: Client) -> None:
    before = export_now(project=project, kind="sft")
    make_demonstration(project, labeler, "An answer.")
    after = export_now(project=project, kind="sft")
    told = api.get(f"/api/v1/exports/{before.public_id}/diff/{after.public_id}").json()
    assert (told["rows_before"], told["rows_after"], told["added"]) == (0, 1, 1)
    assert told["samples"]["added"][0]["before"] is None


def test_the_table_of_formats_names_every_kind_somewhere(project: Project, api: Client) -> None:
    told = api.get("/api/v1/export-formats").json()
    assert {kind for each in told for kind in each["kinds"]} == set(KINDS)


def test_a_change_of_nothing_is_refused(project: Project, api: Client) -> None:
    made = sent(api, "post", RECIPES, {"name": "Weekly", "recipe": {"kind": "sft"}})
    path = f"/api/v1/export-recipes/{made.json()['id']}"
    for body in ({}, {"names": "Other"}):
        answer = sent(api, "patch", path, body)
        assert answer.status_code == 400
        assert "name, recipe or both" in answer.json()["detail"]


def test_a_correction_is_told_with_both_judgements(
    project: Project, labeler: User, api: Client
) -> None:
    first = make_comparison(project, labeler, preference=-2)
    before = export_now(project=project, kind="preferences")
    sides = {"response_a": first.response_a, "response_b": first.response_b}
    later = Comparison.objects.create(**next_of(first), **sides, preference=3)
    after = export_now(project=project, kind="preferences")
    told = api.get(f"/api/v1/exports/{before.public_id}/diff/{after.public_id}").json()
    assert (told["label"], told["added"], told["removed"]) == (1, 0, 0)
    (sample,) = told["samples"]["label"]
    assert (sample["id"], sample["corrects"]) == (
        f"comparison-{later.pk}",
        f"comparison-{first.pk}",
    )
    assert (sample["label_before"], sample["label_after"]) == ({"strength": -2}, {"strength": 3})
