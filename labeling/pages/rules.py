"""The page where owners set how their project works."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from labeling.judging import criteria
from labeling.judging.rules import (
    CHOICES,
    NAMES,
    RANGES,
    SWITCHES,
    change_rules,
    criteria_of,
    rules_of,
)
from labeling.models import Criterion
from projects.access import OWNERS, membership, person
from projects.errors import Conflict, InvalidInput, TouchstoneError
from projects.models import Membership
from projects.project_views import errors_by_field

TYPED = (*CHOICES, *RANGES, "safety_flags")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def work_rules(request: HttpRequest, slug: str) -> HttpResponse:
    """Every rule in one form; all broken ones are named at once."""
    member = membership(person(request), slug, roles=OWNERS)
    if request.method != "POST":
        return _page(request, member)
    values: dict[str, Any] = {name: request.POST[name] for name in TYPED if name in request.POST}
    # A box that is not ticked is not sent, so a form of boxes alone tells nothing.
    values |= {name: name in request.POST for name in SWITCHES} if values else {}
    try:
        if not values:
            raise InvalidInput.field("scale", "is missing, and every other rule too")
        change_rules(by=member.user, project=member.project, **values)
    except InvalidInput as error:
        return _page(request, member, values=values, refused=error)
    messages.success(request, "The rules are saved. They hold for work from now on.")
    return redirect("work-rules", slug)


@login_required
@require_POST
def criterion_add(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    values = _criterion_values(request) | {"form": request.POST.get("form", "")}
    try:
        added = criteria.add_criterion(by=member.user, project=member.project, **values)
    except (InvalidInput, Conflict) as error:
        return _page(request, member, adding=values, refused_add=error)
    messages.success(request, f"“{added.name}” is a criterion of comparisons from now on.")
    return _to_criteria(slug)


@login_required
@require_POST
def criterion(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One criterion: `action` is save, retire, bring_back, up or down."""
    member = membership(person(request), slug, roles=OWNERS)
    one: dict[str, Any] = {"by": member.user, "project": member.project, "criterion_id": pk}
    action = request.POST.get("action", "")
    try:
        if action == "save":
            criteria.change_criterion(**one, **_criterion_values(request))
        elif action == "retire":
            criteria.retire_criterion(**one)
        elif action == "bring_back":
            criteria.bring_back_criterion(**one)
        else:
            criteria.move_criterion(**one, direction=action)
    except (InvalidInput, Conflict) as error:
        return _page(request, member, changing=pk, refused_change=error)
    messages.success(request, "The criteria are saved.")
    return _to_criteria(slug)


def _criterion_values(request: HttpRequest) -> dict[str, Any]:
    return {
        "name": request.POST.get("name", ""),
        "description": request.POST.get("description", ""),
        "is_required": "is_required" in request.POST,
    }


def _to_criteria(slug: str) -> HttpResponse:
    answer = redirect("work-rules", slug)
    answer["Location"] += "#criteria"
    return answer


def _page(
    request: HttpRequest,
    member: Membership,
    *,
    values: dict[str, Any] | None = None,
    refused: TouchstoneError | None = None,
    adding: dict[str, Any] | None = None,
    refused_add: TouchstoneError | None = None,
    changing: int = 0,
    refused_change: TouchstoneError | None = None,
) -> HttpResponse:
    rules = rules_of(member.project)
    kept = {name: getattr(rules, name) for name in NAMES}
    kept["safety_flags"] = "\n".join(rules.safety_flags)
    retired = Criterion.objects.filter(project=member.project, retired_at__isnull=False)
    rows = [
        (row, errors_by_field(refused_change, default="name") if row.pk == changing else {})
        for row in criteria_of(member.project)
    ]
    context = {
        "project": member.project,
        "member": member,
        "values": kept | (values or {}),
        "errors": errors_by_field(refused),
        "choices": {name: kind.choices for name, kind in CHOICES.items()},
        "criteria": rows,
        "retired": retired.order_by("position", "pk"),
        "forms": Criterion.Form.choices,
        "adding": adding or {"form": Criterion.Form.SIDES},
        "adding_errors": errors_by_field(refused_add, default="name"),
        "retired_errors": errors_by_field(refused_change, default="name"),
    }
    status = next((e.status for e in (refused, refused_add, refused_change) if e), 200)
    return render(request, "labeling/rules.html", context, status=status)
