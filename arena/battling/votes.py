"""The verdict on a battle: one, for good."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from arena.battling import rates
from arena.battling.battles import lock, settle_told
from arena.battling.paths import judged, path
from arena.boards import counting
from arena.integrity import casting
from arena.models import Battle, Turn, Verdict, Vote
from arena.rules import rules_of
from arena.visitors import Visitor
from projects.errors import Conflict, InvalidInput


def cast(*, battle: Battle, visitor: Visitor, verdict: str) -> Vote:
    """Record the verdict and count it. The same verdict sent again gives the same vote.

    Only votes on models whose names were not shown count on boards. Raises InvalidInput for an
    unknown verdict, NotFound for somebody else's battle, Conflict where there is another verdict
    already or nothing whole to judge.
    """
    if verdict not in Verdict.values:
        raise InvalidInput.field("verdict", f"must be one of {', '.join(Verdict.values)}")
    settle_told(battle=battle)
    with transaction.atomic():
        # The lock makes a second vote wait for the first, and then find it.
        battle = lock(battle=battle, visitor=visitor)
        earlier = Vote.objects.filter(battle=battle).first()
        if earlier is not None:
            return _same(earlier, verdict)
        turns = _judgeable(battle)
        rules = rules_of(battle.project)
        rates.spend_vote(rules=rules, visitor=visitor)
        vote = Vote.objects.create(
            battle=battle,
            project=battle.project,
            verdict=verdict,
            voter=battle.visitor,
            network=visitor.network,
            user=visitor.user,
            seconds=_seconds_since(turns[-1]),
        )
        if battle.is_anonymous:
            weight = casting.look_at(vote=vote, rules=rules, turns=turns)
            counting.count_vote(vote=vote, battle=battle, turns=turns, weight=weight)
    return vote


def _same(earlier: Vote, verdict: str) -> Vote:
    if earlier.verdict != verdict:
        raise Conflict(f"Your vote was counted already: {Verdict(earlier.verdict).label}.")
    return earlier


def _judgeable(battle: Battle) -> Sequence[Turn]:
    if battle.model_b_id is None:
        raise Conflict("A chat with one model has no verdict.")
    ended = {f"ended_{side}": F(f"generation_{side}__finished_at") for side in "ab"}
    turns = list(battle.turns.annotate(**ended).order_by("number"))
    if any(turn.state == Turn.State.STREAMING for turn in path(turns)):
        raise Conflict("The replies are still being written. Vote when both are finished.")
    whole = judged(turns)
    if not whole:
        raise Conflict("There are no two whole replies to judge.")
    return whole


def _seconds_since(turn: Turn) -> float | None:
    """From the end of the later reply; None where that is not known."""
    ends = (getattr(turn, "ended_a", None), getattr(turn, "ended_b", None))
    known = [end for end in ends if end is not None]
    return max((timezone.now() - max(known)).total_seconds(), 0.0) if known else None
