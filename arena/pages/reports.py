"""Reports of answers: made by visitors, handled by a project's staff."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from arena.access import own_battle
from arena.battling import reports
from arena.models import AnswerReport
from arena.pages.battles import labels_of
from arena.visitors import known_visitor
from projects.access import STAFF, membership, person

PAGE_SIZE = 20


@require_POST
def battle_report(request: HttpRequest, public_id: UUID, number: int) -> HttpResponse:
    visitor = known_visitor(request)
    found = own_battle(visitor=visitor, public_id=public_id)
    reports.report(
        battle=found,
        visitor=visitor,
        number=number,
        side=request.POST.get("side", ""),
        reason=request.POST.get("reason", ""),
        note=request.POST.get("note", ""),
    )
    messages.success(request, "Thank you. The people who run this arena will look at that answer.")
    return redirect(f"{reverse('battle', args=[public_id])}#turn-{number}")


@login_required
@never_cache
@require_safe
def report_list(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=STAFF)
    are_handled = request.GET.get("only") == "handled"
    found = reports.reports_of(project=member.project, are_handled=are_handled)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "page": page,
        "rows": [_row(report) for report in page],
        "are_handled": are_handled,
        "query": "&only=handled" if are_handled else "",
        "outcome_limit": reports.OUTCOME_LIMIT,
    }
    return render(request, "arena/reports.html", context)


@login_required
@require_POST
def report_handle(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = membership(person(request), slug, roles=STAFF)
    found = reports.reported(project=member.project, pk=pk)
    reports.handle(by=member.user, report=found, outcome=request.POST.get("outcome", ""))
    messages.success(request, "The report is closed.")
    return redirect("answer-reports", slug=slug)


def _row(report: AnswerReport) -> dict[str, object]:
    """Names are told of battles that have their vote; the others may still be going on."""
    turn = report.turn
    told = labels_of(turn.battle, are_told=turn.battle.is_voted)
    return {
        "report": report,
        "turn": turn,
        "reply": turn.reply_a if report.side == "a" else turn.reply_b,
        "label": told[report.side],
    }
