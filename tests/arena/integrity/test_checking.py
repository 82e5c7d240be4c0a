from datetime import timedelta

import pytest
from django.utils import timezone

from arena.integrity import bursting, checking, flags, freezing
from arena.integrity.bursts import Burst
from arena.models import ArenaRules, CountedVote, RatingRun, Tally, VoteFlag
from arena.rules import rules_of
from projects.models import AuditEvent, Project, Role
from tests.arena.integrity.crowds import Crowd, Row
from tests.arena.integrity.town import digest, make_models, make_votes
from tests.arena.rows import make_arena
from tests.factories import make_member

pytestmark = pytest.mark.django_db
ATTACKERS = range(10_000, 10_005)
N_MODELS = 8


def honest(crowd: Crowd) -> list[Row]:
    return [row for voter in range(60) for row in crowd.honest(voter, 25)]


def attacked(project: Project, *, seed: int = 1) -> None:
    crowd = Crowd.of(N_MODELS, seed)
    rows = honest(crowd)
    for voter in ATTACKERS:
        rows += crowd.attacker(voter, 15, target=3)
    shuffled = [rows[at] for at in crowd.rng.permutation(len(rows))]
    make_votes(project, make_models(N_MODELS), shuffled)


def flagged_voters() -> set[str]:
    return set(VoteFlag.objects.filter(lifted_at=None).values_list("vote__voter", flat=True))


def weight_in_tallies(project: Project) -> float:
    rows = Tally.objects.filter(project=project, category="")
    return sum(r.left_weight + r.right_weight + r.tie_weight + r.bad_weight for r in rows)


def test_attackers_votes_weigh_nothing_and_are_all_still_there() -> None:
    project = make_arena()
    attacked(project)
    n_votes = CountedVote.objects.count()
    made = checking.check(project=project)
    assert flagged_voters() == {digest(voter) for voter in ATTACKERS}
    assert CountedVote.objects.filter(weight=0).count() == 15 * len(ATTACKERS)
    assert CountedVote.objects.count() == n_votes
    assert weight_in_tallies(project) == n_votes - 15 * len(ATTACKERS)
    assert made.n_votes == n_votes
    assert made.n_voters == 60 + len(ATTACKERS)
    assert {each["model"] for each in made.findings["voters"]} == {
        CountedVote.objects.order_by("model_a").values_list("model_a", flat=True).distinct()[3]
    }


def test_a_second_check_of_the_same_votes_changes_nothing() -> None:
    project = make_arena()
    attacked(project)
    checking.check(project=project)
    before = set(VoteFlag.objects.values_list("pk", "lifted_at"))
    again = checking.check(project=project)
    assert set(VoteFlag.objects.values_list("pk", "lifted_at")) == before
    assert (again.findings["raised"], again.findings["lifted"]) == (0, 0)


def test_a_flag_that_is_no_longer_found_is_lifted_and_the_vote_counts_again() -> None:
    project = make_arena()
    models = make_models(N_MODELS)
    crowd = Crowd.of(N_MODELS, 2)
    votes = make_votes(project, models, honest(crowd))
    VoteFlag.objects.create(vote=votes[0], reason=VoteFlag.Reason.SKEWED)
    VoteFlag.objects.create(vote=votes[1], reason=VoteFlag.Reason.LEAK)
    CountedVote.objects.filter(vote__in=votes[:2]).update(weight=0)
    checking.check(project=project)
    skewed = VoteFlag.objects.get(vote=votes[0])
    assert skewed.lifted_at is not None
    assert skewed.lifted_why == flags.NO_LONGER_FOUND
    assert VoteFlag.objects.get(vote=votes[1]).lifted_at is None
    weights = CountedVote.objects.filter(vote__in=votes[:2]).order_by("vote")
    assert list(weights.values_list("weight", flat=True)) == [1.0, 0.0]


def test_where_an_owner_lifted_a_flag_the_check_does_not_raise_it_again() -> None:
    project = make_arena()
    owner = make_member(project, Role.OWNER)
    attacked(project)
    checking.check(project=project)
    flag = VoteFlag.objects.order_by("pk").select_related("vote__project", "vote__battle")[0]
    flags.lift_reason(by=owner, vote=flag.vote, reason=flag.reason, why="Our own test runs")
    checking.check(project=project)
    mine = VoteFlag.objects.filter(vote__voter=flag.vote.voter, reason=flag.reason)
    assert not mine.filter(lifted_at=None).exists()


