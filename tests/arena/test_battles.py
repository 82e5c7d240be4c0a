import pytest
from django.db import IntegrityError, transaction

from arena.battling import battles, rates
from arena.models import Battle, Turn
from projects.errors import Conflict, InvalidInput, NotFound, TooMany, Unavailable
from tests.arena.rows import (
    finish,
    make_arena,
    make_battle,
    make_contenders,
    make_visitor,
    reply,
)
from tests.factories import make_endpoint, make_model
from workers.models import Generation, LanguageModel

pytestmark = pytest.mark.django_db


def last_turn(battle: Battle) -> Turn:
    return battle.turns.order_by("-number")[0]


def test_a_battle_asks_two_different_models_the_same() -> None:
    battle = make_battle(message="What is a touchstone?")
    turn = battle.turns.get()
    assert battle.model_a_id != battle.model_b_id
    assert turn.generation_a is not None
    assert turn.generation_b is not None
    assert turn.generation_a.model_id == battle.model_a_id
    assert turn.generation_b.model_id == battle.model_b_id
    for generation in (turn.generation_a, turn.generation_b):
        assert generation.queue == Generation.Queue.INTERACTIVE
        assert generation.messages == [{"role": "user", "content": "What is a touchstone?"}]


def test_with_fewer_than_two_models_the_refusal_says_what_is_missing() -> None:
    project, visitor = make_arena(), make_visitor()
    with pytest.raises(Unavailable, match="none is ready"):
        battles.start(project=project, visitor=visitor, message="Hello?")
    make_model()
    make_model(endpoint=make_endpoint(health="down"))
    make_model(is_in_arena=False)
    with pytest.raises(Unavailable, match="only one is ready"):
        battles.start(project=project, visitor=visitor, message="Hello?")
    assert Battle.objects.count() == 0


@pytest.mark.parametrize("message", ["", "  \n", "x" * 8_001, "a\0b", "\ud800"])
def test_a_message_that_breaks_a_rule_stores_nothing(message: str) -> None:
    make_contenders()
    with pytest.raises(InvalidInput, match="message: must"):
        battles.start(project=make_arena(), visitor=make_visitor(), message=message)
    assert Battle.objects.count() == 0
    assert Generation.objects.count() == 0


def test_a_visitor_can_begin_only_so_many_battles() -> None:
    project = make_arena()
    for _ in range(rates.BATTLES.most):
        make_battle(project)
    with pytest.raises(TooMany, match="20 battles in 10 minutes"):
        make_battle(project)
    make_battle(project, visitor=make_visitor("another"))


def test_a_turn_is_complete_when_both_replies_are_in() -> None:
    battle = make_battle()
    turn = battle.turns.get()
    assert turn.generation_a_id is not None
    finish(turn.generation_a_id, "First")
    battles.settle_turns(generation_ids=[turn.generation_a_id])
    assert last_turn(battle).state == Turn.State.STREAMING
    reply(battle, "First", "Second")
    turn.refresh_from_db()
    assert (turn.state, turn.reply_a, turn.reply_b) == ("complete", "First", "Second")


def test_one_failure_voids_the_turn_and_it_may_be_tried_again() -> None:
    battle, visitor = make_battle(message="Once more"), make_visitor()
    reply(battle, "First", None)
    assert last_turn(battle).state == Turn.State.VOID
    assert last_turn(battle).reply_a == ""
    again = battles.add_turn(battle=battle, visitor=visitor, message="Once more")
    assert again.number == 2
    assert again.generation_a is not None
    assert again.generation_a.messages == [{"role": "user", "content": "Once more"}]


def test_a_conversation_goes_on_with_each_sides_own_replies() -> None:
    battle, visitor = make_battle(message="One"), make_visitor()
    reply(battle, "A1", "B1")
    turn = battles.add_turn(battle=battle, visitor=visitor, message="Two")
    assert turn.generation_a is not None
    assert turn.generation_b is not None
    told = [
        [message["content"] for message in generation.messages]
        for generation in (turn.generation_a, turn.generation_b)
    ]
    assert told == [["One", "A1", "Two"], ["One", "B1", "Two"]]


def test_nothing_is_added_while_replies_are_being_written() -> None:
    battle = make_battle()
    with pytest.raises(Conflict, match="still being written"):
        battles.add_turn(battle=battle, visitor=make_visitor(), message="More")
    assert battle.turns.count() == 1


def test_nobody_else_can_go_on_with_a_battle() -> None:
    battle = make_battle()
    reply(battle)
    with pytest.raises(NotFound):
        battles.add_turn(battle=battle, visitor=make_visitor("mallory"), message="More")


def test_a_battle_has_a_last_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(battles, "MOST_TURNS", 1)
    battle = make_battle()
    reply(battle)
    with pytest.raises(Conflict, match="at most 1 turns"):
        battles.add_turn(battle=battle, visitor=make_visitor(), message="More")


def test_a_model_that_went_away_leaves_the_battle_to_be_voted_on() -> None:
    battle = make_battle()
    reply(battle)
    LanguageModel.objects.filter(pk=battle.model_a_id).update(is_active=False)
    with pytest.raises(Unavailable, match="You can vote"):
        battles.add_turn(battle=battle, visitor=make_visitor(), message="More")


def test_turns_nobody_was_told_about_are_settled() -> None:
    done, failed, open_ = make_battle(make_arena("x")), make_battle(make_arena("y")), make_battle()
    for battle, outputs in ((done, ("A", "B")), (failed, ("A", None))):
        turn = battle.turns.get()
        assert turn.generation_a_id is not None
        assert turn.generation_b_id is not None
        finish(turn.generation_a_id, outputs[0])
        finish(turn.generation_b_id, outputs[1])
    assert battles.settle_overdue() == 2
    assert battles.settle_overdue() == 0
    states = [battle.turns.get().state for battle in (done, failed, open_)]
    assert states == ["complete", "void", "streaming"]


def test_a_settled_turn_never_changes() -> None:
    battle = make_battle()
    reply(battle)
    with pytest.raises(IntegrityError), transaction.atomic():
        battle.turns.update(reply_a="something else")
