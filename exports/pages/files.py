"""Files of a finished export, one by one or all in one, as they are sent."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from exports.files.manifest import CARD, CROISSANT, MANIFEST
from exports.models import Export
from exports.pages import archive
from exports.pages.access import export_for
from exports.pages.first_rows import first_rows
from exports.poisoning.deciding import may_download, refuse_held
from exports.snapshots.folders import folder_of
from exports.snapshots.ranges import sent
from exports.snapshots.signing import sha256_of
from projects.access import person
from projects.errors import NotFound

TYPES = {
    ".jsonl": "application/jsonl",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".gz": "application/gzip",
    ".zst": "application/zstd",
    ".parquet": "application/vnd.apache.parquet",
}
ANY_TYPE = "application/octet-stream"
USES = {
    CARD: "the dataset card",
    CROISSANT: "the same for programs: Croissant metadata",
    MANIFEST: "counts, recipe and checksums",
    "dataset_info.json": "where LLaMA-Factory finds the columns",
}
DATA_USE = "the rows; this is what the trainer reads"
PROVENANCE_USE = "row by row beside it: who judged, when, under which guideline version"
SAMPLE_ROWS = 3


class PieceStream(StreamingHttpResponse):
    """Sent piece by piece; Django's own response reads all of them when it runs on ASGI."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = cast("Iterator[bytes]", self.streaming_content)
        following = sync_to_async(lambda: next(pieces, b""), thread_sensitive=False)
        while piece := await following():
            yield piece


@login_required
@require_safe
def export_file(request: HttpRequest, public_id: UUID, name: str) -> HttpResponseBase:
    return file_response(request, export_for(person(request), public_id), name)


@login_required
@require_safe
def export_archive(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """The whole folder in one file."""
    return archive_response(export_for(person(request), public_id))


def file_response(request: HttpRequest, found: Export, name: str) -> HttpResponseBase:
    path = path_of(found, name)
    return sent(
        request,
        path,
        sha256=_sha256(found, path),
        filename=download_name(found, name),
        content_type=TYPES.get(path.suffix, ANY_TYPE),
    )


def archive_response(found: Export) -> HttpResponseBase:
    paths = [path_of(found, file["name"]) for file in files(found)]
    if not paths:
        raise NotFound("Nothing of this export can be downloaded.")
    stem = stem_of(found)
    answer = PieceStream(archive.pieces(stem, paths), content_type="application/x-tar")
    answer["Content-Disposition"] = f'attachment; filename="{stem}.tar"'
    answer["Content-Length"] = str(archive.size_of(stem, paths))
    return answer


def path_of(found: Export, name: str) -> Path:
    """Where a file of it lies; only its own files have a name here, and what the scan for
    poisoning holds stays where it is, but for the manifest."""
    if not found.is_done or name not in {MANIFEST, *(f["name"] for f in found.manifest["files"])}:
        raise NotFound("There is no such file.")
    if name != MANIFEST:
        refuse_held(found)
    path = folder_of(found) / name
    if not path.exists():
        raise NotFound("This file is no longer on the server's disk.")
    return path


def stem_of(found: Export) -> str:
    return f"{found.project.slug}-{found.kind}-{str(found.public_id)[:8]}"


def download_name(found: Export, name: str) -> str:
    """A telling name; the only file of rows has the export's own."""
    if name == data_file(found):
        return f"{stem_of(found)}.{name.partition('.')[2]}"
    return f"{stem_of(found)}-{name}"


def data_file(found: Export) -> str:
    """The name of the one file of rows; empty where there are several or none."""
    names = [file["name"] for file in found.manifest.get("files", ()) if _is_data(file)]
    return names[0] if len(names) == 1 else ""


def files(found: Export) -> list[dict[str, Any]]:
    """The files of a finished export; the manifest does not list itself."""
    if not found.is_done:
        return []
    listed = [*found.manifest["files"]]
    path = folder_of(found) / MANIFEST
    if path.exists():
        listed.append({"name": MANIFEST, "bytes": path.stat().st_size})
    return [{"rows": None, **file, "use": _use(file)} for file in listed]


def n_bytes(found: Export) -> int:
    return sum(file["bytes"] for file in files(found))


def sample(found: Export) -> list[str]:
    """The first rows as they are in the file, unless they are held."""
    names = [file["name"] for file in found.manifest.get("files", ()) if _is_data(file)]
    if not found.is_done or not names or not may_download(found):
        return []
    path = folder_of(found) / names[0]
    file_type = str(found.recipe.get("file_type", "jsonl"))
    return first_rows(path, file_type, SAMPLE_ROWS) if path.exists() else []


def _sha256(found: Export, path: Path) -> str:
    """As the manifest has it, which cannot tell its own."""
    known = {file["name"]: file["sha256"] for file in found.manifest["files"]}
    return known.get(path.name) or sha256_of(path)


def _is_data(file: dict[str, Any]) -> bool:
    return "rows" in file and not file["name"].startswith("provenance")


def _use(file: dict[str, Any]) -> str:
    if file["name"] in USES:
        return USES[file["name"]]
    if "rows" not in file:
        return ""
    return DATA_USE if _is_data(file) else PROVENANCE_USE
