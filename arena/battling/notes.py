"""What a voter adds to a verdict: how much better, and in what."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from arena.battling.battles import lock
from arena.models import Battle, Verdict, Vote, VoteNote
from arena.visitors import Visitor
from projects.errors import Conflict, InvalidInput

MOST_NOTES = 20
DEGREES: dict[str, tuple[int, ...]] = {
    Verdict.A: (-3, -2, -1),
    Verdict.B: (1, 2, 3),
    Verdict.TIE: (0,),
    Verdict.BOTH_BAD: (),
}
"""The degrees that agree with each verdict, of the seven from −3 (A, much better) to 3 (B)."""


def add_note(*, battle: Battle, visitor: Visitor, degree: Any, reasons: Any) -> VoteNote:
    """Keep what the voter says of the vote. Several may be added; the last holds.

    `degree` is one of DEGREES of the verdict, or None; `reasons` a list of VoteNote.Reason.
    Raises InvalidInput naming either, Conflict before the vote.
    """
    with transaction.atomic():
        battle = lock(battle=battle, visitor=visitor)
        vote = Vote.objects.filter(battle=battle).first()
        if vote is None:
            raise Conflict("There is no vote yet to say more about.")
        if vote.notes.count() >= MOST_NOTES:
            raise Conflict(f"At most {MOST_NOTES} times something is added to a vote.")
        return VoteNote.objects.create(
            vote=vote, degree=_degree(degree, vote.verdict), reasons=_reasons(reasons)
        )


def note_on(vote: Vote) -> VoteNote | None:
    """The note that holds."""
    return vote.notes.order_by("-pk").first()


def _degree(degree: Any, verdict: str) -> int | None:
    if degree is None:
        return None
    allowed = DEGREES[verdict]
    if not isinstance(degree, int) or isinstance(degree, bool) or degree not in allowed:
        said = ", ".join(map(str, allowed)) or "left out"
        raise InvalidInput.field("degree", f"must be {said} after this verdict")
    return degree


def _reasons(reasons: Any) -> Sequence[str]:
    known = VoteNote.Reason.values
    if not isinstance(reasons, list) or not all(isinstance(each, str) for each in reasons):
        raise InvalidInput.field("reasons", "must be a list of texts")
    if not set(reasons) <= set(known):
        raise InvalidInput.field("reasons", f"must be among {', '.join(known)}")
    return [reason for reason in known if reason in reasons]
