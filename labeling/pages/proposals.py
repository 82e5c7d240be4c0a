"""Proposed comparisons: which were chosen and why, and how the choice is made."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from labeling.machine import proposals as domain
from labeling.models import ProposalRound, ProposalRules
from projects.access import OWNERS, membership, person
from projects.errors import Conflict, InvalidInput, TouchstoneError
from projects.models import Membership
from projects.project_views import errors_by_field

PAGE = 30
ROUNDS = 10


@login_required
@never_cache
@require_safe
def proposals(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, membership(person(request), slug, roles=OWNERS))


@login_required
@require_POST
def proposals_choose(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    number = request.POST.get("number", "")
    try:
        made = domain.propose(by=member.user, project=member.project, number=number)
    except (InvalidInput, Conflict) as error:
        return _page(request, member, refused=error)
    n_chosen = made.proposals.count()
    said = "1 comparison comes" if n_chosen == 1 else f"{n_chosen} comparisons come"
    messages.success(request, f"{said} before others now.")
    return redirect("proposals", slug)


@login_required
@require_POST
def proposals_rules(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    names = ("random_percent", "keep_waiting")
    values = {name: request.POST.get(name, "") for name in names}
    try:
        domain.change_rules(by=member.user, project=member.project, **values)
    except InvalidInput as error:
        return _page(request, member, refused=error, values=values)
    messages.success(request, "Saved.")
    return redirect("proposals", slug)


def _page(
    request: HttpRequest,
    member: Membership,
    *,
    refused: TouchstoneError | None = None,
    values: dict[str, Any] | None = None,
) -> HttpResponse:
    rules = domain.rules_of(member.project) or ProposalRules(project=member.project)
    kept = {"random_percent": rules.random_percent, "keep_waiting": rules.keep_waiting}
    waiting = domain.waiting_in(member.project).select_related("task__prompt", "round")
    page = Paginator(waiting.order_by("-round", "pk"), PAGE).get_page(request.GET.get("page"))
    rounds = ProposalRound.objects.filter(project=member.project).select_related("created_by")
    context = {
        "project": member.project,
        "member": member,
        "page": page,
        "rows": [(row, domain.why(row)) for row in page],
        "rounds": rounds.order_by("-pk")[:ROUNDS],
        "values": kept | (values or {}),
        "errors": errors_by_field(refused, default="number"),
        "most": domain.MOST_AT_ONCE,
        "pool": domain.MOST_POOL,
    }
    status = refused.status if refused else 200
    return render(request, "labeling/proposals.html", context, status=status)
