"""The members as labelers: what each may be given, and whether they are paused."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.quality.labelers import (
    SORTS,
    LabelerRow,
    change_labeler,
    labeler_of,
    labelers_of,
    missing_abilities,
    pause_labeler,
    with_scores,
)
from labeling.quality.scorecards import Summary
from projects.access import OWNERS, STAFF, membership, person
from projects.errors import Conflict, InvalidInput, TouchstoneError
from projects.models import Membership, Role
from projects.project_views import errors_by_field

FIELDS = ("languages", "skills", "daily_cap")


@login_required
@never_cache
@require_safe
def labelers(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=STAFF)
    is_owner = member.role == Role.OWNER
    sort = request.GET.get("sort", "")
    sort = sort if is_owner and sort in SORTS else "name"
    rows: Sequence[tuple[LabelerRow, Summary | None]]
    if is_owner:
        rows = with_scores(member.project, sort=sort)
    else:
        rows = [(row, None) for row in labelers_of(member.project)]
    languages, skills = missing_abilities(member.project)
    context = {
        "project": member.project,
        "member": member,
        "is_owner": is_owner,
        "labelers": rows,
        "sort": sort,
        "missing_languages": languages,
        "missing_skills": skills,
    }
    return render(request, "labeling/labelers.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def labeler_change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What a member may be given and how much; `pk` is the person's."""
    member = membership(person(request), slug, roles=OWNERS)
    if request.method != "POST":
        return _page(request, member, pk)
    values = {name: request.POST[name] for name in FIELDS if name in request.POST}
    try:
        if values.keys() != set(FIELDS):
            missing = next(name for name in FIELDS if name not in values)
            raise InvalidInput.field(missing, "is missing")
        found = change_labeler(by=member.user, project=member.project, user_id=pk, **values)
    except InvalidInput as error:
        return _page(request, member, pk, values=values, refused=error)
    messages.success(request, f"What {found.user.username} may be given is saved.")
    return redirect("labelers", slug)


@login_required
@require_POST
def labeler_pause(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    reason = request.POST.get("reason", "")
    try:
        found = pause_labeler(by=member.user, project=member.project, user_id=pk, reason=reason)
    except (InvalidInput, Conflict) as error:
        return _page(request, member, pk, values={"reason": reason}, refused=error)
    messages.success(request, f"{found.user.username} is paused.")
    return redirect("labelers", slug)


def _page(
    request: HttpRequest,
    member: Membership,
    pk: int,
    *,
    values: dict[str, Any] | None = None,
    refused: TouchstoneError | None = None,
) -> HttpResponse:
    row = labeler_of(by=member.user, project=member.project, user_id=pk)
    kept = {
        "languages": ", ".join(row.languages),
        "skills": ", ".join(row.skills),
        "daily_cap": "" if row.own_cap is None else row.own_cap,
    }
    context = {
        "project": member.project,
        "member": member,
        "row": row,
        "values": kept | (values or {}),
        "errors": errors_by_field(refused, default="reason"),
    }
    status = refused.status if refused else 200
    return render(request, "labeling/labeler.html", context, status=status)
