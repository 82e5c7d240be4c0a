"""What judges said of one task, in words, for its project's owners."""

from collections.abc import Mapping
from dataclasses import dataclass

from labeling.machine.proposals import proposal_of, why
from labeling.machine.verdicts import verdicts_on
from labeling.models import Assignment, JudgeVerdict, Task
from projects.models import User

BEFORE_SUBMITTING = (Assignment.State.OPEN, Assignment.State.REOPENED)


@dataclass(frozen=True)
class JudgeSaid:
    """One verdict as the page of its task tells it; `reasons` are by order of the sides."""

    verdict: JudgeVerdict
    words: str
    sure: str
    reasons: list[tuple[str, str]]


def may_be_told(user: User, task: Task) -> bool:
    """Not to somebody who has this very task in hand: it would be their judgement no more."""
    held = Assignment.objects.filter(task=task, labeler=user, state__in=BEFORE_SUBMITTING)
    return not held.exists()


def said_of(task: Task, labels: Mapping[int, str]) -> list[JudgeSaid]:
    """Every verdict on the task; `labels` name its answers by key."""
    return [
        JudgeSaid(row, _words(row, labels), _sure(row), _reasons(row)) for row in verdicts_on(task)
    ]


def why_proposed(task: Task) -> str:
    """Empty where the task was not chosen."""
    found = proposal_of(task)
    return why(found) if found else ""


def _words(row: JudgeVerdict, labels: Mapping[int, str]) -> str:
    first = labels.get(row.first_id, "an earlier answer")
    second = labels.get(row.second_id, "an earlier answer")
    if row.state == JudgeVerdict.State.DRAWING:
        return f"Is being asked about {first} and {second}."
    if row.outcome == JudgeVerdict.Outcome.ABSTAINED:
        reason = JudgeVerdict.Abstention(row.abstention).label
        return f"{first} or {second}: it abstained. {reason}."
    if row.outcome == JudgeVerdict.Outcome.EQUAL:
        return f"{first} and {second} are equal."
    is_first = row.outcome == JudgeVerdict.Outcome.FIRST
    better, other = (first, second) if is_first else (second, first)
    return f"{better} is better than {other}."


def _sure(row: JudgeVerdict) -> str:
    if row.confidence is None:
        return ""
    source = "by its tokens" if row.confidence_from == "logprobs" else "by its own word"
    return f"{100 * row.confidence:.0f} % sure {source}"


def _reasons(row: JudgeVerdict) -> list[tuple[str, str]]:
    orders = ("In the first order:", "With the sides exchanged:")
    return [pair for pair in zip(orders, row.reasons, strict=False) if pair[1]]
