"""When a judgement asks for its reasons, said before it is refused for want of them."""

from dataclasses import dataclass

from labeling.judging.guards import STRONGEST, is_strong, why_justify
from labeling.judging.rules import rules_of
from labeling.models import Assignment

AT_THE_END = "Say what decided it: you chose the end of the scale."


@dataclass(frozen=True)
class Asked:
    """Why to justify: any judgement, one at an end of the scale, one that finds nothing good.

    Empty where no justification is asked for.
    """

    always: str
    strong: str
    bad: str


def asked_of(assignment: Assignment, *, bad: str) -> Asked:
    """`bad` says what to write where no answer is good enough."""
    rules, is_disputed = rules_of(assignment.task.project), assignment.task.is_disputed
    always = why_justify(rules, is_strong=False, is_disputed=is_disputed)
    strong = why_justify(rules, is_strong=True, is_disputed=is_disputed)
    if always:
        sentence = (
            "Say what decided it: this project asks for it every time."
            if rules.justify_always
            else "Say what decided it: labelers disagree on this task."
        )
        return Asked(always=sentence, strong=sentence, bad=sentence)
    has_ends = is_strong(rules, STRONGEST)
    return Asked(
        always="",
        strong=AT_THE_END if strong and has_ends else "",
        bad=f"Say {bad}." if strong else "",
    )
