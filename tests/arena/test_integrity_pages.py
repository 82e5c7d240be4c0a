import pytest
from django.db import connection
from django.urls import reverse

from arena.integrity import checking, flags
from arena.models import ArenaRules, CountedVote, Vote, VoteFlag
from projects.models import Project, User
from tests.arena.integrity.crowds import Crowd
from tests.arena.integrity.town import make_models, make_votes
from tests.arena.rows import make_arena
from tests.conftest import SignIn
from tests.plans import rows_met_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def votes(project: Project) -> list[Vote]:
    return make_votes(project, make_models(4), Crowd.of(4, 1).honest(1, 6))


def url(project: Project, name: str, *pk: int) -> str:
    return reverse(name, args=[project.slug, *pk])


def test_an_arena_without_votes_has_its_page(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    page = signed_in(owner).get(url(project, "integrity")).content.decode()
    assert "No vote is counted yet" in page
    assert "No voter and no network stands out" in page


def test_findings_flags_and_both_boards_are_shown(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    crowd = Crowd.of(6, 2)
    rows = [row for voter in range(50) for row in crowd.honest(voter, 25)]
    rows += [row for voter in range(900, 905) for row in crowd.attacker(voter, 15, target=2)]
    make_votes(project, make_models(6), [rows[at] for at in crowd.rng.permutation(len(rows))])
    checking.check(project=project)
    browser = signed_in(owner)
    page = browser.get(url(project, "integrity")).content.decode()
    assert "stone-2" in page
    assert "Every vote as one" in page
    assert "−" in page
    n_flagged = CountedVote.objects.filter(weight=0).count()
    assert f"<dd>{n_flagged}</dd>" in page
    listed = browser.get(url(project, "integrity-votes")).content.decode()
    assert f"Page 1 of {-(-n_flagged // 25)}" in listed


def test_flagged_votes_are_found_though_the_planner_takes_the_tables_for_empty(
    project: Project,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    votes = make_votes(project, make_models(4), Crowd.of(4, 1).honest(1, 600))
    VoteFlag.objects.bulk_create(VoteFlag(vote=vote, reason="fast") for vote in votes[::3])
    found = flags.flagged_votes(project=project, reason="fast")
    n_met = rows_met_by(*found.order_by().values("pk").query.sql_with_params())
    # At worst every flag is looked at for every vote, and not also every vote for every such pair.
    assert n_met < 3 * len(votes) * len(votes[::3])
    assert [vote.pk for vote in found] == [vote.pk for vote in votes[::3][::-1]]


def test_a_vote_is_shown_set_aside_and_brought_back(
    project: Project, owner: User, signed_in: SignIn, votes: list[Vote]
) -> None:
    browser, vote = signed_in(owner), votes[0]
    place = url(project, "integrity-vote", vote.pk)
    assert "None stands" in browser.get(place).content.decode()
    refused = browser.post(url(project, "vote-set-aside", vote.pk), {"why": " "})
    assert refused.status_code == 400
    assert "must not be blank" in refused.content.decode()
    browser.post(url(project, "vote-set-aside", vote.pk), {"why": "Our own <b>trial</b>"})
    assert "Our own &lt;b&gt;trial&lt;/b&gt;" in browser.get(place).content.decode()
    assert CountedVote.objects.get(vote=vote).weight == 0
    unknown = browser.post(url(project, "vote-flag-lift", vote.pk), {"why": "x", "reason": "y"})
    assert unknown.status_code == 400
    lift = {"why": "It was not", "reason": "manual"}
    assert browser.post(url(project, "vote-flag-lift", vote.pk), lift).status_code == 302
    assert CountedVote.objects.get(vote=vote).weight == 1
    assert browser.post(url(project, "vote-flag-lift", vote.pk), lift).status_code == 409


def test_every_kind_of_evidence_is_put_in_words(
    project: Project, owner: User, signed_in: SignIn, votes: list[Vote]
) -> None:
    model = votes[0].battle.model_a
    seen = {"model": model.pk, "votes": 12, "rate": 0.9, "expected": 0.5, "p": 1e-6, "e": 0.0}
    details = {
        "leak": {"word": "stone-3", "place": "B 2"},
        "fast": {"seconds": 0.4, "characters": 900},
        "skewed": seen | {"whose": "voter"},
        "concentrated": seen | {"whose": "network"},
        "burst": {"model": model.pk, "direction": -1},
    }
    for reason, detail in details.items():
        VoteFlag.objects.create(vote=votes[0], reason=reason, detail=detail)
    page = signed_in(owner).get(url(project, "integrity-vote", votes[0].pk)).content.decode()
    for told in (
        "“stone-3” in the answer of B, turn 2.",
        "0.4 seconds after the message was sent, with 900 characters to read.",
        f"This voter gave {model.name} 90 % of the points in 12 votes; 50 % were to be expected.",
        f"{model.name} was in 90 % of the 12 battles this network voted on",
        f"They harm {model.name}.",
    ):
        assert told in page
    listed = signed_in(owner).get(url(project, "integrity-votes") + "?only=burst&page=x")
    assert "Burst" in listed.content.decode()


def test_a_flag_of_a_burst_without_a_target_is_shown(
    project: Project, owner: User, signed_in: SignIn, votes: list[Vote]
) -> None:
    VoteFlag.objects.create(vote=votes[0], reason="burst", detail={})
    answer = signed_in(owner).get(url(project, "integrity-vote", votes[0].pk))
    assert answer.status_code == 200


def test_a_board_is_frozen_and_let_go_on_by_hand(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    browser = signed_in(owner)
    assert browser.post(url(project, "integrity-freeze"), {"why": ""}).status_code == 400
    browser.post(url(project, "integrity-freeze"), {"why": "A look at it"})
    assert ArenaRules.objects.get().frozen_why == "A look at it"
    assert "The board stands still" in browser.get(url(project, "integrity")).content.decode()
    browser.post(url(project, "integrity-unfreeze"), {"why": "All is well"})
    assert ArenaRules.objects.get().frozen_at is None
    again = browser.post(url(project, "integrity-unfreeze"), {"why": "All is well"})
    assert again.status_code == 409


@pytest.mark.parametrize("why", ["a\0b", "x" * 5_000, "\u202e"])
def test_reasons_that_break_a_rule_change_nothing(
    project: Project, owner: User, signed_in: SignIn, votes: list[Vote], why: str
) -> None:
    browser = signed_in(owner)
    for name, pk in (("integrity-freeze", ()), ("vote-set-aside", (votes[0].pk,))):
        assert browser.post(url(project, name, *pk), {"why": why}).status_code == 400
    assert not ArenaRules.objects.filter(frozen_at__isnull=False).exists()
    assert VoteFlag.objects.count() == 0


def test_votes_of_other_arenas_are_not_there(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    other = make_votes(make_arena("other"), make_models(2), Crowd.of(2, 1).honest(1, 1))
    assert signed_in(owner).get(url(project, "integrity-vote", other[0].pk)).status_code == 404
