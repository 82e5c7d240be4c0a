"""The verdict on a battle: one, for good."""

from django.db import transaction

from arena.battling.battles import lock
from arena.boards import counting
from arena.models import Battle, Turn, Verdict, Vote
from arena.visitors import Visitor
from projects.errors import Conflict, InvalidInput


def cast(*, battle: Battle, visitor: Visitor, verdict: str) -> Vote:
    """Record the verdict and count it. The same verdict sent again gives the same vote.

    Raises InvalidInput for an unknown verdict, NotFound for somebody else's battle, Conflict
    where there is another verdict already or nothing whole to judge.
    """
    if verdict not in Verdict.values:
        raise InvalidInput.field("verdict", f"must be one of {', '.join(Verdict.values)}")
    with transaction.atomic():
        # The lock makes a second vote wait for the first, and then find it.
        battle = lock(battle=battle, visitor=visitor)
        earlier = Vote.objects.filter(battle=battle).first()
        if earlier is not None:
            return _same(earlier, verdict)
        _require_judgeable(battle)
        vote = Vote.objects.create(
            battle=battle, project=battle.project, verdict=verdict, voter=battle.visitor
        )
        result = counting.Result(battle.model_a_id, battle.model_b_id, Verdict(verdict))
        counting.count_votes(project=battle.project, results=[result])
    return vote


def _same(earlier: Vote, verdict: str) -> Vote:
    if earlier.verdict != verdict:
        raise Conflict(f"Your vote was counted already: {Verdict(earlier.verdict).label}.")
    return earlier


def _require_judgeable(battle: Battle) -> None:
    states = set(battle.turns.values_list("state", flat=True))
    if Turn.State.STREAMING in states:
        raise Conflict("The replies are still being written. Vote when both are finished.")
    if Turn.State.COMPLETE not in states:
        raise Conflict("There are no two whole replies to judge.")
