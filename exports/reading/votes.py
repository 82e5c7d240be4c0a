"""Votes as preferences, and whole as conversations."""

from collections.abc import Iterator, Sequence
from typing import Literal

import orjson

from arena.models import Verdict
from exports.reading.battles import Said, Voted, answers, conversation, voted
from exports.reading.known import Known
from exports.reading.wanted import Wanted
from exports.records import Conversation, Preference

STRENGTHS: dict[str, int | None] = {
    Verdict.A.value: -1,
    Verdict.B.value: 1,
    Verdict.TIE.value: 0,
    Verdict.BOTH_BAD.value: None,
}
WINNERS: dict[str, Literal["model_a", "model_b", "tie", "both_bad"]] = {
    Verdict.A.value: "model_a",
    Verdict.B.value: "model_b",
    Verdict.TIE.value: "tie",
    Verdict.BOTH_BAD.value: "both_bad",
}


def preferences(wanted: Wanted) -> Iterator[Preference]:
    for vote in voted(wanted):
        yield _preference(wanted.known, vote)


def conversations(wanted: Wanted) -> Iterator[Conversation]:
    for vote in voted(wanted, is_noted=True):
        weight, language, degree, reasons = vote.note or (None, None, None, None)
        yield Conversation(
            id=f"vote-{vote.pk}",
            model_a=vote.model_a,
            model_b=vote.model_b,
            conversation_a=conversation(vote.turns, "a"),
            conversation_b=conversation(vote.turns, "b"),
            winner=WINNERS[vote.verdict],
            n_turns=len(vote.turns),
            voter=vote.voter,
            created_at=vote.created_at,
            # What no board counts weighs nothing.
            weight=weight or 0.0,
            language=language or "",
            reasons=tuple(orjson.loads(reasons)) if reasons else (),
            degree=degree,
        )


def _preference(known: Known, vote: Voted) -> Preference:
    """The reply that follows what both sides have in common: mostly that to the first message."""
    shared = _n_shared(vote.turns)
    turn = vote.turns[shared] if vote.turns else None
    first, second = answers(known, vote, turn)
    prompt = conversation(vote.turns[:shared], "a")
    if turn and (turn.message or prompt):
        prompt.append({"role": "user", "content": turn.message})
    return Preference(
        id=f"vote-{vote.pk}",
        source="vote",
        prompt=prompt,
        first=first,
        second=second,
        strength=STRENGTHS[vote.verdict],
        annotator=vote.voter,
        created_at=vote.created_at,
        n_turns=max(len(vote.turns) - shared, 1),
    )


def _n_shared(turns: Sequence[Said]) -> int:
    """Turns before the last, counted from the first, in which both sides said the same."""
    for number, turn in enumerate(turns[:-1]):
        if turn.reply_a != turn.reply_b:
            return number
    return max(len(turns) - 1, 0)
