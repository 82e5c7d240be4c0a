import re
from typing import Any

import pytest
from django.test import Client

from arena.battling import votes
from arena.models import ArenaRules, Battle, Vote
from arena.visitors import Visitor
from projects.models import ArenaAccess, Project, User
from tests.arena.rows import agreeing, finish, make_arena, make_contenders, reply
from tests.conftest import SignIn
from workers.models import Generation

pytestmark = pytest.mark.django_db
NAMES = ("granite", "marble")


@pytest.fixture
def arena() -> Project:
    for model in make_contenders(*NAMES):
        model.organisation, model.weights = "Quarry Ltd", "Stone-1B"
        model.save()
    project = make_arena()
    project.is_home_arena = True
    project.save()
    return project


def begin(client: Client, project: Project, message: str = "What is a touchstone?") -> Battle:
    response = client.post(
        f"/arena/{project.slug}/battles/", {"message": message, **agreeing(project)}
    )
    assert response.status_code == 302
    battle = Battle.objects.get(public_id=response["Location"].split("/")[2])
    assert response["Location"] == f"/battles/{battle.public_id}/"
    return battle


def token(client: Client, battle: Battle) -> str:
    """The one that the page's forms carry."""
    found = re.search(r'name="token" value="([^"]+)"', page(client, battle))
    return found[1] if found else "none"


def send(client: Client, battle: Battle, path: str, **fields: str) -> Any:
    """Post as the forms of the battle's page do."""
    fields = {"token": token(client, battle), **fields}
    return client.post(f"/battles/{battle.public_id}/{path}", fields)


def page(client: Client, battle: Battle) -> str:
    response = client.get(f"/battles/{battle.public_id}/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_first_page_is_the_home_arena_and_sets_no_session(
    client: Client, arena: Project
) -> None:
    response = client.get("/")
    assert b"Ask both" in response.content
    assert f"/arena/{arena.slug}/battles/" in response.content.decode()
    assert "sessionid" not in response.cookies


def test_the_first_page_without_an_arena_says_why(client: Client) -> None:
    assert b"The arena is not open here" in client.get("/").content


def test_with_too_few_models_the_page_says_what_to_do(client: Client, arena: Project) -> None:
    arena_page = client.get("/").content.decode()
    assert "Your message" in arena_page
    from workers.models import LanguageModel

    LanguageModel.objects.filter(name="marble").update(is_active=False)
    assert "Only one model is ready" in client.get("/").content.decode()
    response = client.post(f"/arena/{arena.slug}/battles/", {"message": "Hi", **agreeing(arena)})
    assert response.status_code == 503
    assert Battle.objects.count() == 0


def test_a_battle_from_the_message_to_the_names(client: Client, arena: Project) -> None:
    battle = begin(client, arena)
    writing = page(client, battle)
    assert f'data-stream="/stream/battles/{battle.public_id}/turns/1/"' in writing
    assert 'http-equiv="refresh"' in writing
    reply(battle, "**Gold** shows", "<img src=x onerror=alert(1)>")
    answered = page(client, battle)
    assert "<strong>Gold</strong>" in answered
    assert "<img src=x" not in answered
    assert 'http-equiv="refresh"' not in answered
    for html in (writing, answered):
        assert not any(name in html for name in (*NAMES, "Quarry", "Stone-1B"))
    response = send(client, battle, "vote/", verdict="a")
    assert response.status_code == 302
    revealed = page(client, battle)
    assert all(name in revealed for name in (*NAMES, "Quarry Ltd"))
    assert "A is better" in revealed
    assert "same weights" in revealed
    assert Vote.objects.get().verdict == "a"


def test_voting_twice_over_the_page(client: Client, arena: Project) -> None:
    battle = begin(client, arena)
    reply(battle)
    path, kept = f"/battles/{battle.public_id}/vote/", token(client, battle)
    given = [client.post(path, {"verdict": verdict, "token": kept}) for verdict in "aab"]
    assert [response.status_code for response in given] == [302, 302, 409]
    assert client.post(path, {"verdict": "c", "token": kept}).status_code == 400
    assert Vote.objects.count() == 1


def test_the_conversation_goes_on_before_the_vote(client: Client, arena: Project) -> None:
    battle = begin(client, arena)
    path, kept = f"/battles/{battle.public_id}/turns/", token(client, battle)
    too_early = client.post(path, {"message": "And then?", "token": kept})
    assert too_early.status_code == 409
    assert b"still being written" in too_early.content
    reply(battle)
    assert client.post(path, {"message": "And then?", "token": kept}).status_code == 302
    assert "And then?" in page(client, battle)
    assert battle.turns.count() == 2


