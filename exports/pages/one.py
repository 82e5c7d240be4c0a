"""One export: how far it is, what it is, its files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from exports.files.scanned import Scan, scans, unscanned
from exports.models import PoisoningScan
from exports.pages import telling
from exports.pages.access import export_and_member
from exports.pages.files import data_file, download_name, files, n_bytes, sample
from exports.pages.listing import format_title, from_where, pace, share_read
from exports.pages.telling import Part
from exports.pages.words import KINDS, file_type
from exports.poisoning.deciding import may_download
from exports.snapshots.folders import folder_of
from exports.snapshots.making import recipe_for
from exports.snapshots.requests import cancel, request_export
from projects.access import person
from projects.errors import Conflict, InvalidInput


@dataclass(frozen=True)
class Told:
    """The manifest of a finished export, in parts."""

    manifest: Mapping[str, Any]

    @property
    def n_dropped(self) -> int:
        return telling.n_dropped(self.manifest)

    @property
    def warnings(self) -> list[str]:
        return list(self.manifest.get("warnings", []))

    @property
    def template(self) -> telling.Template | None:
        return telling.template(self.manifest)

    @property
    def n_models(self) -> int:
        return telling.n_models(self.manifest)

    @property
    def dropped(self) -> list[Part]:
        return telling.parts(self.manifest["counts"]["dropped"])

    @property
    def changed(self) -> list[Part]:
        return telling.parts(self.manifest["counts"].get("changed", {}))

    @property
    def splits(self) -> list[Part]:
        return telling.parts(self.manifest["counts"].get("by_split", {}))

    @property
    def sources(self) -> list[Part]:
        return telling.parts(self.manifest["counts"]["by_source"])

    @property
    def versions(self) -> list[Part]:
        return telling.parts(self.manifest["guideline_versions"])

    @property
    def annotators(self) -> list[Part]:
        return telling.parts(self.manifest["annotators"])

    @property
    def writers(self) -> list[Part]:
        return telling.writers(self.manifest)

    @property
    def scans(self) -> list[Scan]:
        return scans(self.manifest)

    @property
    def benchmarks(self) -> list[Mapping[str, Any]]:
        found = self.manifest.get("hygiene", {}).get("benchmarks", {})
        return list(found.get("held_against", []))

    @property
    def unscanned(self) -> str:
        return ", ".join(unscanned(self.manifest))

    @property
    def severities(self) -> list[Part]:
        return telling.severities(self.manifest)

    @property
    def sampling(self) -> list[telling.Sampling]:
        return telling.sampling(self.manifest)

    @property
    def lengths(self) -> telling.Lengths | None:
        return telling.lengths(self.manifest)

    @property
    def recipe_said(self) -> list[str]:
        return telling.recipe_said(self.manifest)

    @property
    def how_to_load(self) -> list[telling.Passage]:
        return telling.how_to_load(self.manifest)


@login_required
@never_cache
@require_safe
def export(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found, member = export_and_member(person(request), public_id)
    is_complete = found.is_done and folder_of(found).exists()
    context = {
        "export": found,
        "project": found.project,
        "member": member,
        "is_demo": found.project.is_demo,
        "is_waiting": found.is_waiting,
        "title": KINDS[found.kind].title,
        "from_where": from_where(found),
        "format": format_title(found),
        "file_type": file_type(found.recipe.get("file_type", "jsonl")),
        "share": share_read(found),
        "pace": pace(found),
    }
    if found.is_done:
        context |= {
            "told": Told(found.manifest),
            "is_complete": is_complete,
            "is_open": is_complete and may_download(found),
            "is_held": not may_download(found),
            "scan": PoisoningScan.objects.filter(export=found).first(),
            "targets": found.project.export_targets.filter(given_up_at=None).order_by("name"),
            "uploads": found.uploads.select_related("target").order_by("-created_at", "-pk"),
            "data_file": (name := data_file(found)),
            "data_name": download_name(found, name) if name else "",
            "archive_bytes": n_bytes(found),
            "files": files(found),
            "sample": sample(found),
        }
    return render(request, "exports/detail.html", context)


@login_required
@require_POST
def export_steer(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Cancel it, or ask for one like it again."""
    found, member = export_and_member(person(request), public_id)
    action = request.POST.get("action", "")
    if action == "again":
        again = request_export(by=member.user, project=found.project, recipe=recipe_for(found))
        return redirect("export", again.public_id)
    if action != "cancel":
        raise InvalidInput.field("action", "must be one of: cancel, again")
    try:
        cancel(by=member.user, export=found)
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("export", public_id)
