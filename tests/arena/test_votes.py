from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from arena.battling import votes
from arena.models import OnlineElo, Tally, Verdict, Vote
from arena.rating import elo
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Project
from tests.arena.rows import (
    make_arena,
    make_battle,
    make_contenders,
    make_judged,
    make_visitor,
    reply,
)
from tests.threads import in_threads


def counted(project: Project) -> list[tuple[int, int, int, int]]:
    rows = Tally.objects.filter(project=project, category="").order_by("left_id", "right_id")
    return list(rows.values_list("left_wins", "right_wins", "ties", "both_bad"))


@pytest.mark.django_db
@pytest.mark.parametrize("verdict", Verdict.values)
def test_a_vote_is_counted_in_its_own_transaction(verdict: str) -> None:
    battle = make_judged()
    vote = votes.cast(battle=battle, visitor=make_visitor(), verdict=verdict)
    assert vote.voter == make_visitor().digest
    assert battle.model_b_id is not None
    a_is_left = battle.model_a_id < battle.model_b_id
    wins = (int(verdict == "a"), int(verdict == "b"))
    left, right = wins if a_is_left else wins[::-1]
    assert counted(battle.project) == [
        (left, right, int(verdict == "tie"), int(verdict == "both_bad"))
    ]
    points = {"a": 1.0, "b": 0.0, "tie": 0.5, "both_bad": 0.5}[verdict]
    expected = elo.update(elo.START, elo.START, points)
    ratings = dict(OnlineElo.objects.values_list("model_id", "rating"))
    assert (ratings[battle.model_a_id], ratings[battle.model_b_id]) == expected
    assert set(OnlineElo.objects.values_list("n_votes", flat=True)) == {1}


@pytest.mark.django_db
def test_the_same_verdict_twice_is_one_vote_and_another_is_refused() -> None:
    battle, visitor = make_judged(), make_visitor()
    first = votes.cast(battle=battle, visitor=visitor, verdict="a")
    assert votes.cast(battle=battle, visitor=visitor, verdict="a") == first
    with pytest.raises(Conflict, match="A is better"):
        votes.cast(battle=battle, visitor=visitor, verdict="b")
    assert Vote.objects.count() == 1
    assert sum(sum(row) for row in counted(battle.project)) == 1


@pytest.mark.django_db
def test_a_vote_waits_for_both_replies() -> None:
    battle, visitor = make_battle(), make_visitor()
    with pytest.raises(Conflict, match="still being written"):
        votes.cast(battle=battle, visitor=visitor, verdict="a")
    reply(battle, None, "B")
    with pytest.raises(Conflict, match="no two whole replies"):
        votes.cast(battle=battle, visitor=visitor, verdict="a")
    assert Vote.objects.count() == 0


@pytest.mark.django_db
def test_nobody_else_votes_and_no_other_verdict_is_known() -> None:
    battle = make_judged()
    with pytest.raises(NotFound):
        votes.cast(battle=battle, visitor=make_visitor("mallory"), verdict="a")
    with pytest.raises(InvalidInput, match="verdict: must be one of a, b, tie, both_bad"):
        votes.cast(battle=battle, visitor=make_visitor(), verdict="A")
    assert Vote.objects.count() == 0


@pytest.mark.django_db
def test_the_database_keeps_one_vote_a_battle_and_never_changes_it() -> None:
    battle = make_judged()
    vote = votes.cast(battle=battle, visitor=make_visitor(), verdict="a")
    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.objects.create(battle=battle, project=battle.project, verdict="b")
    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.objects.filter(pk=vote.pk).update(verdict="b")


@pytest.mark.django_db(transaction=True)
def test_eight_clicks_at_once_are_one_vote() -> None:
    battle, visitor = make_judged(), make_visitor()

    def click(verdict: str) -> str:
        try:
            return votes.cast(battle=battle, visitor=visitor, verdict=verdict).verdict
        except Conflict:
            return "refused"

    answers = in_threads(click, ["a", "b"] * 4)
    kept = Vote.objects.get().verdict
    assert sorted(answers) == sorted([kept] * 4 + ["refused"] * 4)
    assert sum(sum(row) for row in counted(battle.project)) == 1


@pytest.mark.django_db(transaction=True)
def test_votes_on_the_same_models_at_once_are_all_counted() -> None:
    make_contenders("a", "b", "c")
    project = make_arena()
    visitors = [make_visitor(f"v{number}") for number in range(24)]
    battles = [make_judged(make_battle(project, visitor=visitor)) for visitor in visitors]

    def click(number: int) -> None:
        try:
            votes.cast(battle=battles[number], visitor=visitors[number], verdict="a")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(click, range(24)))
    assert sum(sum(row) for row in counted(project)) == 24
    elos = OnlineElo.objects.filter(project=project)
    assert sum(row.n_votes for row in elos) == 48
    assert sum(row.rating for row in elos) == pytest.approx(3 * elo.START)