def test_a_void_turn_is_told_in_neutral_words_and_can_be_tried_again(
    client: Client, arena: Project
) -> None:
    battle = begin(client, arena, "Once more")
    reply(battle, "Half of a repl", None)
    html = page(client, battle)
    assert "could not be finished" in html
    assert "Half of a repl" not in html
    assert "data-vote" not in html
    assert send(client, battle, "turns/1/again/").status_code == 302


def test_a_turn_is_settled_by_whoever_looks(client: Client, arena: Project) -> None:
    battle = begin(client, arena)
    for pk in Generation.objects.values_list("pk", flat=True):
        finish(pk, "An answer")
    fragment = client.get(f"/battles/{battle.public_id}/turns/1/").content.decode()
    assert 'data-state="complete"' in fragment
    assert "An answer" in fragment


@pytest.mark.parametrize("message", ["", " ", "x" * 8_001, "nul \0 inside"])
def test_a_message_that_breaks_a_rule_is_kept_in_the_box(
    client: Client, arena: Project, message: str
) -> None:
    response = client.post(f"/arena/{arena.slug}/battles/", {"message": message, **agreeing(arena)})
    assert response.status_code == 400
    assert b'id="message-error"' in response.content
    assert Battle.objects.count() == 0


def test_too_many_battles_are_refused_with_429(client: Client, arena: Project) -> None:
    ArenaRules.objects.create(project=arena, challenge=ArenaRules.Challenge.NEVER)
    for _ in range(20):
        begin(client, arena)
    response = client.post(f"/arena/{arena.slug}/battles/", {"message": "One more"})
    assert response.status_code == 429
    assert b"One more" in response.content


def test_another_browser_gets_404_before_and_after_the_vote(client: Client, arena: Project) -> None:
    battle = begin(client, arena)
    reply(battle)
    paths = (f"/battles/{battle.public_id}/", f"/battles/{battle.public_id}/turns/1/")
    assert [Client().get(path).status_code for path in paths] == [404, 404]
    votes.cast(battle=battle, visitor=Visitor(battle.visitor), verdict="tie")
    assert [Client().get(path).status_code for path in paths] == [404, 404]
    assert (
        Client().post(f"/battles/{battle.public_id}/vote/", {"verdict": "tie"}).status_code == 404
    )


def test_a_signed_in_person_finds_the_battle_in_another_browser(
    arena: Project, anyone: User, signed_in: SignIn
) -> None:
    battle = begin(signed_in(anyone), arena)
    assert f"{battle.public_id}" in page(signed_in(anyone), battle)


def test_closing_the_arena_closes_its_battles(client: Client, arena: Project) -> None:
    battle = begin(client, arena)
    Project.objects.filter(pk=arena.pk).update(arena_access=ArenaAccess.CLOSED)
    assert client.get(f"/battles/{battle.public_id}/").status_code == 404


def test_the_board_shows_a_vote_and_its_part_answers_304_until_then(
    client: Client, arena: Project
) -> None:
    path = f"/leaderboard/{arena.slug}/?part=board"
    first = client.get(path)
    assert b"No votes yet" in first.content
    assert client.get(path, headers={"if-none-match": first["ETag"]}).status_code == 304
    battle = begin(client, arena)
    reply(battle)
    send(client, battle, "vote/", verdict="b")
    second = client.get(path, headers={"if-none-match": first["ETag"]})
    assert second.status_code == 200
    assert all(name in second.content.decode() for name in NAMES)
    assert b'<svg class="chart"' in second.content


def test_the_pages_carry_no_inline_code(client: Client, arena: Project) -> None:
    battle = begin(client, arena)
    reply(battle)
    send(client, battle, "vote/", verdict="a")
    pages = [client.get(path).content.decode() for path in ("/", "/leaderboard/")]
    for html in (*pages, page(client, battle)):
        assert " style=" not in html
        assert " onclick=" not in html
        assert "<script>" not in html


def test_the_board_downloads_as_json_and_csv(client: Client, arena: Project) -> None:
    battle = begin(client, arena)
    reply(battle)
    send(client, battle, "vote/", verdict="a")
    body = client.get(f"/leaderboard/{arena.slug}/standings.json").json()
    assert {row["model"] for row in body["standings"]} == set(NAMES)
    response = client.get(f"/leaderboard/{arena.slug}/standings.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert len(response.content.decode().splitlines()) == 3


def test_without_a_home_arena_the_leaderboard_lists_ones_own(
    project: Project, labeler: User, signed_in: SignIn
) -> None:
    html = signed_in(labeler).get("/leaderboard/").content.decode()
    assert f"/leaderboard/{project.slug}/" in html
