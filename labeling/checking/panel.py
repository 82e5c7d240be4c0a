"""What a labeler sees of the checks of their answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labeling.checking.checks import n_left, replies_in, settle
from labeling.checking.reading import find_quote
from labeling.checking.rules import arm_of, check_rules_of
from labeling.models import Assignment, Check, CheckArm, CheckClaim

WAITING = "Being checked …"
UNREADABLE = "The check could not be read. Try again; it does not count."
FAILED = "The check could not be made. Try again; it does not count."
NOTHING = "No claims: the model found nothing to say against it. That is no proof."


@dataclass(frozen=True)
class ShownClaim:
    """A claim with its clause, and whether its words are still there."""

    row: CheckClaim
    number: str
    title: str
    is_stale: bool


@dataclass(frozen=True)
class Panel:
    """`said` is where things are, in a sentence; `check` the last one that could be read."""

    is_on: bool
    n_left: int = 0
    is_waiting: bool = False
    said: str = ""
    check: Check | None = None
    claims: tuple[ShownClaim, ...] = ()


def panel_of(assignment: Assignment, draft: Mapping[str, Any] | None = None) -> Panel | None:
    """The checks of this assignment beside `draft`, the answer as it stands; None where there are
    none in this project."""
    arm = arm_of(assignment)
    if not arm:
        return None
    if arm == CheckArm.Arm.OFF:
        return Panel(is_on=False)
    checks = list(Check.objects.filter(assignment=assignment.pk).order_by("-number"))
    last = _settled(checks[0]) if checks else None
    read = next((check for check in [last, *checks[1:]] if check and _is_read(check)), None)
    claims = _claims(read, draft or assignment.draft) if read else ()
    return Panel(
        is_on=True,
        n_left=n_left(assignment, check_rules_of(assignment.task.project)),
        is_waiting=last is not None and last.state == Check.State.DRAWING,
        said=_said(last, len(claims)),
        check=read,
        claims=claims,
    )


def _settled(check: Check) -> Check:
    """As it is by now, also where nobody told us that it was drawn."""
    if check.state == Check.State.DRAWING:
        settle(generation_id=check.generation_id)
        check.refresh_from_db()
    return check


def _is_read(check: Check) -> bool:
    return check.state == Check.State.READ


def _claims(check: Check, draft: Mapping[str, Any]) -> tuple[ShownClaim, ...]:
    rows = list(check.claims.order_by("position"))
    if not rows:
        return ()
    named = check.guideline_version.clauses.filter(anchor__in={row.anchor for row in rows})
    clauses = {clause.anchor: clause for clause in named.only("anchor", "number", "title")}
    written = replies_in(draft)
    return tuple(
        ShownClaim(
            row=row,
            number=clauses[row.anchor].number,
            title=clauses[row.anchor].title,
            is_stale=find_quote(row.quote, written) is None,
        )
        for row in rows
    )


def _said(last: Check | None, n_claims: int) -> str:
    if last is None:
        return ""
    if last.state == Check.State.READ:
        left_out = f" {last.n_dropped} more named no words of yours." if last.n_dropped else ""
        if not n_claims:
            return f"{NOTHING}{left_out}"
        places = "place" if n_claims == 1 else "places"
        return f"{n_claims} {places} to look at.{left_out}"
    said = {Check.State.DRAWING: WAITING, Check.State.UNREADABLE: UNREADABLE}
    return said.get(Check.State(last.state), FAILED)
