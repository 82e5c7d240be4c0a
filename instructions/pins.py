"""Clauses that a person keeps on top of the guideline beside their tasks."""

from django.db import transaction

from instructions.models import ClausePin, Guideline
from instructions.questions import ANCHOR_LIMIT, clause_at
from projects.access import membership
from projects.errors import Conflict
from projects.models import Project, User
from projects.text import clean_text

MOST_PINS = 30


def pins_of(*, user: User, project: Project) -> list[str]:
    """Anchors, in the order they were pinned."""
    rows = ClausePin.objects.filter(user=user, guideline__project=project)
    return list(rows.order_by("created_at", "pk").values_list("anchor", flat=True))


def pin(*, by: User, project: Project, anchor: str) -> list[str]:
    """Keep a clause on top. One that is there already stays. Returns all pins."""
    membership(by, project.slug)
    anchor = clean_text(anchor, field="anchor", limit=ANCHOR_LIMIT)
    clause_at(project, anchor)
    with transaction.atomic():
        guideline = Guideline.objects.get(project=project)
        pins = pins_of(user=by, project=project)
        if anchor not in pins and len(pins) >= MOST_PINS:
            raise Conflict(f"{MOST_PINS} clauses are pinned already. Unpin one first.")
        ClausePin.objects.get_or_create(guideline=guideline, user=by, anchor=anchor)
    return pins_of(user=by, project=project)


def unpin(*, by: User, project: Project, anchor: str) -> list[str]:
    """Let a clause go, also one that is gone from the guideline. Returns all pins."""
    membership(by, project.slug)
    anchor = clean_text(anchor, field="anchor", limit=ANCHOR_LIMIT)
    ClausePin.objects.filter(user=by, guideline__project=project, anchor=anchor).delete()
    return pins_of(user=by, project=project)
