"""Files of a finished export, as they are sent."""

import itertools
from typing import Any
from uuid import UUID

import orjson
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from exports.building import folder_of
from exports.models import Export
from exports.pages.access import export_for
from exports.writing import CARD, DATA, MANIFEST, PROVENANCE
from projects.access import person
from projects.errors import NotFound
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
