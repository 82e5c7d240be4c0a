"""A look at a vote in the moment it is cast: what there is to doubt, and what it weighs."""

from collections.abc import Sequence
from typing import Any

from arena.integrity import bursting, haste, leaks, prompts, registry, suspicion
from arena.models import ArenaRules, Turn, Vote, VoteFlag

Reason = VoteFlag.Reason
DOUBTED = (Reason.SKEWED, Reason.CONCENTRATED)


def look_at(*, vote: Vote, rules: ArenaRules, turns: Sequence[Turn]) -> float:
    """Write the vote's flags and say what it weighs, from 0 to 1.

    `turns` is the path that was voted on. Call inside the vote's transaction, for votes on
    anonymous battles only, before the vote is counted.
    """
    doubts = _doubts(vote, rules, turns)
    if doubts:
        VoteFlag.objects.bulk_create(
            [VoteFlag(vote=vote, reason=reason, detail=detail) for reason, detail in doubts.items()]
        )
        _be_careful(vote, doubts)
        return 0.0
    return prompts.weight_of(vote=vote, prompt=turns[0].message if turns else "")


def _doubts(vote: Vote, rules: ArenaRules, turns: Sequence[Turn]) -> dict[str, dict[str, Any]]:
    doubts: dict[str, dict[str, Any]] = {}
    leak = leaks.find(registry.words(rules.leak_words), _texts(turns))
    if leak is not None:
        doubts[Reason.LEAK] = {"word": leak.word, "place": leak.place}
    if turns:
        seconds = (vote.created_at - turns[-1].created_at).total_seconds()
        n_characters = len(turns[-1].reply_a) + len(turns[-1].reply_b)
        if haste.is_too_fast(seconds=seconds, n_characters=n_characters):
            doubts[Reason.FAST] = {"seconds": round(seconds, 2), "characters": n_characters}
    doubts |= _doubts_of_the_voter(vote)
    if bursting.is_newcomer(vote) and bursting.look(project=vote.project):
        doubts[Reason.BURST] = {}
    return doubts


def _texts(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    """What can tell, replies first: in them a name is worse than in a question."""
    places = (("reply_a", "A"), ("reply_b", "B"), ("message", "message"))
    return [
        (f"{place} {number}", getattr(turn, name))
        for name, place in places
        for number, turn in enumerate(turns, 1)
    ]


def _doubts_of_the_voter(vote: Vote) -> dict[str, dict[str, Any]]:
    """The next vote of somebody whose votes are set aside is set aside too, until the periodic
    check or an owner sees it differently."""
    if not vote.voter:
        return {}
    standing = VoteFlag.objects.filter(
        vote__project_id=vote.project_id,
        vote__voter=vote.voter,
        reason__in=DOUBTED,
        by=None,
        lifted_at=None,
    )
    return dict(standing.order_by("pk").values_list("reason", "detail"))


def _be_careful(vote: Vote, doubts: dict[str, dict[str, Any]]) -> None:
    """What a model gave away is not its visitor's doing; all else earns a challenge."""
    if set(doubts) - {Reason.LEAK, Reason.BURST}:
        suspicion.suspect(project_id=vote.project_id, digests=(vote.voter,))
