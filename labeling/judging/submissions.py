"""Drafts and submissions: what labelers write and how they judge."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from instructions.clauses import cited
from labeling.assigning.queue import hold, take_back
from labeling.drafting.attributing import attribute
from labeling.judging import aftermath
from labeling.judging import guards as judging
from labeling.judging.activity import note, seconds_since_opened, stay
from labeling.judging.drafts import CHOICES, LONGEST_ANSWER, MOST_TURNS, Draft, clean_draft
from labeling.judging.guards import LONGEST_JUSTIFICATION
from labeling.judging.meanwhile import flags_still_raised, marks_still_asked
from labeling.judging.rules import criteria_of, rules_of
from labeling.judging.standing import require_unfinished
from labeling.judging.writing import write_judgement
from labeling.models import (
    Assignment,
    Comparison,
    Demonstration,
    Ranking,
    Response,
    Review,
    Submission,
    Task,
    WorkRules,
)
from projects.checks import an_object
from projects.errors import Conflict, InvalidInput
from projects.models import User
from projects.text import clean_text

__all__ = [
    "CHOICES",
    "LONGEST_ANSWER",
    "LONGEST_JUSTIFICATION",
    "latest",
    "save_draft",
    "submit_comparison",
    "submit_demonstration",
    "submit_ranking",
]

ROWS: dict[str, type[Submission]] = {
    Task.Kind.DEMONSTRATION.value: Demonstration,
    Task.Kind.COMPARISON.value: Comparison,
    Task.Kind.RANKING.value: Ranking,
    Task.Kind.REVIEW.value: Review,
}
FULL = (
    "Your lease on this task had lapsed, and meanwhile it went to others or was taken out of the "
    "queue. What you wrote is kept as a draft."
)
CORRECTED = "A reviewer has corrected this meanwhile. What you wrote is kept as a draft."
Row = TypeVar("Row", bound=Submission)


@dataclass(frozen=True)
class _Work:
    """One kind's submission: what is checked already, how it is written, kept as a draft."""

    draft: Draft
    activity: Mapping[str, Any]
    rules: WorkRules
    cites_in: str = ""


def save_draft(*, by: User, assignment: Assignment, draft: Any) -> Assignment:
    """Keep an unfinished answer and renew the lease; a lapsed one where the task has room.

    `active_seconds` and `evidence` may ride along, as to `activity.pulse`.
    """
    kept = clean_draft(draft, assignment.task.kind)
    with transaction.atomic():
        held = hold(by=by, assignment=assignment)
        require_unfinished(held)
        _note(held, draft)
        _keep(held, kept)
        stay(held)
    return held


def submit_demonstration(
    *,
    by: User,
    assignment: Assignment,
    text: str,
    turns: Any = None,
    spans: Any = None,
    turn_spans: Any = None,
    activity: Any = None,
) -> Demonstration:
    """Submit the ideal answer. Doing so again returns the first one unchanged.

    `turns` are the messages after the first reply: user, assistant, and so on to an assistant's.
    `spans` and `turn_spans`, one entry for each of `turns`, say who wrote what where models wrote
    drafts; they are checked, and what does not hold is found out anew. `activity` may hold the
    last `active_seconds` and `evidence`, here and for the other kinds.
    """
    _require_kind(assignment, Task.Kind.DEMONSTRATION)
    text = clean_text(text, field="text", limit=LONGEST_ANSWER)
    rules = rules_of(assignment.task.project)
    further = _turns(rules, turns)
    said = {"spans": spans, "turn_spans": turn_spans}
    who_wrote = attribute(assignment, text=text, turns=further, **said)

    def write(held: Assignment, common: dict[str, Any]) -> Demonstration:
        response = Response(
            prompt=held.task.prompt,
            text=text,
            turns=[{"role": "assistant", "content": text}, *further] if further else None,
            author=by,
            **who_wrote.columns,
        )
        return Demonstration(response=response, **common)

    draft: Draft = {"text": text} | ({"turns": further} if further else {})
    if who_wrote.spans is not None:
        draft |= {"spans": who_wrote.spans, "turn_spans": (who_wrote.turn_spans or [])[1:]}
    work = _Work(draft, an_object(activity, field="activity"), rules)
    return _submit(Demonstration, by=by, assignment=assignment, work=work, write=write)


