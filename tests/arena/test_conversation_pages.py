"""The pages of conversations beside the main way through a battle, which is in `test_pages.py`."""

import pytest
from django.test import Client

from arena.models import ArenaRules, Battle, VoteNote
from projects.models import Project
from tests.arena.rows import agreeing, make_arena, make_contenders, reply
from tests.arena.test_pages import begin, page, send, token
from workers.models import Generation

pytestmark = pytest.mark.django_db
NAMES = ("granite", "marble")


@pytest.fixture
def arena() -> Project:
    make_contenders(*NAMES)
    return make_arena()


def begin_named(client: Client, project: Project, mode: str, *names: str) -> Battle:
    chosen = dict(zip(("model_a", "model_b"), names, strict=False))
    form = {"message": "What is a touchstone?", "mode": mode, **chosen, **agreeing(project)}
    response = client.post(f"/arena/{project.slug}/battles/", form)
    assert response.status_code == 302
    return Battle.objects.get(public_id=response["Location"].split("/")[2])


def test_the_first_page_offers_what_the_rules_offer(client: Client, arena: Project) -> None:
    path = f"/arena/{arena.slug}/"
    html = client.get(path).content.decode()
    assert "?mode=side_by_side" in html
    assert not any(name in html for name in NAMES)
    chosen = client.get(f"{path}?mode=direct").content.decode()
    assert '<option value="granite">' in chosen
    assert 'id="model_b"' not in chosen
    ArenaRules.objects.create(project=arena, offers_side_by_side=False, offers_direct=False)
    html = client.get(f"{path}?mode=direct").content.decode()
    assert "<option" not in html
    assert "Two models, one question" in html


def test_side_by_side_names_both_from_the_start(client: Client, arena: Project) -> None:
    battle = begin_named(client, arena, "side_by_side", "marble", "granite")
    assert all(name in page(client, battle) for name in NAMES)
    reply(battle)
    assert send(client, battle, "vote/", verdict="tie").status_code == 302
    html = page(client, battle)
    assert "you knew the names" in html
    assert '<input type="hidden" name="model_a" value="marble">' in html


def test_a_direct_chat_goes_on_without_a_verdict(client: Client, arena: Project) -> None:
    battle = begin_named(client, arena, "direct", "granite")
    reply(battle, "A stone.")
    html = page(client, battle)
    assert "A stone." in html
    assert "data-vote" not in html
    assert "marble" not in html
    assert send(client, battle, "turns/", message="And then?").status_code == 302


def test_a_refused_start_keeps_what_was_chosen(client: Client, arena: Project) -> None:
    form = {"message": "Hi", "mode": "side_by_side", "model_a": "marble", "model_b": "marble"}
    response = client.post(f"/arena/{arena.slug}/battles/", {**form, **agreeing(arena)})
    html = response.content.decode()
    assert response.status_code == 400
    assert "The second model must be another" in html
    assert '<option value="marble" selected>' in html


def test_nothing_is_asked_or_judged_without_the_pages_token(client: Client, arena: Project) -> None:
    battle = begin(client, arena)
    reply(battle)
    path = f"/battles/{battle.public_id}/"
    wrong = {"message": "More", "verdict": "a", "token": "made up"}
    for deed in ("turns/", "turns/1/again/", "vote/"):
        assert client.post(path + deed, wrong).status_code == 400
    assert (battle.turns.count(), Battle.objects.filter(vote=None).count()) == (1, 1)


def test_asking_again_shows_the_new_replies_only(client: Client, arena: Project) -> None:
    battle = begin(client, arena)
    reply(battle, "First of A", "First of B")
    assert send(client, battle, "turns/1/again/").status_code == 302
    reply(battle, "Second of A", "Second of B")
    html = page(client, battle)
    assert "Second of A" in html
    assert "First of A" not in html
    edited = send(client, battle, "turns/2/again/", message="And what is brass?")
    assert edited["Location"].endswith("#turn-3")
    assert "And what is brass?" in page(client, battle)


def test_an_edit_that_breaks_a_rule_stays_open_with_what_was_typed(
    client: Client, arena: Project
) -> None:
    battle = begin(client, arena)
    reply(battle)
    response = send(client, battle, "turns/1/again/", message="nul \0 inside")
    html = response.content.decode()
    assert response.status_code == 400
    assert '<details class="edit-message" open>' in html
    assert "nul  inside" in html
    assert battle.turns.count() == 1


def test_stopping_over_the_page(client: Client, arena: Project) -> None:
    battle = begin(client, arena)
    assert "data-stop" in page(client, battle)
    response = client.post(f"/battles/{battle.public_id}/turns/1/stop/")
    assert response["Location"] == f"/battles/{battle.public_id}/#turn-1"
    html = page(client, battle)
    assert "You stopped this before there was an answer" in html
    assert Generation.objects.filter(stop_asked_at=None).count() == 0


def test_more_is_said_of_a_vote(client: Client, arena: Project) -> None:
    battle = begin(client, arena)
    reply(battle)
    send(client, battle, "vote/", verdict="b")
    path = f"/battles/{battle.public_id}/note/"
    assert client.post(path, {"degree": "-1"}).status_code == 400
    assert client.post(path, {"degree": "٣"}).status_code == 400
    assert client.post(path, {"degree": "3", "reasons": ["tone", "format"]}).status_code == 302
    note = VoteNote.objects.get()
    assert (note.degree, note.reasons) == (3, ["tone", "format"])
    assert '<input type="radio" name="degree" value="3" checked>' in page(client, battle)


def test_a_conversation_is_shared_and_withdrawn_from_its_page(
    client: Client, arena: Project
) -> None:
    battle = begin(client, arena)
    reply(battle)
    assert client.post(f"/battles/{battle.public_id}/share/").status_code == 409
    send(client, battle, "vote/", verdict="a")
    client.post(f"/battles/{battle.public_id}/share/")
    link = f"/shared/{battle.shares.get().public_id}/"
    assert f"http://testserver{link}" in page(client, battle)
    assert Client().get(link).status_code == 200
    client.post(f"/battles/{battle.public_id}/share/withdraw/")
    assert Client().get(link).status_code == 404


def test_ones_own_conversations_are_listed_and_nobody_elses(client: Client, arena: Project) -> None:
    path = f"/arena/{arena.slug}/history/"
    assert b"Nothing here yet" in client.get(path).content
    battle = begin(client, arena, "A question of mine")
    reply(battle)
    html = client.get(path).content.decode()
    assert "A question of mine" in html
    assert "no verdict yet" in html
    assert not any(name in html for name in NAMES)
    send(client, battle, "vote/", verdict="a")
    assert all(name in client.get(path).content.decode() for name in NAMES)
    assert "A question of mine" not in Client().get(path).content.decode()


def test_a_reply_is_reported_from_its_page(client: Client, arena: Project) -> None:
    battle = begin(client, arena)
    reply(battle)
    path = f"/battles/{battle.public_id}/turns/1/report/"
    assert client.post(path, {"side": "a", "reason": "dull"}).status_code == 400
    assert client.post(path, {"side": "a", "reason": "harmful"}).status_code == 302
    assert "will look at that answer" in page(client, battle)


def test_the_token_is_ones_own(client: Client, arena: Project) -> None:
    battle = begin(client, arena)
    other = begin(client, arena)
    reply(battle)
    reply(other)
    assert token(client, battle) != token(client, other)
    wrong = {"verdict": "a", "token": token(client, other)}
    assert client.post(f"/battles/{battle.public_id}/vote/", wrong).status_code == 400
