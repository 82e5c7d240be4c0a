"""The project's exports, and the two commonest at one click."""

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from exports.building import request_export
from exports.held_back import held_back
from exports.models import Export
from exports.pages.available import available
from labeling.autonomy.standing_in import n_standing
from projects.access import STAFF, membership, person
from projects.models import Project

LISTED = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest, slug: str) -> HttpResponse:
    user = person(request)
    member = membership(user, slug, roles=STAFF)
    if request.method == "POST":
        export = request_export(
            by=user,
            project=member.project,
            kind=request.POST.get("kind", ""),
            source=request.POST.get("source", Export.Source.ALL),
            with_machine="with_machine" in request.POST,
        )
        return redirect("export", export.public_id)
    context = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "exports": _newest(member.project),
        "available": available(member.project),
        "held_back": held_back(member.project),
        "n_machine": n_standing(member.project),
    }
    return render(request, "exports/list.html", context)


def _newest(project: Project) -> QuerySet[Export]:
    listed = project.exports.select_related("by").defer("manifest")
    return listed.order_by("-created_at", "-pk")[:LISTED]
