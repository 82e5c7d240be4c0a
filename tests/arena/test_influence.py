import pytest
from django.utils import timezone

from arena.battling import influence, votes
from arena.battling.influence import influence_of
from arena.models import ArenaRules, Battle, CountedVote, Vote
from arena.rating.bradley_terry import fit
from arena.rating.tallies import tally
from projects.models import Project
from tests.arena.rows import (
    make_arena,
    make_battle,
    make_chat,
    make_contenders,
    make_judged,
    make_visitor,
    reply,
)

pytestmark = pytest.mark.django_db


def vote_in(project: Project, verdict: str, *, name: str) -> Vote:
    battle = make_judged(make_battle(project, visitor=make_visitor(name)))
    return votes.cast(battle=battle, visitor=make_visitor(name), verdict=verdict)


def ratings(battles: list[Battle]) -> dict[str, float]:
    """An independent count of the same votes."""
    points = {"a": (1, 0, 0), "b": (0, 1, 0), "tie": (0, 0, 1), "both_bad": (0, 0, 1)}
    rows = [
        (battle.model_a.name, battle.model_b.name, *points[battle.vote.verdict])
        for battle in battles
        if battle.model_b is not None
    ]
    fitted = fit(tally(rows, models=["basalt", "granite", "marble"]))
    return dict(zip(fitted.models, fitted.ratings.tolist(), strict=True))


@pytest.mark.parametrize("verdict", ["a", "b", "tie", "both_bad"])
def test_the_board_with_the_vote_stands_beside_the_board_without_it(verdict: str) -> None:
    make_contenders("granite", "marble", "basalt")
    project = make_arena()
    for number, earlier in enumerate(["a", "b", "tie", "b", "a", "both_bad"] * 3):
        vote_in(project, earlier, name=f"v{number}")
    vote = vote_in(project, verdict, name="last")
    found = list(Battle.objects.select_related("model_a", "model_b", "vote").order_by("pk"))
    before, after = ratings(found[:-1]), ratings(found)
    moves = influence_of(vote).moves
    assert [move.side for move in moves] == ["a", "b"]
    for move in moves:
        assert move.before == pytest.approx(before[move.model.name], abs=1e-6)
        assert move.after == pytest.approx(after[move.model.name], abs=1e-6)


def test_a_first_vote_has_a_before_too() -> None:
    vote = vote_in(make_arena(), "a", name="vera")
    a, b = influence_of(vote).moves
    assert (a.before, b.before) == (1000.0, 1000.0)
    assert a.after > 1000 > b.after
    assert (a.shown_change[0], b.shown_change[0]) == ("+", "−")


def test_a_vote_that_moves_nothing_says_so() -> None:
    vote = vote_in(make_arena(), "a", name="vera")
    ArenaRules.objects.create(project=vote.project, frozen_at=timezone.now())
    assert influence_of(vote) == influence.Influence(why=influence.FROZEN)
    CountedVote.objects.update(weight=0)
    assert influence_of(vote) == influence.Influence(why=influence.WEIGHTLESS)


def test_a_vote_on_names_moves_nothing() -> None:
    battle = make_chat(mode=Battle.Mode.SIDE_BY_SIDE)
    reply(battle)
    vote = votes.cast(battle=battle, visitor=make_visitor(), verdict="a")
    assert influence_of(vote) == influence.Influence(why=influence.NAMED)
