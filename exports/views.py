"""Pages of dataset snapshots, for owners and reviewers."""

import itertools
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.contrib.auth.decorators import login_required
from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from exports.building import folder_of, request_export
from exports.card import TRAINERS
from exports.held_back import held_back
from exports.models import Export
from exports.writing import A_PERSON, CARD, DATA, MANIFEST, PROVENANCE
from labeling.autonomy.standing_in import n_standing
from labeling.models import Comparison, Demonstration, Ranking
from projects.access import STAFF, membership, person, require
from projects.errors import NotFound
from projects.models import Membership, Project, User
from projects.sending import FileStream

FILES = {
    DATA: "application/jsonl",
    PROVENANCE: "application/jsonl",
    CARD: "text/markdown; charset=utf-8",
    MANIFEST: "application/json",
}
USES = {
    DATA: "the rows, one a line; this is what the trainer reads",
    PROVENANCE: "line by line beside it: who judged, when, under which guideline version",
    CARD: "the dataset card",
    MANIFEST: "counts, filters and checksums",
}
SAMPLE_ROWS = 3
SAMPLE_LINE_LIMIT = 64 * 1024
LISTED = 50


@dataclass(frozen=True)
class Available:
    """How many judgements there are to export, and how many prefer one answer."""

    demonstrations: int
    comparisons: int
    comparisons_decided: int
    rankings: int
    ranked_pairs: int
    votes: int
    votes_decided: int

    @property
    def preferences(self) -> int:
        return self.comparisons + self.ranked_pairs + self.votes

    @property
    def preferences_decided(self) -> int:
        return self.comparisons_decided + self.ranked_pairs + self.votes_decided


def export_for(user: User, public_id: UUID) -> Export:
    """An export of a project in which this person may see exports."""
    found = (
        Export.objects.select_related("project", "by")
        .filter(public_id=public_id, project__memberships__user=user)
        .first()
    )
    if found is None:
        raise NotFound("There is no such export.")
    require(Membership.objects.get(project=found.project, user=user), roles=STAFF)
    return found


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


@login_required
@require_safe
def export(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = export_for(person(request), public_id)
    context = {
        "export": found,
        "project": found.project,
        "is_demo": found.project.is_demo,
        "is_waiting": found.is_waiting,
        "n_expected": n_expected(found),
        "is_complete": found.is_done and folder_of(found).exists(),
        "data_name": download_name(found, DATA),
        "trainer": TRAINERS[found.kind],
        "n_dropped": n_dropped(found),
        "n_models": n_models(found),
        "files": files(found),
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
    return FileStream(
        path.open("rb"),
        as_attachment=True,
        filename=download_name(found, name),
        content_type=FILES[name],
    )


def download_name(found: Export, name: str) -> str:
    stem = f"{found.project.slug}-{found.kind}-{str(found.public_id)[:8]}"
    return f"{stem}.jsonl" if name == DATA else f"{stem}-{name}"


def files(found: Export) -> list[dict[str, Any]]:
    """The files of a finished export; the manifest does not list itself."""
    if not found.is_done:
        return []
    listed = [*found.manifest["files"]]
    path = folder_of(found) / MANIFEST
    if path.exists():
        listed.append({"name": MANIFEST, "bytes": path.stat().st_size})
    return [{**file, "use": USES[file["name"]]} for file in listed]


def n_dropped(found: Export) -> int:
    return sum(found.manifest["counts"]["dropped"].values()) if found.is_done else 0


def n_models(found: Export) -> int:
    return len(set(found.manifest["models"]) - {A_PERSON}) if found.is_done else 0


def sample(found: Export) -> list[str]:
    """The first rows as they are in the file, spread over lines for reading."""
    path = folder_of(found) / DATA
    if not found.is_done or not path.exists():
        return []
    with path.open("rb") as file:
        lines = list(itertools.islice(file, SAMPLE_ROWS))
    return [
        orjson.dumps(orjson.loads(line), option=orjson.OPT_INDENT_2).decode()
        for line in lines
        if len(line) <= SAMPLE_LINE_LIMIT
    ]


def available(project: Project) -> Available:
    current = {"prompt__project": project, "superseded_by": None}
    comparisons = Comparison.objects.filter(**current).aggregate(
        total=Count("pk"), decided=Count("pk", filter=Q(both_bad=False) & ~Q(preference=0))
    )
    votes = project.votes.aggregate(
        total=Count("pk"), decided=Count("pk", filter=Q(verdict__in=["a", "b"]))
    )
    return Available(
        demonstrations=Demonstration.objects.filter(**current).count(),
        comparisons=comparisons["total"],
        comparisons_decided=comparisons["decided"],
        rankings=Ranking.objects.filter(**current).count(),
        ranked_pairs=_ranked_pairs(current),
        votes=votes["total"],
        votes_decided=votes["decided"],
    )


def _ranked_pairs(current: dict[str, Any]) -> int:
    """A ranking of K responses is worth K(K-1)/2 pairs."""
    size = F("assignment__presented__len")
    found = Ranking.objects.filter(**current).aggregate(pairs=Sum(size * (size - 1) / 2))
    return found["pairs"] or 0


def n_expected(found: Export) -> int:
    """How many judgements a running export has to read; a few more may have come since."""
    if not found.is_waiting:
        return 0
    there = available(found.project)
    if found.kind == Export.Kind.SFT:
        return there.demonstrations
    counts = {
        Export.Source.ALL: there.preferences,
        Export.Source.COMPARISONS: there.comparisons,
        Export.Source.RANKINGS: there.ranked_pairs,
        Export.Source.VOTES: there.votes,
    }
    return (
        there.demonstrations
        if found.kind == Export.Kind.SFT
        else counts[Export.Source(found.source)]
    )


def _newest(project: Project) -> QuerySet[Export]:
    listed = project.exports.select_related("by").defer("manifest")
    return listed.order_by("-created_at", "-pk")[:LISTED]
