"""The page where owners make, change, order and take away named boards."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from arena.boards import naming
from arena.models import Board
from projects.access import OWNERS, membership, person
from projects.errors import Conflict, InvalidInput, TouchstoneError
from projects.models import Membership
from projects.project_views import errors_by_field

TEXTS = ("name", "description", "category", *naming.CHOICES)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def boards(request: HttpRequest, slug: str) -> HttpResponse:
    """The boards; POST adds one."""
    member = membership(person(request), slug, roles=OWNERS)
    if request.method != "POST":
        return _page(request, member)
    values = _values(request)
    try:
        added = naming.add_board(
            by=member.user, project=member.project, slug=request.POST.get("slug", ""), **values
        )
    except (InvalidInput, Conflict) as error:
        adding = values | {"slug": request.POST.get("slug", "")}
        return _page(request, member, adding=adding, refused_add=error)
    messages.success(request, f"“{added.name}” is a board from now on.")
    return redirect("boards", slug)


@login_required
@require_POST
def board(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One board: `action` is save, remove, up or down."""
    member = membership(person(request), slug, roles=OWNERS)
    one: dict[str, Any] = {"by": member.user, "project": member.project, "board_id": pk}
    action = request.POST.get("action", "")
    values = _values(request)
    try:
        if action == "save":
            naming.change_board(**one, **values)
        elif action == "remove":
            naming.remove_board(**one)
        else:
            naming.move_board(**one, direction=action)
    except (InvalidInput, Conflict) as error:
        return _page(request, member, changing=pk, changed=values, refused_change=error)
    messages.success(request, "The boards are saved.")
    return redirect("boards", slug)


def _values(request: HttpRequest) -> dict[str, Any]:
    values: dict[str, Any] = {name: request.POST[name] for name in TEXTS if name in request.POST}
    # A box that is not ticked is not sent; where nothing else is, it is no form of ours.
    return values | {name: name in request.POST for name in naming.SWITCHES} if values else {}


def _page(
    request: HttpRequest,
    member: Membership,
    *,
    adding: dict[str, Any] | None = None,
    refused_add: TouchstoneError | None = None,
    changing: int = 0,
    changed: dict[str, Any] | None = None,
    refused_change: TouchstoneError | None = None,
) -> HttpResponse:
    project = member.project
    rows = []
    for one in naming.boards_of(project):
        is_changed = one.pk == changing
        rows.append(
            {
                "board": one,
                "prefix": f"board-{one.pk}-",
                "values": _kept(one) | ((changed or {}) if is_changed else {}),
                "errors": errors_by_field(refused_change, default="name") if is_changed else {},
            }
        )
    new = _kept(Board(project=project)) | (adding or {})
    titles = naming.categories_for(project)
    context = {
        "project": project,
        "member": member,
        "rows": rows,
        "new": {"values": new, "errors": errors_by_field(refused_add, default="name")},
        "categories": [("", "All votes"), *titles.items()],
        "choices": {name: kind.choices for name, kind in naming.CHOICES.items()},
        "most": naming.MOST_BOARDS,
    }
    status = next((e.status for e in (refused_add, refused_change) if e), 200)
    return render(request, "arena/boards/manage.html", context, status=status)


def _kept(board: Board) -> dict[str, Any]:
    return {name: getattr(board, name) for name in naming.NAMES} | {"slug": board.slug}
