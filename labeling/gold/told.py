"""Expected judgements in words, and gold tasks as pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labeling.gold.results import Feedback
from labeling.judging.told import LETTERS, said, tiers_said
from labeling.models import Assignment, Comparison, Response, Task
from labeling.quality.overview import WORDS
from labeling.reviewing.subjects import Judgement, submitted_row


@dataclass(frozen=True)
class Answered:
    """A gold task after it was judged, sides as its labeler saw them."""

    feedback: Feedback
    order: list[int]
    judged: str
    expected: str


def expected_said(
    kind: str, expected: Mapping[str, Any], order: Sequence[int], *, is_turned: bool = False
) -> str:
    """The expected judgement in one line; `order` has the response ids as they stand."""
    if kind == Task.Kind.RANKING:
        tiers = tiers_said(expected["tiers"], order)
        return f"{tiers}, all bad" if expected["all_bad"] else tiers
    preferences = [-each if is_turned else each for each in expected["preferences"]]
    words = [WORDS[each] if each else "equal" for each in sorted(preferences)]
    words += ["both are bad"] if expected["both_bad"] else []
    line = " or ".join(words)
    return line[:1].upper() + line[1:]


def answered(assignment: Assignment, feedback: Feedback) -> Answered:
    """What the labeler judged beside what was expected."""
    row: Judgement = submitted_row(assignment)
    order = list(assignment.presented)
    task, expected = assignment.task, feedback.gold.expected
    is_turned = False
    if isinstance(row, Comparison):
        first = task.candidates.order_by("position").values_list("response_id", flat=True)[0]
        is_turned = order[0] != first
    return Answered(
        feedback=feedback,
        order=order,
        judged=said(row, order),
        expected=expected_said(task.kind, expected, order, is_turned=is_turned),
    )


def answers_shown(task: Task, order: Sequence[int]) -> list[dict[str, Any]]:
    """The answers with their letters, in this order."""
    texts = dict(Response.objects.filter(pk__in=order).values_list("pk", "text"))
    sides = "ab" if task.kind == Task.Kind.COMPARISON else ""
    return [
        {
            "side": sides[at] if sides else "",
            "label": f"Answer {LETTERS[at]}",
            "text": texts[pk],
        }
        for at, pk in enumerate(order)
    ]