def test_a_burst_of_newcomers_is_held_back_whole() -> None:
    project = make_arena()
    models = make_models(N_MODELS)
    crowd = Crowd.of(N_MODELS, 3)
    make_votes(project, models, honest(crowd), begun_at=timezone.now() - timedelta(days=3))
    sent = [row for voter in range(5_000, 5_200) for row in crowd.attacker(voter, 1, target=2)]
    votes = make_votes(project, models, sent)
    made = checking.check(project=project)
    held = VoteFlag.objects.filter(reason=VoteFlag.Reason.BURST, lifted_at=None)
    assert set(held.values_list("vote", flat=True)) == {vote.pk for vote in votes}
    assert made.findings["bursts"][0]["is_going_on"] is True
    assert made.findings["bursts"][0]["model"] == models[2].pk


def test_a_network_full_of_newcomers_with_one_aim_is_found_as_a_whole() -> None:
    project = make_arena()
    models = make_models(N_MODELS)
    crowd = Crowd.of(N_MODELS, 4)
    make_votes(project, models, honest(crowd), network="a" * 64)
    # Three votes each of thirty browsers: too few to judge one by one.
    sent = [row for voter in range(5_000, 5_030) for row in crowd.attacker(voter, 3, target=2)]
    votes = make_votes(project, models, sent, network="b" * 64)
    made = checking.check(project=project)
    assert [each["model"] for each in made.findings["networks"]] != []
    assert set(CountedVote.objects.filter(weight=0).values_list("vote", flat=True)) >= {
        vote.pk for vote in votes
    }
    whose = {flag.detail.get("whose") for flag in VoteFlag.objects.exclude(reason="burst")}
    assert whose == {"network"}


def test_votes_that_disagree_with_all_before_freeze_the_board_once() -> None:
    project = make_arena()
    owner = make_member(project, Role.OWNER)
    models = make_models(N_MODELS)
    crowd = Crowd.of(N_MODELS, 5)
    long_ago = timezone.now() - timedelta(days=5)
    make_votes(project, models, honest(crowd), begun_at=long_ago)
    run = RatingRun.objects.create(
        project=project, tallies_digest="x", n_votes=1_500, method={}, computed_at=long_ago
    )
    other = crowd.theta.copy()
    other[1] += 2.0
    changed = Crowd(crowd.rng, other)
    make_votes(project, models, [r for v in range(60) for r in changed.honest(900 + v, 20)])
    checking.check(project=project)
    rules = rules_of(project)
    assert rules.frozen_at is not None
    assert rules.frozen_run == run
    assert "stone-1 by +" in rules.frozen_why
    assert AuditEvent.objects.filter(verb="board.frozen", actor=None).count() == 1

    freezing.unfreeze(by=owner, project=project, why="A new version, as announced")
    checking.check(project=project)
    assert rules_of(project).frozen_at is None


def test_only_arenas_with_something_new_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_arena()
    assert checking.check_all() == 0
    models = make_models(3)
    crowd = Crowd.of(3, 1)
    make_votes(project, models, crowd.honest(1, 5))
    assert checking.check_all() == 1
    make_votes(project, models, crowd.honest(1, 1))
    assert checking.check_all() == 0
    monkeypatch.setattr(checking, "PAUSE", timedelta())
    assert checking.check_all() == 1
    assert checking.check_all() == 0
    assert ArenaRules.objects.count() == 0


def test_while_a_burst_is_under_way_nobody_waits_for_the_next_check() -> None:
    project = make_arena()
    models = make_models(3)
    crowd = Crowd.of(3, 1)
    make_votes(project, models, crowd.honest(1, 5))
    checking.check(project=project)
    make_votes(project, models, crowd.honest(1, 1))
    bursting.remember(project_id=project.pk, bursts=[Burst(0, 1, 0, 3, None)])
    assert checking.check_all() == 1


def test_an_arena_without_votes_can_be_checked() -> None:
    made = checking.check(project=make_arena())
    assert (made.n_votes, made.n_voters) == (0, 0)
