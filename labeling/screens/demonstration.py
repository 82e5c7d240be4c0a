"""The editor of an ideal answer."""

from typing import Any

from django.http import QueryDict

from labeling import submissions
from labeling.models import Assignment
from projects.models import User

TEMPLATE = "labeling/demonstration.html"


def context(assignment: Assignment, values: dict[str, Any]) -> dict[str, Any]:
    return {"longest": submissions.LONGEST_ANSWER}


def draft_of(post: QueryDict) -> dict[str, Any]:
    return {"text": post.get("text", "")}


def submit(*, by: User, assignment: Assignment, post: QueryDict) -> str:
    submissions.submit_demonstration(by=by, assignment=assignment, text=post.get("text", ""))
    return "Your answer is submitted."
