from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models import Sum

from arena.battling import votes
from arena.integrity import checking, flags
from arena.models import CountedVote, Tally, VoteFlag
from projects.models import Role
from tests.arena.integrity.crowds import Crowd
from tests.arena.integrity.town import make_models, make_votes
from tests.arena.rows import make_arena, make_battle, make_judged, make_visitor
from tests.factories import make_member


@pytest.mark.django_db(transaction=True)
def test_votes_checks_and_owners_at_once_leave_tallies_that_add_up() -> None:
    project = make_arena()
    owner = make_member(project, Role.OWNER)
    crowd = Crowd.of(6, 2)
    rows = [row for voter in range(40) for row in crowd.honest(voter, 20)]
    rows += [row for voter in range(900, 903) for row in crowd.attacker(voter, 15, target=2)]
    before = make_votes(project, make_models(6), rows)
    visitors = [make_visitor(f"v{number}") for number in range(18)]
    battles = [make_judged(make_battle(project, visitor=visitor)) for visitor in visitors]

    def deed(number: int) -> None:
        try:
            if number % 6 == 4:
                checking.check(project=project)
            elif number % 6 == 5:
                flags.set_aside(by=owner, vote=before[number], why="A look at it")
            else:
                votes.cast(battle=battles[number], visitor=visitors[number], verdict="a")
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(deed, range(18)))
    checking.check(project=project)

    counted = CountedVote.objects.filter(project=project)
    assert counted.count() == len(rows) + 12
    flagged = VoteFlag.objects.filter(lifted_at=None).values("vote").distinct().count()
    assert counted.filter(weight=0).count() == flagged
    assert flagged >= 45 + 3
    tallies = Tally.objects.filter(project=project, category="").aggregate(
        *(Sum(f"{outcome}_weight") for outcome in ("left", "right", "tie", "bad"))
    )
    assert sum(tallies.values()) == pytest.approx(counted.aggregate(w=Sum("weight"))["w"])
