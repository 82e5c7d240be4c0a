import pytest
from django.db import IntegrityError, transaction

from arena.integrity import flags, freezing
from arena.models import CountedVote, RatingRun, Tally, Vote, VoteFlag
from arena.rules import rules_of
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, Role, User
from tests.arena.integrity.crowds import Crowd
from tests.arena.integrity.town import make_models, make_votes
from tests.arena.rows import make_arena
from tests.factories import make_member, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def arena() -> Project:
    return make_arena()


@pytest.fixture
def keeper(arena: Project) -> User:
    return make_member(arena, Role.OWNER)


@pytest.fixture
def votes(arena: Project) -> list[Vote]:
    return make_votes(arena, make_models(4), Crowd.of(4, 1).honest(1, 6))


def weighed(project: Project) -> float:
    rows = Tally.objects.filter(project=project, category="")
    return sum(r.left_weight + r.right_weight + r.tie_weight + r.bad_weight for r in rows)


def test_a_vote_set_aside_weighs_nothing_and_lifting_brings_it_back(
    arena: Project, keeper: User, votes: list[Vote]
) -> None:
    flag = flags.set_aside(by=keeper, vote=votes[0], why="A test of ours")
    assert (flag.reason, flag.detail, flag.by) == ("manual", {"why": "A test of ours"}, keeper)
    assert CountedVote.objects.get(vote=votes[0]).weight == 0
    assert weighed(arena) == 5
    flags.lift(by=keeper, flag=flag, why="It was not")
    flag.refresh_from_db()
    assert (flag.lifted_by, flag.lifted_why) == (keeper, "It was not")
    assert CountedVote.objects.get(vote=votes[0]).weight == 1
    assert weighed(arena) == 6
    told = AuditEvent.objects.filter(project=arena).order_by("pk").values_list("verb", flat=True)
    assert list(told) == ["vote.set_aside", "vote_flags.lifted"]


def test_while_another_flag_stands_a_lifted_one_changes_nothing(
    keeper: User, votes: list[Vote]
) -> None:
    VoteFlag.objects.create(vote=votes[0], reason="leak")
    flag = flags.set_aside(by=keeper, vote=votes[0], why="Doubtful")
    flags.lift(by=keeper, flag=flag, why="Not that")
    assert CountedVote.objects.get(vote=votes[0]).weight == 0


def test_a_reason_is_lifted_from_all_votes_of_a_voter(
    arena: Project, keeper: User, votes: list[Vote]
) -> None:
    VoteFlag.objects.bulk_create([VoteFlag(vote=vote, reason="fast") for vote in votes])
    assert flags.lift_reason(by=keeper, vote=votes[0], reason="fast", why="A fast reader") == 6
    assert VoteFlag.objects.filter(lifted_at=None).count() == 0
    with pytest.raises(Conflict):
        flags.lift_reason(by=keeper, vote=votes[0], reason="fast", why="Once more")


@pytest.mark.parametrize("why", ["", "  ", "x" * 201, "a\0b", "\ud800"])
def test_every_deed_needs_a_reason(keeper: User, votes: list[Vote], why: str) -> None:
    with pytest.raises(InvalidInput, match="why"):
        flags.set_aside(by=keeper, vote=votes[0], why=why)
    assert VoteFlag.objects.count() == 0


def test_twice_is_a_conflict(keeper: User, votes: list[Vote]) -> None:
    flag = flags.set_aside(by=keeper, vote=votes[0], why="Doubtful")
    with pytest.raises(Conflict):
        flags.set_aside(by=keeper, vote=votes[0], why="Doubtful")
    flags.lift(by=keeper, flag=flag, why="Fine")
    with pytest.raises(Conflict):
        flags.lift(by=keeper, flag=flag, why="Fine")
    with pytest.raises(IntegrityError), transaction.atomic():
        VoteFlag.objects.bulk_create([VoteFlag(vote=votes[1], reason="leak") for _ in range(2)])


def test_only_an_owner_of_the_arena_may(arena: Project, votes: list[Vote]) -> None:
    with pytest.raises(NotFound):
        flags.set_aside(by=make_user(), vote=votes[0], why="Mine")
    reviewer = make_member(arena, Role.REVIEWER)
    with pytest.raises(NotPermitted):
        flags.set_aside(by=reviewer, vote=votes[0], why="Mine")
    with pytest.raises(NotPermitted):
        freezing.unfreeze(by=reviewer, project=arena, why="Mine")


def test_a_board_stands_still_and_goes_on(arena: Project, keeper: User) -> None:
    run = RatingRun.objects.create(project=arena, tallies_digest="x", n_votes=1, method={})
    until = run.computed_at
    assert freezing.freeze(by=keeper, project=arena, why="A look at it", good_until=until) is True
    assert freezing.freeze(by=keeper, project=arena, why="Again", good_until=until) is False
    rules = rules_of(arena)
    assert (rules.frozen_why, rules.frozen_run) == ("A look at it", run)
    freezing.unfreeze(by=keeper, project=arena, why="All is well")
    rules = rules_of(arena)
    assert (rules.frozen_at, rules.frozen_why, rules.frozen_run) == (None, "", None)
    assert rules.unfrozen_at is not None
    with pytest.raises(Conflict):
        freezing.unfreeze(by=keeper, project=arena, why="All is well")
