"""Exports over the API, as a program meets them."""

import hashlib
from typing import Any

import orjson
import pytest
from django.test import Client

from exports.models import Export
from exports.snapshots.building import build
from projects import tokens
from projects.models import Project, User
from tests.exports.judgements import make_demonstration

pytestmark = pytest.mark.django_db(transaction=True)


ROWS = "train-00000-of-00001.jsonl"


class Api:
    """The API with one person's token."""

    def __init__(self, user: User) -> None:
        token = tokens.create(by=user, name="test")[1]
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1/{path}")

    def post(self, path: str, body: Any) -> Any:
        return self.client.post(f"/api/v1/{path}", body, content_type="application/json")


@pytest.fixture
def api(reviewer: User) -> Api:
    return Api(reviewer)


def test_ask_poll_and_download(project: Project, labeler: User, api: Api) -> None:
    make_demonstration(project, labeler, "An answer.")
    asked = api.post("projects/harbour/exports", {"kind": "sft"})
    assert asked.status_code == 202
    assert (asked.json()["state"], asked.json()["n_rows"]) == ("queued", None)
    where = f"exports/{asked.json()['id']}"
    build(Export.objects.get().pk)
    told = api.get(where).json()
    assert (told["state"], told["n_rows"]) == ("done", 1)
    answer = api.get(f"{where}/files/{ROWS}")
    content = b"".join(answer.streaming_content)
    assert answer.status_code == 200
    assert hashlib.sha256(content).hexdigest() == told["sha256"]
    assert orjson.loads(content)["messages"][-1]["content"] == "An answer."
    manifest = b"".join(api.get(f"{where}/files/manifest.json").streaming_content)
    assert orjson.loads(manifest) == told["manifest"]


def test_the_newest_export_comes_first_and_pages_follow(project: Project, api: Api) -> None:
    made = [str(Export.objects.create(project=project, kind="sft").public_id) for _ in range(101)]
    first = api.get("projects/harbour/exports").json()
    assert [row["id"] for row in first["results"]] == made[:0:-1]
    second = api.client.get(first["next"]).json()
    assert [row["id"] for row in second["results"]] == made[:1]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "csv"}, "kind"),
        ({"kind": "sft\x00"}, "kind"),
        ({"kind": ["sft"]}, "kind"),
        ({"kind": "sft", "source": "elsewhere"}, "source"),
        ({"kind": "sft", "source": "votes"}, "source"),
        ({"kind": "sft", "file_type": "parquet"}, "file_type"),
        ({"recipe": {"kind": "sft"}, "gate": "off"}, "gate"),
    ],
)
def test_a_wrong_request_is_a_problem_that_names_the_field(
    project: Project, api: Api, body: dict[str, Any], field: str
) -> None:
    answer = api.post("projects/harbour/exports", body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [problem["field"] for problem in answer.json()["errors"]] == [field]
    assert not Export.objects.exists()


@pytest.mark.parametrize("body", ["[]", "{", "null", '"sft"', '"\\ud800"'])
def test_what_is_no_json_object_is_refused(project: Project, api: Api, body: str) -> None:
    assert api.post("projects/harbour/exports", body).status_code == 400
    assert not Export.objects.exists()


@pytest.mark.parametrize("name", ["manifest.json", "data.jsonl", "settings.py", "..%2fx", ".env"])
def test_an_unfinished_export_has_no_files(project: Project, api: Api, name: str) -> None:
    export = Export.objects.create(project=project, kind="sft")
    answer = api.get(f"exports/{export.public_id}/files/{name}")
    assert answer.status_code == 404


def test_a_stranger_cannot_tell_an_export_from_none(
    project: Project, stranger: User, api: Api
) -> None:
    export = Export.objects.create(project=project, kind="sft")
    there = Api(stranger).get(f"exports/{export.public_id}")
    nowhere = Api(stranger).get("exports/00000000-0000-4000-8000-000000000000")
    assert (there.status_code, there.content) == (nowhere.status_code, nowhere.content)
