"""Exports from request to finished snapshot. The row is the job; messages are nudges."""

import logging
import shutil
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from exports import formats, rows, writing
from exports.card import dataset_card
from exports.models import Export
from projects import audit
from projects.access import STAFF, project_for
from projects.errors import Conflict, InvalidInput
from projects.models import Project, User

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=1)
SAY_EVERY_SECONDS = 2.0
NUDGE_AFTER = timedelta(seconds=10)
MOST_ATTEMPTS = 3
BUILT = (Export.Kind.SFT, Export.Kind.PREFERENCES)


def request_export(
    *,
    by: User,
    project: Project,
    kind: str,
    source: str = Export.Source.ALL,
    with_machine: bool = False,
) -> Export:
    """Queue an export of all the project's judgements of this kind as they stand when it runs;
    `with_machine`: with the comparisons that a judge settled alone, marked as a model's."""
    project_for(by, project.slug, roles=STAFF)
    export = _new(project=project, kind=kind, source=source, by=by, with_machine=with_machine)
    transaction.on_commit(lambda: nudge(export.pk))
    return export


def export_now(*, project: Project, kind: str, source: str = Export.Source.ALL) -> Export:
    """The command line's way: the same export, built in this process."""
    export = _new(project=project, kind=kind, source=source, by=None)
    build(export.pk)
    export.refresh_from_db()
    if not export.is_done:
        raise Conflict("Another process is building this export.")
    return export


def build(export_id: int) -> None:
    """Build one export if it is waiting or its last builder died. Safe to call twice."""
    export = _claim(export_id)
    if export is None:
        return
    try:
        progress = writing.Progress()
        with _draft_folder(export) as draft:
            with _kept_lease(export, progress):
                manifest = _write(export, draft, progress)
            _finish(export, draft, manifest)
    except Exception as error:
        _fail(export, f"{type(error).__name__}: {error}".splitlines()[0][:500])
        raise


def reconcile() -> None:
    """Nudge exports whose message was lost or whose builder died; give up after three attempts."""
    now = timezone.now()
    dead = Export.objects.filter(
        state=Export.State.RUNNING, leased_until__lt=now, attempts__gte=MOST_ATTEMPTS
    )
    dead.update(
        state=Export.State.FAILED, error="Interrupted three times.", claim=None, finished_at=now
    )
    waiting = Export.objects.filter(_is_claimable()).filter(created_at__lt=now - NUDGE_AFTER)
    for export_id in waiting.order_by("pk").values_list("pk", flat=True)[:100]:
        nudge(export_id)


def nudge(export_id: int) -> None:
    from exports.tasks import build_export

    try:
        build_export.delay(export_id)
    except build_export.OperationalError:
        logger.warning("no broker for export %s; the reconciler will nudge again", export_id)


def exports_folder() -> Path:
    folder = Path(settings.DATA_FOLDER) / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def folder_of(export: Export) -> Path:
    return exports_folder() / str(export.public_id)


def _new(
    *, project: Project, kind: str, source: str, by: User | None, with_machine: bool = False
) -> Export:
    if kind not in BUILT:
        raise InvalidInput.field("kind", f"must be one of: {', '.join(BUILT)}")
    if source not in Export.Source.values:
        raise InvalidInput.field("source", f"must be one of: {', '.join(Export.Source.values)}")
    if kind == Export.Kind.SFT and source == Export.Source.VOTES:
        raise InvalidInput.field("source", "votes have no demonstrations; choose preferences")
    with transaction.atomic():
        export = Export.objects.create(
            project=project, kind=kind, source=source, by=by, with_machine=with_machine
        )
        told = {"kind": kind} | ({"with_machine": True} if with_machine else {})
        audit.record(verb="export.requested", by=by, project=project, subject=export, **told)
    return export


def _is_claimable() -> Q:
    lapsed = Q(state=Export.State.RUNNING, leased_until__lt=timezone.now())
    return Q(state=Export.State.QUEUED) | lapsed


def _claim(export_id: int) -> Export | None:
    claim = uuid.uuid4()
    now = timezone.now()
    with transaction.atomic():
        export = (
            Export.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("project")
            .filter(_is_claimable(), pk=export_id, attempts__lt=MOST_ATTEMPTS)
            .first()
        )
        if export is None:
            return None
        export.state = Export.State.RUNNING
        export.claim = claim
        export.leased_until = now + LEASE
        export.attempts += 1
        export.save(update_fields=["state", "claim", "leased_until", "attempts"])
    return export


