"""Conversations with named models, branches, and replies that were stopped."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from arena.battling import battles, votes
from arena.battling.battles import even
from arena.battling.paths import judged, path
from arena.models import ArenaRules, Battle, CountedVote, Tally, Turn
from projects.errors import Conflict, InvalidInput, NotFound, Unavailable
from tests.arena.rows import finish, make_arena, make_battle, make_chat, make_visitor, reply
from workers.models import Generation, LanguageModel

pytestmark = pytest.mark.django_db
SIDE_BY_SIDE, DIRECT = Battle.Mode.SIDE_BY_SIDE, Battle.Mode.DIRECT


def shown(battle: Battle) -> list[tuple[str, str]]:
    return [(turn.message, turn.state) for turn in path(list(battle.turns.all()))]


def told(turn: Turn) -> list[str]:
    assert turn.generation_a is not None
    return [message["content"] for message in turn.generation_a.messages]


def finish_stopped(turn: Turn, a: str, b: str, *, stopped: str = "ab") -> None:
    for side, pk, text in (("a", turn.generation_a_id, a), ("b", turn.generation_b_id, b)):
        assert pk is not None
        finish(pk, text, finish_reason="stop_asked" if side in stopped else "stop")
    battles.settle_turns(generation_ids=[turn.generation_a_id or 0])


def test_side_by_side_asks_the_two_that_were_named() -> None:
    battle = make_chat(mode=SIDE_BY_SIDE)
    assert battle.model_b is not None
    assert (battle.model_a.name, battle.model_b.name) == ("granite", "marble")
    assert (battle.mode, battle.pair_chance, battle.is_anonymous) == (SIDE_BY_SIDE, None, False)


def test_a_direct_chat_is_one_models_and_completes_with_its_reply() -> None:
    battle = make_chat()
    turn = battle.turns.get()
    assert (battle.model_b, turn.generation_b) == (None, None)
    reply(battle, "Hello.")
    turn.refresh_from_db()
    assert (turn.state, turn.reply_a, turn.reply_b) == ("complete", "Hello.", "")
    with pytest.raises(Conflict, match="has no verdict"):
        votes.cast(battle=battle, visitor=make_visitor(), verdict="a")


def test_a_direct_turn_nobody_was_told_about_is_settled() -> None:
    battle = make_chat()
    finish(battle.turns.get().generation_a_id or 0, "Hello.")
    assert battles.settle_overdue() == 1
    assert battle.turns.get().state == "complete"


def test_a_verdict_on_names_is_kept_and_counted_nowhere() -> None:
    battle = make_chat(mode=SIDE_BY_SIDE)
    reply(battle)
    vote = votes.cast(battle=battle, visitor=make_visitor(), verdict="b")
    assert vote.verdict == "b"
    assert (CountedVote.objects.count(), Tally.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("mode", "models", "field"),
    [
        ("duel", (), "mode"),
        (SIDE_BY_SIDE, ("granite",), "model_b"),
        (SIDE_BY_SIDE, ("granite", "granite"), "model_b"),
        (SIDE_BY_SIDE, ("granite", "slate"), "model_b"),
        (DIRECT, (), "model_a"),
        (DIRECT, ("slate",), "model_a"),
    ],
)
def test_models_that_cannot_be_chosen_are_refused_by_field(
    mode: str, models: tuple[str, ...], field: str
) -> None:
    project = make_battle().project
    with pytest.raises(InvalidInput, match=f"{field}: must"):
        battles.start(
            project=project, visitor=make_visitor(), message="Hello?", mode=mode, models=models
        )
    assert Battle.objects.count() == 1


def test_what_the_rules_do_not_offer_cannot_be_begun() -> None:
    project = make_arena()
    ArenaRules.objects.create(project=project, offers_direct=False)
    assert battles.modes_of(project) == ["battle", "side_by_side"]
    with pytest.raises(InvalidInput, match="must be one of battle, side_by_side"):
        make_chat(project)


def test_asked_again_the_same_message_gets_new_replies_and_leaves_the_old_aside() -> None:
    battle, visitor = make_battle(message="One"), make_visitor()
    reply(battle, "A1", "B1")
    again = battles.send_again(battle=battle, visitor=visitor, number=1)
    assert (again.number, again.parent, again.message) == (2, None, "One")
    assert told(again) == ["One"]
    reply(battle, "A2", "B2")
    assert [turn.reply_a for turn in judged(list(battle.turns.all()))] == ["A2"]
    assert battle.turns.get(number=1).reply_a == "A1"


def test_a_model_with_a_seed_of_its_own_is_asked_with_another() -> None:
    battle, visitor = make_battle(), make_visitor()
    LanguageModel.objects.update(sampling={"seed": 7})
    reply(battle)
    again = battles.send_again(battle=battle, visitor=visitor, number=1)
    assert again.generation_a is not None
    assert again.generation_a.parameters["seed"] != 7


def test_an_edited_message_goes_on_from_what_came_before_it() -> None:
    battle, visitor = make_battle(message="One"), make_visitor()
    reply(battle, "A1", "B1")
    battles.add_turn(battle=battle, visitor=visitor, message="Two")
    reply(battle, "A2", "B2")
    battles.add_turn(battle=battle, visitor=visitor, message="Three")
    reply(battle, "A3", "B3")
    edited = battles.send_again(battle=battle, visitor=visitor, number=2, message="Zwei")
    assert told(edited) == ["One", "A1", "Zwei"]
    reply(battle, "A4", "B4")
    assert shown(battle) == [("One", "complete"), ("Zwei", "complete")]
    with pytest.raises(NotFound, match="no such turn in this conversation"):
        battles.send_again(battle=battle, visitor=visitor, number=3)
    more = battles.add_turn(battle=battle, visitor=visitor, message="And?")
    assert told(more) == ["One", "A1", "Zwei", "A4", "And?"]


def test_a_branch_that_failed_costs_nobody_what_was_there() -> None:
    battle, visitor = make_battle(message="One"), make_visitor()
    reply(battle, "A1", "B1")
    battles.send_again(battle=battle, visitor=visitor, number=1, message="Eins")
    reply(battle, "A2", None)
    assert shown(battle) == [("One", "complete"), ("Eins", "void")]
    again = battles.send_again(battle=battle, visitor=visitor, number=2)
    assert (told(again), again.parent) == (["Eins"], None)
    reply(battle, "A3", None)
    vote = votes.cast(battle=battle, visitor=visitor, verdict="a")
    assert vote.battle_id == battle.pk


@pytest.mark.parametrize("seed", range(10))
def test_any_tree_is_shown_as_one_way_from_its_root(seed: int) -> None:
    rng = random.Random(seed)
    turns: list[Turn] = []
    for number in range(1, 15):
        parents = [turn for turn in turns if turn.state == "complete"]
        parent = rng.choice([None, *parents])
        turn = Turn(pk=100 + number, number=number, state=rng.choice(["complete", "void"]))
        turn.parent_id = parent.pk if parent else None
        turns.append(turn)
    rng.shuffle(turns)
    whole = judged(turns)
    assert [turn.parent_id for turn in whole] == [None, *(turn.pk for turn in whole)][: len(whole)]
    complete = [turn for turn in turns if turn.state == "complete"]
    assert whole[-1:] == sorted(complete, key=lambda turn: turn.number)[-1:]


def test_after_the_vote_nothing_is_asked_again() -> None:
    battle, visitor = make_battle(), make_visitor()
    reply(battle)
    votes.cast(battle=battle, visitor=visitor, verdict="a")
    with pytest.raises(Conflict, match="has its vote"):
        battles.send_again(battle=battle, visitor=visitor, number=1)
    assert battle.turns.count() == 1


def test_nobody_else_asks_again_or_stops() -> None:
    battle = make_battle()
    with pytest.raises(NotFound):
        battles.stop(battle=battle, visitor=make_visitor("mallory"), number=1)
    with pytest.raises(NotFound):
        battles.send_again(battle=battle, visitor=make_visitor("mallory"), number=1)
    assert battle.turns.get().stopped_at is None


def test_a_battle_is_tried_only_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(battles, "MOST_TRIES", 1)
    battle = make_battle()
    reply(battle)
    with pytest.raises(Conflict, match="At most 1 messages"):
        battles.send_again(battle=battle, visitor=make_visitor(), number=1)


def test_a_chat_whose_model_went_away_says_nothing_of_votes() -> None:
    battle = make_chat()
    reply(battle, "Hello.")
    LanguageModel.objects.update(is_active=False)
    with pytest.raises(Unavailable) as refused:
        battles.add_turn(battle=battle, visitor=make_visitor(), message="More")
    assert "vote" not in str(refused.value)


def test_stopping_asks_both_generations_once() -> None:
    battle, visitor = make_battle(), make_visitor()
    Generation.objects.update(state=Generation.State.RUNNING)
    first = battles.stop(battle=battle, visitor=visitor, number=1)
    again = battles.stop(battle=battle, visitor=visitor, number=1)
    assert first.stopped_at == again.stopped_at is not None
    assert Generation.objects.filter(stop_asked_at=None).count() == 0


def test_stopped_replies_stand_as_far_as_both_were_shown() -> None:
    battle, visitor = make_battle(), make_visitor()
    Generation.objects.update(state=Generation.State.RUNNING)
    turn = battles.stop(battle=battle, visitor=visitor, number=1)
    finish_stopped(turn, "abcdefgh", "xyz")
    turn.refresh_from_db()
    assert (turn.state, turn.reply_a, turn.reply_b) == ("complete", "abc", "xyz")


@pytest.mark.parametrize(
    ("replies", "kept"),
    [
        ([("whole", False), ("also whole", False)], ["whole", "also whole"]),
        ([("whole", False), ("longer than that", True)], ["whole", "longer than that"]),
        ([("already whole", False), ("not", True)], ["alr", "not"]),
        ([("abcdef", True), ("xyz", True)], ["abc", "xyz"]),
        ([("only one", True)], ["only one"]),
    ],
)
def test_nothing_is_kept_that_would_tell_who_was_faster(
    replies: list[tuple[str, bool]], kept: list[str]
) -> None:
    assert even(replies) == kept


def test_what_was_stopped_before_there_was_an_answer_is_void() -> None:
    battle, visitor = make_battle(), make_visitor()
    battles.stop(battle=battle, visitor=visitor, number=1)
    battles.settle_overdue()
    turn = battle.turns.get()
    assert (turn.state, turn.reply_a) == ("void", "")
    with pytest.raises(Conflict, match="no two whole replies"):
        votes.cast(battle=battle, visitor=visitor, verdict="a")


def test_a_stopped_turn_does_not_wait_for_a_model_that_does_not_hear() -> None:
    battle, visitor = make_battle(), make_visitor()
    Generation.objects.update(state=Generation.State.RUNNING)
    battles.stop(battle=battle, visitor=visitor, number=1)
    assert battles.settle_overdue() == 0
    battle.turns.update(stopped_at=timezone.now() - timedelta(seconds=10))
    assert battles.settle_overdue() == 1
    assert battle.turns.get().state == "void"
