from datetime import timedelta

import pytest
from django.utils import timezone

from arena.battling import tokens
from arena.visitors import Visitor
from projects.errors import Conflict, InvalidInput
from tests.arena.rows import make_arena, make_battle, make_visitor
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_a_token_holds_for_its_battle_and_visitor() -> None:
    battle, visitor = make_battle(), make_visitor()
    tokens.require(tokens.token_for(battle, visitor), battle=battle, visitor=visitor)


def test_it_holds_for_nobody_else_and_for_no_other_battle() -> None:
    project, visitor = make_arena(), make_visitor()
    one, other = make_battle(project), make_battle(project)
    token = tokens.token_for(one, visitor)
    with pytest.raises(InvalidInput, match="token"):
        tokens.require(token, battle=other, visitor=visitor)
    with pytest.raises(InvalidInput, match="token"):
        tokens.require(token, battle=one, visitor=make_visitor("mallory"))


@pytest.mark.parametrize("token", ["", None, 7, [], "x", "a:b", ":", "\ud800", "ä:b", "x" * 10_000])
def test_what_is_no_token_is_refused_naming_the_field(token: object) -> None:
    with pytest.raises(InvalidInput, match="token"):
        tokens.require(token, battle=make_battle(), visitor=make_visitor())


def test_an_old_token_says_that_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    battle, visitor = make_battle(), make_visitor()
    token = tokens.token_for(battle, visitor)
    monkeypatch.setattr(tokens, "HOURS", -1)
    with pytest.raises(Conflict, match="Load it again"):
        tokens.require(token, battle=battle, visitor=visitor)


def test_an_account_in_another_browser_has_a_token_of_its_own() -> None:
    battle, user = make_battle(), make_user()
    elsewhere = Visitor("", user)
    token = tokens.token_for(battle, elsewhere)
    tokens.require(token, battle=battle, visitor=elsewhere)
    with pytest.raises(InvalidInput):
        tokens.require(token, battle=battle, visitor=Visitor("", make_user()))


def test_a_token_tells_nothing_but_when_it_was_made() -> None:
    battle = make_battle()
    token = tokens.token_for(battle, make_visitor())
    assert str(battle.pk) not in token.split(":")
    assert battle.model_a.name not in token
    assert len(token) < tokens.LONGEST
    assert timezone.now() - battle.created_at < timedelta(minutes=1)