def submit_comparison(
    *,
    by: User,
    assignment: Assignment,
    preference: int | None,
    both_bad: bool = False,
    justification: str = "",
    marks: Any = None,
    flags: Any = None,
    activity: Any = None,
) -> Comparison:
    """Submit a judgement: a preference for A (below 0) or B (above 0), or that both are bad.

    Doing so again returns the first one unchanged.
    """
    _require_kind(assignment, Task.Kind.COMPARISON)
    project = assignment.task.project
    rules, criteria = rules_of(project), criteria_of(project)
    columns = judging.check_comparison(
        rules,
        criteria,
        is_disputed=assignment.task.is_disputed,
        preference=preference,
        both_bad=both_bad,
        justification=justification,
        marks=marks_still_asked(project, criteria, marks),
        flags=flags_still_raised(assignment, rules, flags),
    )

    def write(held: Assignment, common: dict[str, Any]) -> Comparison:
        side_a, side_b = held.presented
        return Comparison(response_a_id=side_a, response_b_id=side_b, **columns, **common)

    draft = {
        "preference": "both_bad" if columns["both_bad"] else str(columns["preference"]),
        **{name: columns[name] for name in ("justification", "marks", "flags")},
    }
    work = _Work(draft, an_object(activity, field="activity"), rules, columns["justification"])
    return _submit(Comparison, by=by, assignment=assignment, work=work, write=write)


def submit_ranking(
    *,
    by: User,
    assignment: Assignment,
    tiers: Any,
    all_bad: bool = False,
    justification: str = "",
    flags: Any = None,
    activity: Any = None,
) -> Ranking:
    """Submit an ordering: lists of places, counted from 0 as they stand on the screen, the best
    tier first. Doing so again returns the first one unchanged.
    """
    _require_kind(assignment, Task.Kind.RANKING)
    rules = rules_of(assignment.task.project)
    flags = flags_still_raised(assignment, rules, flags)
    columns = judging.check_ranking(
        rules,
        assignment.presented,
        is_disputed=assignment.task.is_disputed,
        tiers=tiers,
        all_bad=all_bad,
        justification=justification,
        flags=flags,
    )

    def write(held: Assignment, common: dict[str, Any]) -> Ranking:
        return Ranking(**columns, **common)

    draft = {
        "tiers": [list(tier) for tier in tiers],
        "all_bad": all_bad,
        "justification": columns["justification"],
        "flags": {str(place): list(raised or ()) for place, raised in (flags or {}).items()},
    }
    work = _Work(draft, an_object(activity, field="activity"), rules, columns["justification"])
    return _submit(Ranking, by=by, assignment=assignment, work=work, write=write)


def latest(assignment: Assignment) -> Submission | None:
    """What its labeler submitted last; a reviewer may have superseded it since."""
    rows = ROWS[assignment.task.kind]._default_manager.filter(
        assignment=assignment, labeler=assignment.labeler_id
    )
    return rows.order_by("-pk").first()


def _submit(
    kind: type[Row],
    *,
    by: User,
    assignment: Assignment,
    work: _Work,
    write: Callable[[Assignment, dict[str, Any]], Row],
) -> Row:
    at_once = _submitted_at_once(by, assignment, work, write)
    if at_once is not None:
        return at_once
    with transaction.atomic():
        held = hold(by=by, assignment=assignment)
        earlier = None
        if held.state in (Assignment.State.SUBMITTED, Assignment.State.REOPENED):
            earlier = latest(held)
            if held.state == Assignment.State.SUBMITTED and isinstance(earlier, kind):
                return earlier
        require_unfinished(held)
        _note(held, work.activity)
        refusal = _refusal(held, earlier)
        if not refusal:
            common = _common(by, held, work) | {"supersedes": earlier}
            row = write(held, common)
            _finish(held, row, work.rules)
            return row
        _keep(held, work.draft)
    # Raised outside the transaction, which has just kept the text.
    raise Conflict(refusal)


