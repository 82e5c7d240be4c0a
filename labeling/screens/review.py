"""A submission under review, or all judgements of a disputed task side by side."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from instructions.models import Clause
from instructions.templatetags.rendering import markdown
from labeling.assigning import queue
from labeling.judging.activity import explain
from labeling.judging.drafts import draft_of as draft_of_row
from labeling.judging.rules import criteria_of, rules_of
from labeling.judging.submissions import LONGEST_ANSWER, LONGEST_JUSTIFICATION
from labeling.judging.told import LETTERS, flags_said, marks_said, places_in, said
from labeling.models import (
    Assignment,
    Comparison,
    Demonstration,
    Ranking,
    Response,
    Review,
    Task,
    WorkRules,
)
from labeling.reviewing.subjects import Judgement, Subject, subject_of
from labeling.reviewing.verdicts import REASON_LIMIT, Verdict, submit_review
from labeling.screens.drafting import who_wrote
from labeling.screens.posted import activity_of
from projects.errors import InvalidInput
from projects.models import User

TEMPLATE = "labeling/review.html"
DONE = {
    Verdict.ACCEPT: "Accepted.",
    Verdict.FIX: "Fixed and accepted. Its labeler is shown what you changed.",
    Verdict.RETURN: "Returned with your reason.",
    Verdict.SETTLE: "Settled. The task counts as you judged it.",
}
CAUSES = {
    Task.Cause.SAMPLED: "Drawn by chance for review.",
    Task.Cause.ALL: "Everything is reviewed in this project.",
    Task.Cause.DISPUTED: "Labelers disagree on this task.",
    Task.Cause.CLAUSE_CHANGED: "Clauses it rests on have changed since.",
    Task.Cause.ASKED: "Sent to review by a colleague.",
}


def context(assignment: Assignment, values: dict[str, Any]) -> dict[str, Any]:
    subject = subject_of(assignment.task)
    project = assignment.task.project
    rules = rules_of(project)
    fix = values.get("fix") or {}
    if not subject.is_adjudication:
        fix = draft_of_row(subject.row, subject.order) | fix
    return {
        "subject": subject,
        "kind": subject.task.kind,
        "kind_label": subject.task.get_kind_display(),
        "cause": CAUSES.get(Task.Cause(assignment.task.cause), "") if assignment.task.cause else "",
        "changed_clauses": _clauses(assignment, assignment.task.clauses),
        "answers": _answers(subject),
        "turns": _turns(subject, fix),
        "judgements": _judgements(assignment, subject, rules),
        "wrote": _wrote(subject),
        "earlier": _earlier(subject),
        "verdicts": ()
        if subject.is_adjudication
        else (Verdict.ACCEPT, Verdict.FIX, Verdict.RETURN),
        "fix": fix,
        "places": _places(subject, fix),
        "scale": rules.scale,
        "longest": LONGEST_ANSWER,
        "longest_reason": REASON_LIMIT,
        "longest_justification": LONGEST_JUSTIFICATION,
    }


def draft_of(post: QueryDict) -> dict[str, Any]:
    return {
        "verdict": post.get("verdict", ""),
        "reason": post.get("reason", ""),
        "fix": _fix(post),
    }


def submit(*, by: User, assignment: Assignment, post: QueryDict) -> str:
    verdict = post.get("verdict", "")
    if verdict == Verdict.SETTLE and post.get("preference") == "cannot_judge":
        queue.skip(by=by, assignment=assignment, reason=queue.CANNOT_JUDGE)
        return "Noted that you cannot judge this one. It went back for other reviewers."
    needs_fix = verdict in (Verdict.FIX, Verdict.SETTLE)
    review = submit_review(
        by=by,
        assignment=assignment,
        verdict=verdict,
        reason=post.get("reason", ""),
        fix=_judged(_fix(post)) if needs_fix else None,
        activity=activity_of(post),
        seen=_seen(post.get("seen", "")),
    )
    return DONE[Verdict(review.verdict)]


def _seen(value: Any) -> int | None:
    """The key of the row on the page; of no use where it is no number."""
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 19 else None


def _fix(post: Mapping[str, Any]) -> dict[str, Any]:
    """The fix as its form holds it: fields of one kind, as far as they were sent."""
    fix: dict[str, Any] = {
        name: post[name] for name in ("text", "preference", "justification") if name in post
    }
    turns = [post[name] for name in sorted(_numbered(post, "turn-"), key=_number)]
    if turns:
        fix["turns"] = [{"content": text} for text in turns]
    places = [post[name] for name in sorted(_numbered(post, "place-"), key=_number)]
    if places:
        fix["tiers"] = _tiers(places)
        fix["all_bad"] = "all_bad" in post
    return fix


def _judged(fix: dict[str, Any]) -> dict[str, Any]:
    """The fix as the domain takes it, the choice on the scale taken apart."""
    if "preference" not in fix:
        return fix
    choice = fix["preference"]
    if choice == "both_bad":
        return fix | {"preference": None, "both_bad": True}
    if choice not in {str(step) for step in range(-3, 4)}:
        raise InvalidInput.field("preference", "choose one on the scale, or that both are bad")
    return fix | {"preference": int(choice), "both_bad": False}


def _numbered(post: Mapping[str, Any], prefix: str) -> list[str]:
    names = [name for name in post if name.startswith(prefix)]
    if len(names) > 50 or not all(name.removeprefix(prefix).isdecimal() for name in names):
        raise InvalidInput.field("fix", f"{prefix}… are counted from 0")
    return names


def _number(name: str) -> int:
    return int(name.rsplit("-", 1)[1][:9])


def _tiers(places: list[str]) -> list[list[int]]:
    """Answers that share a place stand in one tier; gaps between places mean nothing.

    An answer without a place is left out here and refused on submitting.
    """
    chosen = {
        at: int(place) for at, place in enumerate(places) if place.isdecimal() and len(place) < 3
    }
    return [
        [at for at, place in chosen.items() if place == value]
        for value in sorted(set(chosen.values()))
    ]


def _answers(subject: Subject) -> list[dict[str, Any]]:
    texts = dict(Response.objects.filter(pk__in=subject.order).values_list("pk", "text"))
    sides = "ab" if subject.task.kind == Task.Kind.COMPARISON else ""
    return [
        {
            "side": sides[at] if sides else "",
            "label": f"Answer {LETTERS[at]}",
            "html": markdown(texts[pk]),
        }
        for at, pk in enumerate(subject.order)
    ]


def _turns(subject: Subject, fix: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a labeler wrote, message by message, with what the reviewer has made of it so far."""
    if not isinstance(subject.row, Demonstration):
        return []
    response = subject.row.response
    stored = response.turns or [{"role": "assistant", "content": response.text}]
    drafted = [{"content": fix.get("text", "")}, *fix.get("turns", [])]
    return [
        {
            "role": turn["role"],
            "name": f"turn-{at - 1}" if at else "text",
            "html": markdown(turn["content"]),
            "text": drafted[at].get("content", "") if at < len(drafted) else turn["content"],
        }
        for at, turn in enumerate(stored)
    ]


