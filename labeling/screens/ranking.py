"""Two to nine answers to put in order; equal ones share a rank."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from labeling.judging import submissions
from labeling.judging.guards import FEWEST_RANKED
from labeling.judging.rules import rules_of
from labeling.models import Assignment
from labeling.screens.justifying import asked_of
from labeling.screens.posted import activity_of
from labeling.screens.reading import Answer, answers_of
from projects.errors import InvalidInput
from projects.models import User

TEMPLATE = "labeling/ranking.html"
ORDINALS = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th")
LETTERS = "ABCDEFGHI"


def context(assignment: Assignment, values: dict[str, Any]) -> dict[str, Any]:
    answers = answers_of(assignment.presented, at_least=FEWEST_RANKED)
    flags = rules_of(assignment.task.project).safety_flags
    return {
        "cards": _cards(answers, values, flags),
        "ranks": list(enumerate(ORDINALS[: len(answers)], start=1)),
        "has_flags": bool(flags),
        "has_missing": any(answer.is_missing for answer in answers),
        "asked": asked_of(assignment, bad="what is wrong with all of them"),
        "longest_justification": submissions.LONGEST_JUSTIFICATION,
    }


def draft_of(post: QueryDict) -> dict[str, Any]:
    places = range(len(LETTERS))
    return {
        "tiers": tiers_of({place: post.get(f"rank.{place}", "") for place in places}),
        "all_bad": "all_bad" in post,
        "justification": post.get("justification", ""),
        "flags": {
            str(place): post.getlist(f"flags.{place}")
            for place in places
            if f"flags.{place}" in post
        },
    }


def submit(*, by: User, assignment: Assignment, post: QueryDict) -> str:
    draft = draft_of(post)
    _require_all(draft["tiers"], len(assignment.presented))
    submissions.submit_ranking(by=by, assignment=assignment, **draft, activity=activity_of(post))
    return "Your ranking is submitted."


def tiers_of(ranks: Mapping[int, str]) -> list[list[int]]:
    """Places by rank, the best first: the same rank is a tie, and gaps between ranks mean nothing.

    What is no rank leaves its answer out.
    """
    known = {str(rank): rank for rank in range(1, len(LETTERS) + 1)}
    chosen = {place: known[rank] for place, rank in ranks.items() if rank in known}
    return [
        [place for place, rank in chosen.items() if rank == each]
        for each in sorted(set(chosen.values()))
    ]


def _require_all(tiers: Sequence[Sequence[int]], number: int) -> None:
    placed = {place for tier in tiers for place in tier}
    left = [LETTERS[place] for place in range(number) if place not in placed]
    if left:
        raise InvalidInput.field("tiers", f"rank every answer; left: {', '.join(left)}")


def _cards(
    answers: Sequence[Answer], values: Mapping[str, Any], flags: Sequence[str]
) -> list[dict[str, Any]]:
    """Each answer with its place on the page, its rank so far and the flags raised on it."""
    ranks = {
        place: rank
        for rank, tier in enumerate(values.get("tiers") or [], start=1)
        for place in tier
    }
    raised = values.get("flags") or {}
    return [
        {
            "place": place,
            "letter": LETTERS[place],
            "answer": answer,
            "rank": ranks.get(place),
            "flags": [
                {
                    "name": f"flags.{place}",
                    "label": answer.label,
                    "flags": [(flag, flag in raised.get(str(place), ())) for flag in flags],
                }
            ],
        }
        for place, answer in enumerate(answers)
    ]