def _submitted_at_once(
    by: User,
    read: Assignment,
    work: _Work,
    write: Callable[[Assignment, dict[str, Any]], Row],
) -> Row | None:
    """The plain case in one statement, which is a transaction by itself: an open assignment
    that still is as it was read, and nothing that could follow. Nothing is done in any other.
    """
    version = getattr(read, "row_version", None)
    is_plain = version is not None and read.state == Assignment.State.OPEN
    if not is_plain or aftermath.may_follow(read.task, work.rules):
        return None
    _note(read, work.activity)
    row = write(read, _common(by, read, work))
    if not write_judgement(read, row, version=version):
        return None
    _end(read, row)
    return row


def _refusal(held: Assignment, earlier: Submission | None) -> str:
    """Why a submission comes too late; empty where it has its place."""
    if held.state == Assignment.State.REOPENED:
        is_corrected = earlier is not None and hasattr(earlier, "superseded_by")
        return CORRECTED if is_corrected else ""
    has_place = held.state == Assignment.State.OPEN or take_back(held)
    return "" if has_place else FULL


def _common(by: User, held: Assignment, work: _Work) -> dict[str, Any]:
    seconds = seconds_since_opened(held)
    return {
        "assignment": held,
        "labeler": by,
        "prompt": held.task.prompt,
        "guideline_version": held.guideline_version,
        "seconds": seconds,
        "active_seconds": min(held.active_seconds, seconds) or None,
        "evidence": held.evidence,
        "cites": _cites(held, work.cites_in),
        "created_at": timezone.now(),
    }


def _cites(held: Assignment, text: str) -> list[str]:
    """The clauses that a justification names, of the version that was shown."""
    if "§" not in text:
        return []
    return cited(text, held.guideline_version.clauses.values_list("anchor", flat=True))


def _finish(held: Assignment, row: Submission, rules: WorkRules) -> None:
    is_correction = held.state == Assignment.State.REOPENED
    write_judgement(held, row, is_correction=is_correction)
    _end(held, row)
    aftermath.submitted(row, rules)


def _end(held: Assignment, row: Submission) -> None:
    held.state, held.ended_at, held.draft = Assignment.State.SUBMITTED, row.created_at, {}


def _require_kind(assignment: Assignment, kind: str) -> None:
    if assignment.task.kind != kind:
        raise InvalidInput.field("kind", f"this task is a {assignment.task.kind}")


def _turns(rules: WorkRules, turns: Any) -> list[dict[str, str]]:
    """The messages after the first reply, checked; raises InvalidInput naming the broken one."""
    if turns is None or turns == []:
        return []
    if not rules.demonstrations_go_on:
        raise InvalidInput.field("turns", "are not taken in this project, only one answer")
    if not isinstance(turns, list) or len(turns) > MOST_TURNS or len(turns) % 2:
        rule = f"must be an even number of messages, at most {MOST_TURNS}, ending with assistant"
        raise InvalidInput.field("turns", rule)
    return [_turn(turn, at) for at, turn in enumerate(turns)]


def _turn(turn: Any, at: int) -> dict[str, str]:
    role = "assistant" if at % 2 else "user"
    if not isinstance(turn, dict) or turn.keys() != {"role", "content"} or turn["role"] != role:
        raise InvalidInput.field(f"turns.{at}", f"must have the role {role} and a content")
    content = clean_text(turn["content"], field=f"turns.{at}.content", limit=LONGEST_ANSWER)
    return {"role": role, "content": content}


def _note(held: Assignment, activity: Mapping[str, Any]) -> None:
    note(
        held,
        active_seconds=activity.get("active_seconds"),
        evidence=activity.get("evidence"),
    )


def _keep(held: Assignment, draft: Draft) -> None:
    held.draft, held.draft_saved_at = draft, timezone.now()
    held.save(update_fields=["draft", "draft_saved_at", "active_seconds", "evidence"])