@contextmanager
def _draft_folder(export: Export) -> Iterator[Path]:
    """An empty folder for this attempt; what dead builders left goes, what is left of this too.

    A builder that still lives but has lost its lease loses its folder: it must not finish.
    """
    for left in exports_folder().glob(f".{export.public_id}.*"):
        shutil.rmtree(left, ignore_errors=True)
    draft = exports_folder() / f".{export.public_id}.{export.claim}"
    draft.mkdir()
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _kept_lease(export: Export, progress: writing.Progress) -> Iterator[None]:
    """Renew the lease and say how far it is, from a thread: the writing transaction only reads."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(SAY_EVERY_SECONDS):
            try:
                Export.objects.filter(pk=export.pk, claim=export.claim).update(
                    leased_until=timezone.now() + LEASE, n_read=progress.n_read
                )
            except DatabaseError:
                logger.warning("could not renew the lease of export %s", export.pk, exc_info=True)
            finally:
                connection.close()

    thread = threading.Thread(target=renew, name=f"lease of export {export.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _write(export: Export, draft: Path, progress: writing.Progress) -> dict[str, Any]:
    """Everything from one snapshot of the database; returns the manifest."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT now()")
            (snapshot_at,) = cursor.fetchone()
        if export.kind == Export.Kind.SFT:
            counts, files = writing.write_rows(
                draft,
                rows.demonstrations(export.project),
                formats.sft_row,
                progress=progress,
            )
        else:
            counts, files = writing.write_rows(
                draft,
                rows.preferences(export.project, export.source, with_machine=export.with_machine),
                formats.preference_row,
                progress=progress,
            )
    files[0]["rows"] = files[1]["rows"] = counts.rows
    manifest = _manifest(export, counts, files, snapshot_at.isoformat(timespec="milliseconds"))
    card = writing.write_file(draft, writing.CARD, dataset_card(manifest).encode())
    manifest["files"].append(card)
    text = orjson.dumps(manifest, option=orjson.OPT_INDENT_2)
    writing.write_file(draft, writing.MANIFEST, text)
    return manifest


def _manifest(
    export: Export, counts: writing.Counts, files: list[dict[str, Any]], snapshot_at: str
) -> dict[str, Any]:
    return {
        "id": str(export.public_id),
        "kind": export.kind,
        "format": "TRL conversational JSONL",
        "project": {"slug": export.project.slug, "name": export.project.name},
        "filters": {"source": export.source}
        | ({"with_machine": True} if export.with_machine else {}),
        "created_at": snapshot_at,
        "touchstone_version": settings.VERSION,
        "counts": {
            "rows": counts.rows,
            "dropped": dict(sorted(counts.dropped.items())),
            "by_source": dict(sorted(counts.sources.items())),
        },
        "guideline_versions": dict(sorted(counts.guideline_versions.items())),
        "models": dict(sorted(counts.models.items())),
        "annotators": dict(sorted(counts.annotators.items())),
        "files": files,
    }


def _finish(export: Export, draft: Path, manifest: dict[str, Any]) -> None:
    """Rename first, then say done: a row that says done always has its files."""
    with transaction.atomic():
        held = Export.objects.select_for_update().filter(
            pk=export.pk, state=Export.State.RUNNING, claim=export.claim
        )
        if not held.exists():
            raise Conflict("Another worker has taken this export over.")
        writing.put_in_place(draft, folder_of(export))
        held.update(
            state=Export.State.DONE,
            n_read=manifest["counts"]["rows"] + sum(manifest["counts"]["dropped"].values()),
            n_rows=manifest["counts"]["rows"],
            sha256=manifest["files"][0]["sha256"],
            manifest=manifest,
            finished_at=timezone.now(),
            claim=None,
            leased_until=None,
        )


def _fail(export: Export, reason: str) -> None:
    Export.objects.filter(pk=export.pk, state=Export.State.RUNNING, claim=export.claim).update(
        state=Export.State.FAILED, error=reason, finished_at=timezone.now(), claim=None
    )
