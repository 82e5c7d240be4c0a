"""Replies that visitors say should not have been given, and what became of that."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from arena.models import AnswerReport, Battle, Turn
from arena.visitors import Visitor
from projects import audit
from projects.access import STAFF, membership
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Project, User
from projects.text import clean_text

NOTE_LIMIT = 1_000
OUTCOME_LIMIT = 200


def report(
    *, battle: Battle, visitor: Visitor, number: int, side: str, reason: str, note: Any = ""
) -> AnswerReport:
    """Say that a reply should not have been given. Said twice of one reply, the first stands."""
    if reason not in AnswerReport.Reason.values:
        allowed = ", ".join(AnswerReport.Reason.values)
        raise InvalidInput.field("reason", f"must be one of {allowed}")
    sides = ("a",) if battle.model_b_id is None else ("a", "b")
    if side not in sides:
        raise InvalidInput.field("side", f"must be {' or '.join(sides)}")
    note = clean_text(note, field="note", limit=NOTE_LIMIT, required=False).strip()
    turn = battle.turns.filter(number=number, state=Turn.State.COMPLETE).first()
    if turn is None:
        raise NotFound("There is no such reply.")
    whose = visitor.digest or battle.visitor
    with transaction.atomic():
        found, _ = AnswerReport.objects.get_or_create(
            turn=turn,
            side=side,
            visitor=whose,
            defaults={
                "project": battle.project,
                "reason": reason,
                "note": note,
                "user": visitor.user,
            },
        )
    return found


def reports_of(*, project: Project, are_handled: bool) -> QuerySet[AnswerReport]:
    """The newest first."""
    found = AnswerReport.objects.filter(project=project, handled_at__isnull=not are_handled)
    return found.select_related(
        "turn__battle__model_a", "turn__battle__model_b", "turn__battle__vote", "handled_by"
    ).order_by("-pk")


def reported(*, project: Project, pk: int) -> AnswerReport:
    found = AnswerReport.objects.filter(project=project, pk=pk).first()
    if found is None:
        raise NotFound("There is no such report.")
    return found


def handle(*, by: User, report: AnswerReport, outcome: Any) -> AnswerReport:
    """Close a report, saying what was done about it. By staff of the project, once."""
    membership(by, report.project.slug, roles=STAFF)
    outcome = clean_text(outcome, field="outcome", limit=OUTCOME_LIMIT).strip()
    with transaction.atomic():
        waiting = AnswerReport.objects.filter(pk=report.pk, handled_at=None)
        if not waiting.update(handled_at=timezone.now(), handled_by=by, outcome=outcome):
            raise Conflict("This report was handled already.")
        audit.record(
            verb="answer_report.handled",
            by=by,
            project=report.project,
            subject=report,
            outcome=outcome,
        )
    report.refresh_from_db()
    return report


def known_reasons() -> list[tuple[str, str]]:
    return [(reason.value, reason.label) for reason in AnswerReport.Reason]
