"""The editor of an ideal answer, of one reply or a conversation that the labeler goes on with."""

from itertools import zip_longest
from typing import Any

from django.http import QueryDict

from labeling import submissions
from labeling.activity import explain
from labeling.drafts import MOST_TURNS
from labeling.models import Assignment
from labeling.posted import activity_of
from labeling.rules import rules_of
from projects.models import User

TEMPLATE = "labeling/demonstration.html"


def context(assignment: Assignment, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "longest": submissions.LONGEST_ANSWER,
        "goes_on": rules_of(assignment.task.project).demonstrations_go_on,
        "most_turns": MOST_TURNS // 2,
        "turns": _pairs(values.get("turns") or []),
        "empty_turn": ("", ""),
        "has_changes": assignment.state == Assignment.State.REOPENED,
        "evidence_told": explain(assignment.evidence),
    }


def draft_of(post: QueryDict) -> dict[str, Any]:
    draft: dict[str, Any] = {"text": post.get("text", "")}
    turns = _turns(post)
    if post.get("action") == "add_turn":
        turns += _messages("", "")
    return draft | ({"turns": turns} if turns else {})


def submit(*, by: User, assignment: Assignment, post: QueryDict) -> str:
    submissions.submit_demonstration(
        by=by,
        assignment=assignment,
        text=post.get("text", ""),
        turns=_turns(post),
        activity=activity_of(post),
    )
    return "Your answer is submitted."


def _turns(post: QueryDict) -> list[dict[str, str]]:
    """The messages after the first reply: fields of the same names, one pair a turn.

    Without scripts nothing can be taken out, so there a pair left empty counts as taken out.
    """
    users, replies = post.getlist("turn_user"), post.getlist("turn_reply")
    pairs = zip_longest(users, replies, fillvalue="")
    return [
        message
        for user, reply in pairs
        if user.strip() or reply.strip() or post.get("activity")
        for message in _messages(user, reply)
    ]


def _messages(user: str, reply: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": user}, {"role": "assistant", "content": reply}]


def _pairs(turns: list[dict[str, str]]) -> list[tuple[str, str]]:
    contents = [turn.get("content", "") for turn in turns]
    return list(zip_longest(contents[::2], contents[1::2], fillvalue=""))
