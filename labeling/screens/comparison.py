"""Two answers side by side, and the scale."""

from typing import Any

from django.http import QueryDict

from instructions.templatetags.rendering import markdown
from labeling import queue, submissions
from labeling.models import Assignment, Response
from projects.errors import InvalidInput
from projects.models import User

TEMPLATE = "labeling/comparison.html"


def context(assignment: Assignment, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "answers": _answers(assignment),
        "longest_justification": submissions.LONGEST_JUSTIFICATION,
    }


def draft_of(post: QueryDict) -> dict[str, Any]:
    return {name: post.get(name, "") for name in ("preference", "justification")}


def submit(*, by: User, assignment: Assignment, post: QueryDict) -> str:
    choice = post.get("preference", "")
    if choice == "cannot_judge":
        queue.skip(by=by, assignment=assignment, reason=queue.CANNOT_JUDGE)
        return "Noted that you cannot judge this one. It went back to the queue for others."
    if choice not in submissions.CHOICES[1:]:
        raise InvalidInput.field("preference", "choose one of the seven, or that both are bad")
    submissions.submit_comparison(
        by=by,
        assignment=assignment,
        preference=None if choice == "both_bad" else int(choice),
        both_bad=choice == "both_bad",
        justification=post.get("justification", ""),
    )
    return "Your judgement is submitted."


def _answers(assignment: Assignment) -> list[dict[str, Any]]:
    """What stands on each side. Nothing in it tells where it came from."""
    texts = dict(Response.objects.filter(pk__in=assignment.presented).values_list("pk", "text"))
    return [
        {"side": side, "label": f"Answer {side.upper()}", "html": markdown(texts[pk])}
        for side, pk in zip("ab", assignment.presented, strict=False)
    ]
