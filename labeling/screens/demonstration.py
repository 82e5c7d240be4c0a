"""The editor of an ideal answer, of one reply or a conversation that the labeler goes on with."""

from dataclasses import replace
from itertools import zip_longest
from typing import Any

from django.http import QueryDict

from labeling.autonomy.levels import Level, autonomy_of
from labeling.autonomy.presenting import note_level
from labeling.checking.panel import panel_of
from labeling.judging import submissions
from labeling.judging.activity import explain
from labeling.judging.drafts import MOST_TURNS
from labeling.judging.rules import rules_of
from labeling.models import Assignment
from labeling.screens.drafting import context_of
from labeling.screens.posted import activity_of
from projects.errors import InvalidInput, Problem
from projects.models import User
from projects.strict_json import parse_json

TEMPLATE = "labeling/demonstration.html"


def context(assignment: Assignment, values: dict[str, Any]) -> dict[str, Any]:
    drafting = context_of(assignment, values)
    return {
        "longest": submissions.LONGEST_ANSWER,
        "goes_on": rules_of(assignment.task.project).demonstrations_go_on,
        "most_turns": MOST_TURNS // 2,
        "turns": _pairs(values.get("turns") or []),
        "empty_turn": ("", ""),
        "has_changes": assignment.state == Assignment.State.REOPENED,
        "evidence_told": explain(assignment.evidence, has_drafts=bool(assignment.n_draws)),
        "self_check": panel_of(assignment, values),
        "drafts_first": _comes_first(assignment, drafting["drafting"]),
    } | drafting


def _comes_first(assignment: Assignment, drafting: dict[str, Any] | None) -> bool:
    """Whether people pick among drafts here, which is written down."""
    if not drafting or not drafting["n_drafts"]:
        return False
    level = autonomy_of(assignment.task.project, assignment.task.kind).level
    if level == Level.PICK:
        note_level(assignment, level)
    return bool(level == Level.PICK)


def draft_of(post: QueryDict) -> dict[str, Any]:
    draft: dict[str, Any] = {"text": post.get("text", "")}
    turns = _turns(post)
    if post.get("action") == "add_turn":
        turns += _messages("", "")
    return draft | ({"turns": turns} if turns else {}) | _who_wrote(post)


def submit(*, by: User, assignment: Assignment, post: QueryDict) -> str:
    try:
        submissions.submit_demonstration(
            by=by,
            assignment=assignment,
            text=post.get("text", ""),
            turns=_turns(post),
            **_who_wrote(post),
            activity=activity_of(post),
        )
    except InvalidInput as error:
        raise InvalidInput(*map(_by_field, error.problems)) from error
    return "Your answer is submitted."


def _who_wrote(post: QueryDict) -> dict[str, Any]:
    """The editor's account of who wrote what. Where it cannot be read there is none: it is found
    out from the text then, and nothing that was written is refused for it."""
    said = {}
    for name in ("spans", "turn_spans"):
        try:
            said[name] = parse_json(str(post[name])) if post.get(name) else None
        except ValueError:
            said[name] = None
    return {name: value for name, value in said.items() if value is not None}


def _by_field(problem: Problem) -> Problem:
    """The problem under the name of the form's field: turns.0 and its content are the user's."""
    kind, _, rest = problem.field.partition(".")
    if kind != "turns" or not rest:
        return problem
    at = int(rest.partition(".")[0])
    return replace(problem, field="turn_reply" if at % 2 else "turn_user")


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
