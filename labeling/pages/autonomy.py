"""How far a project leaves the work to models: levels, what guards them, what became of them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from labeling.autonomy.changing import RANGES, change_autonomy, take_note
from labeling.autonomy.levels import Level, level_of
from labeling.autonomy.standing import changes_of, judges_to_rely_on, standing_of
from labeling.autonomy.standing_in import n_standing, withdraw
from labeling.autonomy.watching import fallen
from projects.access import OWNERS, membership, person
from projects.errors import Conflict, InvalidInput, TouchstoneError
from projects.models import Membership
from projects.project_views import errors_by_field


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def autonomy(request: HttpRequest, slug: str) -> HttpResponse:
    """Every kind's level; a POST sets one kind's level, judge or terms."""
    member = membership(person(request), slug, roles=OWNERS)
    if request.method != "POST":
        return _page(request, member)
    kind = request.POST.get("kind", "")
    given: dict[str, Any] = {
        name: request.POST[name] for name in ("level", "judge", *RANGES) if name in request.POST
    }
    try:
        if not given:
            raise InvalidInput.field("level", "is missing")
        row = change_autonomy(by=member.user, project=member.project, kind=kind, **given)
    except (InvalidInput, Conflict) as error:
        return _page(request, member, refused=error, kind=kind)
    level = Level(level_of(member.project, row.kind))
    label = row.get_kind_display()
    messages.success(request, f"{label}: level {int(level)}, {level.label.lower()}. Saved.")
    return redirect("autonomy", slug)


@login_required
@require_POST
def autonomy_noted(request: HttpRequest, slug: str) -> HttpResponse:
    """An owner has read that a level fell back."""
    member = membership(person(request), slug, roles=OWNERS)
    take_note(by=member.user, project=member.project)
    return redirect("autonomy", slug)


@login_required
@require_POST
def autonomy_withdraw(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the tasks that a judge settled alone back to people."""
    member = membership(person(request), slug, roles=OWNERS)
    number = withdraw(by=member.user, project=member.project)
    messages.success(request, f"{number:,} task{'' if number == 1 else 's'} given back to people.")
    return redirect("autonomy", slug)


def _page(
    request: HttpRequest,
    member: Membership,
    *,
    refused: TouchstoneError | None = None,
    kind: str = "",
) -> HttpResponse:
    context = {
        "project": member.project,
        "member": member,
        "kinds": standing_of(member.project),
        "judges": [(str(judge.pk), judge.name) for judge in judges_to_rely_on(member.project)],
        "changes": changes_of(member.project),
        "names": {int(level): level.label for level in Level},
        "n_standing": n_standing(member.project),
        "fallen": fallen(member.project),
        "refused": str(refused) if isinstance(refused, Conflict) else "",
        "errors": errors_by_field(refused, default="level"),
        "refused_kind": kind,
    }
    status = refused.status if refused else 200
    return render(request, "labeling/autonomy.html", context, status=status)
