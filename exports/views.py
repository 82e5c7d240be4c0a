"""Pages of dataset snapshots, for owners and reviewers."""

import itertools
from uuid import UUID

import orjson
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from exports.building import folder_of, request_export
from exports.models import Export
from exports.writing import CARD, DATA, MANIFEST, PROVENANCE
from labeling.models import Comparison, Demonstration
from projects.access import STAFF, membership, person, project_for
from projects.errors import NotFound
from projects.models import Project, User

FILES = {
    DATA: "application/jsonl",
    PROVENANCE: "application/jsonl",
    CARD: "text/markdown; charset=utf-8",
    MANIFEST: "application/json",
}
SAMPLE_ROWS = 3


def export_for(user: User, public_id: UUID) -> Export:
    """An export of a project in which this person may see exports."""
    export = Export.objects.select_related("project", "by").filter(public_id=public_id).first()
    if export is None:
        raise NotFound("There is no such export.")
    project_for(user, export.project.slug, roles=STAFF)
    return export


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
        )
        return redirect("export", export.public_id)
    context = {
        "project": member.project,
        "exports": member.project.exports.select_related("by").order_by("-created_at", "-pk")[:50],
        "available": available(member.project),
    }
    return render(request, "exports/list.html", context)


@login_required
@require_safe
def export(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = export_for(person(request), public_id)
    context = {
        "export": found,
        "project": found.project,
        "is_waiting": found.state in (Export.State.QUEUED, Export.State.RUNNING),
        "sample": sample(found),
    }
    return render(request, "exports/detail.html", context)


@login_required
@require_safe
def export_file(request: HttpRequest, public_id: UUID, name: str) -> FileResponse | HttpResponse:
    found = export_for(person(request), public_id)
    return file_response(found, name)


def file_response(found: Export, name: str) -> FileResponse:
    path = folder_of(found) / name
    if name not in FILES or found.state != Export.State.DONE:
        raise NotFound("There is no such file.")
    if not path.exists():
        raise NotFound("This file is no longer on the server's disk.")
    stem = f"{found.project.slug}-{found.kind}-{str(found.public_id)[:8]}"
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"{stem}-{name}" if name != DATA else f"{stem}.jsonl",
        content_type=FILES[name],
    )


def sample(found: Export) -> list[str]:
    """The first rows as they are in the file, spread over lines for reading."""
    path = folder_of(found) / DATA
    if found.state != Export.State.DONE or not path.exists():
        return []
    with path.open("rb") as file:
        rows = [orjson.loads(line) for line in itertools.islice(file, SAMPLE_ROWS)]
    return [orjson.dumps(row, option=orjson.OPT_INDENT_2).decode() for row in rows]


def available(project: Project) -> dict[str, int]:
    """How many judgements there are to export."""
    comparisons = Comparison.objects.filter(prompt__project=project).aggregate(
        total=Count("pk"), decided=Count("pk", filter=Q(both_bad=False) & ~Q(preference=0))
    )
    votes = project.votes.aggregate(
        total=Count("pk"), decided=Count("pk", filter=Q(verdict__in=["a", "b"]))
    )
    return {
        "demonstrations": Demonstration.objects.filter(prompt__project=project).count(),
        "comparisons": comparisons["total"],
        "comparisons_decided": comparisons["decided"],
        "votes": votes["total"],
        "votes_decided": votes["decided"],
    }
