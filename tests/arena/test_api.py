import hashlib
import json
from typing import Any

import pytest
from django.test import Client

from arena.battling.consent import OWN_TERMS
from arena.models import Battle, Vote
from projects import tokens
from projects.models import Project, User
from tests.arena.rows import make_arena, make_contenders, reply

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"
FIRST = {
    "message": "Hello?",
    "agreed": hashlib.sha256(OWN_TERMS.encode()).hexdigest(),
}


class Api:
    def __init__(self, user: User) -> None:
        self.headers = {"Authorization": f"Bearer {tokens.create(by=user, name='test')[1]}"}

    def get(self, path: str) -> Any:
        return Client().get(f"/api/v1/{path}", headers=self.headers)

    def post(self, path: str, body: Any) -> Any:
        text = body if isinstance(body, str) else json.dumps(body)
        return Client().post(
            f"/api/v1/{path}", text, content_type="application/json", headers=self.headers
        )


@pytest.fixture
def arena() -> Project:
    make_contenders("granite", "marble")
    return make_arena()


@pytest.fixture
def api(anyone: User) -> Api:
    return Api(anyone)


def test_a_battle_over_the_api(api: Api, arena: Project) -> None:
    begun = api.post("arena/open/battles", FIRST)
    assert begun.status_code == 201
    body = begun.json()
    assert (body["verdict"], body["model_a"], body["model_b"]) == (None, None, None)
    assert [turn["state"] for turn in body["turns"]] == ["streaming"]
    battle = Battle.objects.get(public_id=body["id"])
    kept = {"token": body["token"]}
    assert api.post(f"battles/{body['id']}/vote", {"verdict": "a", **kept}).status_code == 409
    reply(battle, "First", "Second")
    seen = api.get(f"battles/{body['id']}")
    assert "granite" not in seen.content.decode()
    assert seen.json()["turns"][0]["reply_b"] == "Second"
    added = api.post(f"battles/{body['id']}/turns", {"message": "More?", **kept})
    assert (added.status_code, added.json()["number"]) == (201, 2)
    reply(battle)
    voted = api.post(f"battles/{body['id']}/vote", {"verdict": "both_bad", **kept})
    assert voted.status_code == 200
    assert voted.json()["model_a"]["name"] == battle.model_a.name
    assert (
        api.post(f"battles/{body['id']}/vote", {"verdict": "both_bad", **kept}).status_code == 200
    )
    kept = {"token": body["token"]}
    assert api.post(f"battles/{body['id']}/vote", {"verdict": "a", **kept}).status_code == 409
    assert Vote.objects.count() == 1
    board = api.get("leaderboards/open").json()
    assert board["votes"] == 1
    assert {row["model"] for row in board["standings"]} == {"granite", "marble"}


@pytest.mark.parametrize(
    "body",
    [{}, [], {"message": 5}, {"message": ""}, {"message": None}, {"message": "a\0"},
     {"message": "x" * 8_001}, {"message": "\ud800"}, "{", "null", '"text"'],
)  # fmt: skip
def test_a_bad_message_is_a_problem_and_stores_nothing(api: Api, arena: Project, body: Any) -> None:
    if isinstance(body, dict):
        body = {"agreed": FIRST["agreed"], **body}
    response = api.post("arena/open/battles", body)
    assert response.status_code == 400
    assert response["Content-Type"] == PROBLEM
    assert Battle.objects.count() == 0


@pytest.mark.parametrize("verdict", ["", "A", "draw", 1, None, ["a"]])
def test_a_bad_verdict_names_the_field(api: Api, arena: Project, verdict: Any) -> None:
    begun = api.post("arena/open/battles", FIRST).json()
    pk = begun["id"]
    reply(Battle.objects.get(public_id=pk))
    response = api.post(f"battles/{pk}/vote", {"verdict": verdict, "token": begun["token"]})
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "verdict"
    assert Vote.objects.count() == 0


