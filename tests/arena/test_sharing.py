import pytest
from django.test import Client

from arena.battling import battles, sharing, votes
from arena.models import Battle, Share
from projects.errors import Conflict, NotFound
from projects.models import ArenaAccess
from tests.arena.rows import make_battle, make_chat, make_judged, make_visitor, reply

pytestmark = pytest.mark.django_db


def voted() -> Battle:
    battle = make_judged()
    votes.cast(battle=battle, visitor=make_visitor(), verdict="a")
    return battle


def shared(battle: Battle) -> Share:
    return sharing.share(battle=battle, visitor=make_visitor())


def test_a_link_is_the_same_until_it_is_withdrawn_and_then_another() -> None:
    battle = voted()
    first = shared(battle)
    assert shared(battle) == first
    assert sharing.shared(public_id=first.public_id, user=None).battle == battle
    sharing.withdraw(battle=battle, visitor=make_visitor())
    sharing.withdraw(battle=battle, visitor=make_visitor())
    with pytest.raises(NotFound, match="withdrawn"):
        sharing.shared(public_id=first.public_id, user=None)
    assert shared(battle).public_id != first.public_id
    assert sharing.open_share(battle) == Share.objects.order_by("-pk")[0]


def test_before_the_vote_a_battle_cannot_be_shared() -> None:
    battle = make_judged()
    with pytest.raises(Conflict, match="once it has its vote"):
        shared(battle)
    with pytest.raises(NotFound):
        sharing.share(battle=battle, visitor=make_visitor("mallory"))
    assert Share.objects.count() == 0


def test_a_chat_is_shared_as_it_stood() -> None:
    battle = make_chat()
    with pytest.raises(Conflict, match="replies are finished"):
        shared(battle)
    reply(battle, "Hello.")
    share = shared(battle)
    battles.add_turn(battle=battle, visitor=make_visitor(), message="A secret")
    reply(battle, "Kept.")
    turns = sharing.shared(public_id=share.public_id, user=None).turns
    assert [turn.message for turn in turns] == ["Hello?"]


def test_the_page_shows_the_conversation_to_others_and_asks_not_to_be_found() -> None:
    battle = voted()
    path = f"/shared/{shared(battle).public_id}/"
    response = Client().get(path)
    html = response.content.decode()
    assert response.status_code == 200
    assert response["X-Robots-Tag"] == "noindex"
    assert all(text in html for text in ("granite", "marble", "Answer A", "A is better"))
    assert str(battle.public_id) not in html
    battle.project.arena_access = ArenaAccess.CLOSED
    battle.project.save()
    assert Client().get(path).status_code == 404


def test_hostile_text_is_harmless_in_a_shared_conversation() -> None:
    battle = make_battle(message="<script>alert(1)</script>")
    reply(battle, "<img src=x onerror=alert(1)>", "</template><script>alert(1)</script>")
    votes.cast(battle=battle, visitor=make_visitor(), verdict="a")
    html = Client().get(f"/shared/{shared(battle).public_id}/").content.decode()
    assert "<script>alert" not in html
    assert "<img src=x" not in html
