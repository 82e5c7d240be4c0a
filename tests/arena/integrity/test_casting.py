from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from arena.battling import votes
from arena.integrity import bursting, casting, prompts, suspicion
from arena.integrity.voters import HISTORY
from arena.models import ArenaRules, Battle, CountedVote, Turn, Vote, VoteFlag
from arena.rules import rules_of
from arena.visitors import Visitor
from projects.models import Project, Role
from tests.arena.integrity.crowds import Crowd
from tests.arena.integrity.town import make_models, make_votes
from tests.arena.rows import make_arena, make_battle, make_contenders, make_visitor, reply
from tests.factories import make_member

pytestmark = pytest.mark.django_db
LONG = "a word and another " * 40


def judged(
    project: Project, *, visitor: Visitor | None = None, message: str = "Hello?", a: str = "Yes."
) -> Battle:
    battle = make_battle(project, visitor=visitor, message=message)
    reply(battle, a=a)
    return battle


def cast(battle: Battle, visitor: Visitor | None = None) -> Vote:
    return votes.cast(battle=battle, visitor=visitor or make_visitor(), verdict="a")


def flags(vote: Vote) -> dict[str, Any]:
    return dict(vote.flags.values_list("reason", "detail"))


def weight(vote: Vote) -> float:
    return CountedVote.objects.get(vote=vote).weight


def test_an_honest_vote_counts_whole_and_at_once() -> None:
    vote = cast(judged(make_arena()))
    assert flags(vote) == {}
    assert weight(vote) == 1.0


def test_a_name_in_an_answer_is_flagged_and_the_vote_weighs_nothing() -> None:
    make_contenders("SmolLM2-135M", "Granite")
    vote = cast(judged(make_arena(), a="I am smollm2 135m, nice to meet you."))
    assert flags(vote) == {"leak": {"word": "SmolLM2-135M", "place": "A 1"}}
    assert weight(vote) == 0.0


def test_a_word_of_the_owners_is_a_leak_too() -> None:
    project = make_arena()
    ArenaRules.objects.create(project=project, leak_words=["house style"])
    vote = cast(judged(project, message="Answer in HOUSE-style"))
    assert flags(vote) == {"leak": {"word": "house style", "place": "message 1"}}


def test_a_vote_that_nobody_can_have_read_for_is_flagged_and_its_browser_remembered() -> None:
    project = make_arena()
    vote = cast(judged(project, a=LONG))
    assert list(flags(vote)) == ["fast"]
    assert flags(vote)["fast"]["characters"] == len(LONG) + len("Answer B")
    assert suspicion.is_suspect(project_id=project.pk, digests=[vote.voter])


def test_a_vote_after_a_look_is_not_too_fast() -> None:
    battle = judged(make_arena(), a=LONG)
    turn = battle.turns.get()
    vote = Vote.objects.create(
        battle=battle,
        project=battle.project,
        verdict="a",
        created_at=turn.created_at + timedelta(seconds=4),
    )
    assert casting.look_at(vote=vote, rules=rules_of(battle.project), turns=[turn]) == 1.0


def test_the_next_vote_of_a_voter_who_is_set_aside_is_set_aside() -> None:
    project = make_arena()
    first = cast(judged(project))
    VoteFlag.objects.create(vote=first, reason="skewed", detail={"model": 1})
    second = cast(judged(project))
    assert flags(second) == {"skewed": {"model": 1}}
    assert weight(second) == 0.0
    other = make_visitor("somebody else")
    assert flags(cast(judged(project, visitor=other), other)) == {}


def test_a_prompt_asked_again_by_the_same_voter_weighs_less_each_time() -> None:
    project = make_arena()
    cast_ = [cast(judged(project, message=text)) for text in ("Hi", "hi!", "HI", "Hello")]
    assert [round(weight(vote), 2) for vote in cast_] == [1.0, 0.5, 0.33, 1.0]


def test_a_prompt_everybody_asks_adds_up_to_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompts, "FREE", 2)
    project = make_arena()
    weights = []
    for name in "abcde":
        visitor = make_visitor(name)
        weights.append(weight(cast(judged(project, visitor=visitor, message="hi"), visitor)))
    assert weights == pytest.approx([1, 1, 2 / 3, 1 / 2, 2 / 5], abs=0.001)
    counted = list(CountedVote.objects.order_by("vote").values_list("vote", flat=True))
    again = prompts.weights_of(counted)
    assert [again[pk] for pk in counted] == pytest.approx(weights, abs=0.001)


def attacked(project: Project, n: int = 40) -> None:
    models = make_models(8)
    crowd = Crowd.of(8, 3)
    rows = [row for voter in range(30) for row in crowd.honest(voter, 15)]
    make_votes(project, models, rows, begun_at=timezone.now() - timedelta(days=2))
    sent = [row for voter in range(5_000, 5_000 + n) for row in crowd.attacker(voter, 1, 2)]
    make_votes(project, models, sent)


def test_while_a_burst_lasts_newcomers_weigh_nothing() -> None:
    project = make_arena()
    attacked(project)
    vote = cast(judged(project))
    assert flags(vote) == {"burst": {}}
    assert weight(vote) == 0.0


def test_accounts_and_voters_with_history_count_through_a_burst() -> None:
    project = make_arena()
    attacked(project)
    user = make_member(project, Role.LABELER)
    member = Visitor(make_visitor("member").digest, user)
    assert flags(cast(judged(project, visitor=member), member)) == {}
    known = make_visitor("known")
    battle = judged(project, visitor=known)
    assert flags(cast(battle, known)) == {"burst": {}}
    for _ in range(HISTORY - 2):
        cast(judged(project, visitor=known, message="Something else"), known)
    assert flags(cast(judged(project, visitor=known), known)) == {}


def test_the_state_of_a_burst_is_looked_at_once_a_second_at_most(
    django_assert_num_queries: Any,
) -> None:
    project = make_arena()
    attacked(project)
    assert bursting.look(project=project) is True
    with django_assert_num_queries(0):
        assert bursting.look(project=project) is True


def test_turns_that_were_left_aside_are_not_looked_at() -> None:
    make_contenders("SmolLM2-135M", "Granite")
    battle = judged(make_arena(), a="I am SmolLM2-135M.")
    turn = battle.turns.get()
    vote = Vote.objects.create(battle=battle, project=battle.project, verdict="a")
    clean = Turn(battle=battle, number=2, message="Again", reply_a="Yes.", reply_b="No.")
    clean.created_at = turn.created_at
    assert casting.look_at(vote=vote, rules=rules_of(battle.project), turns=[clean]) == 1.0