def test_somebody_elses_battle_is_not_there(api: Api, arena: Project, stranger: User) -> None:
    pk = api.post("arena/open/battles", FIRST).json()["id"]
    other = Api(stranger)
    assert other.get(f"battles/{pk}").status_code == 404
    assert other.post(f"battles/{pk}/turns", {"message": "More?"}).status_code == 404
    assert other.post(f"battles/{pk}/vote", {"verdict": "a"}).status_code == 404


def test_a_direct_chat_over_the_api(api: Api, arena: Project) -> None:
    said = api.get("arena/open").json()
    assert said["modes"] == ["battle", "side_by_side", "direct"]
    assert (said["models"], said["has_agreed"]) == (["granite", "marble"], False)
    chat = {"message": "Hello?", "mode": "direct", "model_a": "marble"}
    assert api.post("arena/open/battles", chat).status_code == 409
    begun = api.post("arena/open/battles", {**chat, "agreed": said["terms_digest"]})
    assert begun.status_code == 201
    body = begun.json()
    assert (body["mode"], body["model_a"]["name"], body["model_b"]) == ("direct", "marble", None)
    reply(Battle.objects.get(public_id=body["id"]), "Hello.")
    voted = api.post(f"battles/{body['id']}/vote", {"verdict": "a", "token": body["token"]})
    assert voted.status_code == 409
    assert api.get("arena/open").json()["has_agreed"] is True


def test_trying_again_stopping_and_reporting_over_the_api(api: Api, arena: Project) -> None:
    body = api.post("arena/open/battles", FIRST).json()
    path, kept = f"battles/{body['id']}", {"token": body["token"]}
    battle = Battle.objects.get(public_id=body["id"])
    reply(battle)
    assert api.post(f"{path}/turns/1/again", {}).status_code == 400
    again = api.post(f"{path}/turns/1/again", {"message": "Again?", **kept})
    assert (again.status_code, again.json()["number"]) == (201, 2)
    stopped = api.post(f"{path}/turns/2/stop", {})
    assert (stopped.status_code, stopped.json()["was_stopped"]) == (200, True)
    seen = [(turn["number"], turn["state"]) for turn in api.get(path).json()["turns"]]
    assert seen[0] == (2, "streaming") or seen == [(1, "complete"), (2, "void")]
    said = {"side": "a", "reason": "false", "note": "It is not."}
    assert api.post(f"{path}/turns/1/report", said).status_code == 201
    assert (
        api.post(f"{path}/turns/1/report", {"side": "a"}).json()["errors"][0]["field"] == "reason"
    )


def test_a_vote_is_explained_shared_and_listed_over_the_api(api: Api, arena: Project) -> None:
    body = api.post("arena/open/battles", FIRST).json()
    path, kept = f"battles/{body['id']}", {"token": body["token"]}
    reply(Battle.objects.get(public_id=body["id"]))
    assert api.post(f"{path}/note", {"degree": -1}).status_code == 409
    assert api.post(f"{path}/share", {}).status_code == 409
    assert api.post(f"{path}/vote", {"verdict": "a"}).json()["errors"][0]["field"] == "token"
    voted = api.post(f"{path}/vote", {"verdict": "a", **kept}).json()
    assert [move["side"] for move in voted["moves"]] == ["a", "b"]
    assert voted["why_not"] == ""
    noted = api.post(f"{path}/note", {"degree": -2, "reasons": ["clarity"]})
    assert (noted.status_code, noted.json()) == (201, {"degree": -2, "reasons": ["clarity"]})
    for bad, field in (({"degree": 2}, "degree"), ({"reasons": "clarity"}, "reasons")):
        assert api.post(f"{path}/note", bad).json()["errors"][0]["field"] == field
    shared = api.post(f"{path}/share", {}).json()
    assert Client().get(shared["url"]).status_code == 200
    assert Client().delete(f"/api/v1/{path}/share", headers=api.headers).status_code == 204
    assert Client().get(shared["url"]).status_code == 404
    listed = api.get("arena/open/battles").json()["results"]
    assert [(row["id"], row["verdict"], row["begun_with"]) for row in listed] == [
        (body["id"], "a", "Hello?")
    ]