def _has_drafts(row: Judgement) -> bool:
    return isinstance(row, Demonstration) and row.response.spans is not None


def _wrote(subject: Subject) -> dict[str, Any] | None:
    row, reviewed = subject.row, subject.review.reviewed
    if not isinstance(row, Demonstration) or reviewed is None:
        return None
    return who_wrote(row.response, reviewed)


def _judgements(assignment: Assignment, subject: Subject, rules: WorkRules) -> list[dict[str, Any]]:
    criteria = criteria_of(assignment.task.project)
    is_one = len(subject.rows) == 1
    return [
        {
            "row": row,
            "who": _who(row, number, rules.review_shows_names, is_one),
            "said": said(row, subject.order),
            "places": places_in(row, subject.order) if isinstance(row, Ranking) else [],
            "is_comparison": isinstance(row, Comparison),
            "marks": marks_said(row, criteria),
            "flags": flags_said(row, subject.order),
            "cites": _clauses_of(row),
            "evidence": explain(row.evidence, has_drafts=_has_drafts(row)),
            "older_version": row.guideline_version.number
            if row.guideline_version_id != assignment.guideline_version_id
            else None,
        }
        for number, row in enumerate(subject.rows, start=1)
    ]


def _who(row: Judgement, number: int, shows_names: bool, is_one: bool) -> str:
    if shows_names:
        return row.labeler.username
    return "The labeler" if is_one else f"Labeler {number}"


def _clauses(assignment: Assignment, anchors: list[str]) -> list[Clause]:
    found = assignment.guideline_version.clauses_in_order().filter(anchor__in=anchors)
    return list(found.only("anchor", "number", "title")) if anchors else []


def _clauses_of(row: Judgement) -> list[Clause]:
    found = row.guideline_version.clauses_in_order().filter(anchor__in=row.cites)
    return list(found.only("anchor", "number", "title")) if row.cites else []


def _earlier(subject: Subject) -> list[Review]:
    """The verdicts before this one, on the same submission or task."""
    review = subject.review
    if review.about_id is not None:
        return list(Review.objects.filter(about=review.about_id).order_by("pk"))
    return list(Review.objects.filter(reviewed=review.reviewed_id).order_by("pk"))


def _places(subject: Subject, fix: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of a ranking each answer's place, for the form."""
    if subject.task.kind != Task.Kind.RANKING:
        return []
    tiers = fix.get("tiers") or []
    chosen = {at: place for place, tier in enumerate(tiers, start=1) for at in tier}
    return [
        {"name": f"place-{at}", "label": f"Answer {LETTERS[at]}", "value": chosen.get(at)}
        for at in range(len(subject.order))
    ]
