"""What a labeler is shown of a judge on a comparison, decided once and written down."""

import secrets
from dataclasses import dataclass

from labeling.autonomy.levels import Level, autonomy_of
from labeling.judging.rules import rules_of
from labeling.machine.verdicts import verdict_of
from labeling.models import Assignment, Autonomy, Comparison, JudgeVerdict, Task, WorkLevel

WORDS = {"a": "Answer A is better", "equal": "Both are equally good", "b": "Answer B is better"}
SIGNS = {"a": -1, "equal": 0, "b": 1}


@dataclass(frozen=True)
class Proposed:
    """A judge's verdict as it stands before one labeler. `preference` is what confirming it
    submits; `reason` speaks of the sides as they are shown."""

    side: str
    words: str
    preference: int
    confidence: float | None
    reason: str


def proposed_to(assignment: Assignment, *, level: int | None = None) -> Proposed | None:
    """The proposal on this assignment, if its labeler is to see one.

    `level` is the project's where it is known already. Decided when the task is shown first, for
    good: what comes in later would reach somebody who has begun to judge. Below level 4 nothing
    is written, and of level 5 the same whatever becomes of the task.
    """
    task = assignment.task
    if task.kind != Task.Kind.COMPARISON:
        return None
    if level is not None and level < Level.CONFIRM:
        return None
    row = autonomy_of(task.project, task.kind)
    if row.level < Level.CONFIRM:
        return None
    known = WorkLevel.objects.filter(assignment=assignment).select_related("verdict").first()
    if known is None and assignment.state == Assignment.State.OPEN:
        known, _ = WorkLevel.objects.select_related("verdict").get_or_create(
            assignment=assignment, defaults=_decided(assignment, row)
        )
    if known is None or known.is_blind or known.verdict is None:
        return None
    return _told(assignment, known.verdict)


def note_level(assignment: Assignment, level: int) -> None:
    """Write down at which level an assignment was given, unless it is known already."""
    if assignment.state == Assignment.State.OPEN:
        WorkLevel.objects.get_or_create(assignment=assignment, defaults={"level": level})


def side_of(verdict: JudgeVerdict, side_a: int) -> str:
    """Which side a decided verdict is for, where the response with this key is A."""
    if verdict.outcome == JudgeVerdict.Outcome.EQUAL:
        return "equal"
    is_first = verdict.outcome == JudgeVerdict.Outcome.FIRST
    return "a" if is_first == (verdict.first_id == side_a) else "b"


def _decided(assignment: Assignment, row: Autonomy) -> dict[str, object]:
    if row.level != Level.CONFIRM or row.judge is None or len(assignment.presented) != 2:
        return {"level": row.level}
    side_a, side_b = assignment.presented
    verdict = verdict_of(row.judge, assignment.task, pair=(side_a, side_b))
    if verdict is None or verdict.outcome == JudgeVerdict.Outcome.ABSTAINED:
        return {"level": row.level}
    is_blind = secrets.randbelow(100) < row.audit_percent
    return {"level": row.level, "verdict": verdict, "is_blind": is_blind}


def _told(assignment: Assignment, verdict: JudgeVerdict) -> Proposed:
    side_a = assignment.presented[0]
    side = side_of(verdict, side_a)
    is_simple = rules_of(assignment.task.project).scale == Comparison.Scale.SIMPLE
    # Asked in both orders; the answer to the one on the screen names its sides.
    order = 0 if verdict.first_id == side_a else 1
    reasons = verdict.reasons if isinstance(verdict.reasons, list) else []
    return Proposed(
        side=side,
        words=WORDS[side],
        preference=SIGNS[side] * (1 if is_simple else 2),
        confidence=verdict.confidence,
        reason=str(reasons[order]) if len(reasons) > order else "",
    )
