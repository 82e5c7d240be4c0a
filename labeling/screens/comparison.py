"""Two answers side by side, and the scale."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from labeling.assigning import queue
from labeling.autonomy.presenting import proposed_to
from labeling.judging import submissions
from labeling.judging.guards import HIGHEST_MARK, SIDES
from labeling.judging.rules import criteria_of, rules_of
from labeling.models import Assignment, Criterion
from labeling.screens.justifying import asked_of
from labeling.screens.posted import activity_of
from labeling.screens.reading import answers_of, differences
from projects.errors import InvalidInput
from projects.models import User

TEMPLATE = "labeling/comparison.html"
PREFERENCES = ("-3", "-2", "-1", "0", "1", "2", "3")
RATINGS = range(HIGHEST_MARK + 1)


def context(assignment: Assignment, values: dict[str, Any]) -> dict[str, Any]:
    rules = rules_of(assignment.task.project)
    criteria = criteria_of(assignment.task.project)
    answers = answers_of(assignment.presented)
    has_both = not any(answer.is_missing for answer in answers)
    return {
        "answers": answers,
        "has_both": has_both,
        "proposed": proposed_to(assignment) if has_both else None,
        "differences": differences(answers[0].text, answers[1].text) if has_both else None,
        "scale": rules.scale,
        "criteria": _marked(criteria, values.get("marks") or {}),
        "safety_flags": _raised(rules.safety_flags, values.get("flags") or {}),
        "asked": asked_of(assignment, bad="what is wrong with both"),
        "longest_justification": submissions.LONGEST_JUSTIFICATION,
    }


def draft_of(post: QueryDict) -> dict[str, Any]:
    return {
        "preference": post.get("preference", ""),
        "justification": post.get("justification", ""),
        "marks": _marks(post),
        "flags": {side: post.getlist(f"flags.{side}") for side in SIDES},
    }


def submit(*, by: User, assignment: Assignment, post: QueryDict) -> str:
    choice = post.get("preference", "")
    if choice == "cannot_judge":
        queue.skip(by=by, assignment=assignment, reason=queue.CANNOT_JUDGE)
        return "Noted that you cannot judge this one. It went back to the queue for others."
    if choice not in (*PREFERENCES, "both_bad"):
        raise InvalidInput.field("preference", "choose one on the scale, or that both are bad")
    draft = draft_of(post)
    submissions.submit_comparison(
        by=by,
        assignment=assignment,
        preference=None if choice == "both_bad" else int(choice),
        both_bad=choice == "both_bad",
        justification=draft["justification"],
        marks=draft["marks"],
        flags={side: raised for side, raised in draft["flags"].items() if raised},
        activity=activity_of(post),
    )
    return "Your judgement is submitted."


def _marks(post: QueryDict) -> dict[str, Any]:
    """`marks.KEY` for a side, `marks.KEY.a` and `marks.KEY.b` for ratings; what is empty is out."""
    marks: dict[str, Any] = {}
    for name, value in post.items():
        parts = name.split(".")
        if parts[0] != "marks" or not isinstance(value, str) or not value:
            continue
        if len(parts) == 2:
            marks[parts[1]] = value
        elif len(parts) == 3 and parts[2] in SIDES:
            pair = marks.setdefault(parts[1], [None, None])
            if isinstance(pair, list):
                pair[SIDES.index(parts[2])] = _rating(value)
    return marks


def _rating(value: str) -> int | str:
    """A rating as a number; anything else as it is, to be refused by its name."""
    return int(value) if value in {str(rating) for rating in RATINGS} else value


def _marked(criteria: Sequence[Criterion], marks: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each criterion with the choices there are and the ones made."""
    return [
        {
            "key": criterion.key,
            "name": criterion.name,
            "description": criterion.description,
            "is_required": criterion.is_required,
            "is_rating": criterion.form == Criterion.Form.RATING,
            "mark": marks.get(criterion.key),
            "ratings": _ratings(marks.get(criterion.key)),
        }
        for criterion in criteria
    ]


def _ratings(mark: Any) -> list[dict[str, Any]]:
    pair = mark if isinstance(mark, list) and len(mark) == 2 else [None, None]
    return [
        {"side": side, "chosen": chosen, "choices": RATINGS}
        for side, chosen in zip(SIDES, pair, strict=True)
    ]


def _raised(flags: Sequence[str], raised: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each side the flags there are and whether they are raised; empty without flags."""
    if not flags:
        return []
    return [
        {
            "name": f"flags.{side}",
            "label": f"Answer {side.upper()}",
            "flags": [(flag, flag in (raised.get(side) or ())) for flag in flags],
        }
        for side in SIDES
    ]
