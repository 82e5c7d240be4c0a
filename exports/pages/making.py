"""A new export: its form, what it comes to, how its rows look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from exports import recipe
from exports.pages import form, options
from exports.pages.access import export_for
from exports.pages.first_rows import spread
from exports.pages.offered import offered
from exports.selecting.estimating import Estimate, estimate, preview
from exports.selecting.selection import selected
from exports.snapshots.making import recipe_for
from exports.snapshots.requests import request_export
from projects.access import STAFF, membership, person
from projects.errors import InvalidInput, NotFound, TouchstoneError
from projects.models import Membership

ACTIONS = ("count", "export")
PREVIEWED = 3
USUAL_KIND = "preferences"


@dataclass
class Shown:
    """What the page says to what was sent."""

    told: Mapping[str, Any]
    estimate: Estimate | None = None
    rows: Sequence[str] = ()
    refused: TouchstoneError | None = None
    wrong: dict[str, str] = field(default_factory=dict)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def export_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Nothing is counted before somebody asks, so that the page comes at once."""
    member = membership(person(request), slug, roles=STAFF)
    if request.method != "POST":
        return _page(request, member, Shown(form.fitted(_begun(request, member))))
    told = form.given(request.POST)
    action = request.POST.get("action", "")
    try:
        if action == "count":
            return _page(request, member, _counted(member, form.fitted(told)))
        if action != "export":
            raise InvalidInput.field("action", f"must be one of: {', '.join(ACTIONS)}")

        made = request_export(by=member.user, project=member.project, recipe=form.checked(told))
    except TouchstoneError as error:
        return _page(request, member, _refused(form.fitted(told), error))
    return redirect("export", made.public_id)


def _begun(request: HttpRequest, member: Membership) -> dict[str, Any]:
    """What the form begins with: the recipe of an export, or a kind alone."""
    if "like" in request.GET:
        try:
            like = export_for(member.user, UUID(request.GET["like"]))
        except ValueError:
            raise NotFound("There is no such export.") from None
        return recipe.everything(recipe_for(like))
    kind = request.GET.get("kind", "")
    return {"kind": kind if kind in recipe.KINDS else USUAL_KIND}


def _counted(member: Membership, told: dict[str, Any]) -> Shown:
    asked = form.checked(told)
    found = selected(member.project, asked)
    return Shown(
        told,
        estimate=estimate(member.project, asked, found),
        rows=[spread(row) for row in preview(member.project, asked, PREVIEWED, found)],
    )


def _refused(told: Mapping[str, Any], error: TouchstoneError) -> Shown:
    problems = error.problems if isinstance(error, InvalidInput) else ()
    wrong = {problem.field.replace(".", "_"): problem.rule for problem in problems}
    return Shown(told, refused=error, wrong=wrong)


def _page(request: HttpRequest, member: Membership, shown: Shown) -> HttpResponse:
    told = form.shown(dict(shown.told))
    kind = str(told["kind"])
    context = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "form": told,
        "wrong": shown.wrong,
        "refused": shown.refused,
        "estimate": shown.estimate,
        "rows": shown.rows,
        "kinds": options.kinds(kind),
        "choices": options.choices(kind),
        "formats": options.formats(kind, told["format"]),
        "file_types": options.file_types(told["format"], told["file_type"]),
        "filters": options.filters(offered(member.project, kind), told["selection"]),
        "opened": form.opened(told, [name.replace("_", ".", 1) for name in shown.wrong]),
        "benchmarks": options.benchmarks(member.project, told["hygiene"]["decontaminate"]),
    }
    status = shown.refused.status if shown.refused else 200
    return render(request, "exports/new.html", context, status=status)
