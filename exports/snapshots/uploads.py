"""Snapshots on their way to targets. The row is the job: claimed, leased, tried again later."""

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from exports.files.manifest import CARD, CROISSANT, MANIFEST
from exports.models import Export, Target, Upload
from exports.poisoning.deciding import refuse_held
from exports.snapshots import hub
from exports.snapshots.folders import folder_of
from exports.snapshots.places import Place, Refused
from exports.snapshots.signing import SIGNATURE, sha256_of
from projects import audit
from projects.access import STAFF, project_for
from projects.errors import Conflict, NotFound
from projects.models import User

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
SAY_EVERY_SECONDS = 5.0
MOST_ATTEMPTS = 6
FIRST_WAIT = timedelta(seconds=30)
LAST = (CARD, CROISSANT, SIGNATURE, MANIFEST)
"""Sent last, so that whoever finds a manifest finds all that it names."""


class Stopped(Exception):
    """Another worker has this upload, or it was cancelled."""


def send(*, by: User, export: Export, target: Target) -> Upload:
    """Queue a finished snapshot for a target of the same project."""
    project_for(by, export.project.slug, roles=STAFF)
    if target.project_id != export.project_id or target.given_up_at is not None:
        raise NotFound("The project has no such target.")
    if not export.is_done:
        raise Conflict("Only a finished export can be sent.")
    refuse_held(export)
    if not folder_of(export).exists():
        raise Conflict("The files of this export are no longer on the server's disk.")
    try:
        with transaction.atomic():
            upload = Upload.objects.create(export=export, target=target, by=by)
            audit.record(
                verb="export.sent",
                by=by,
                project=export.project,
                subject=export,
                target=target.name,
            )
            transaction.on_commit(lambda: nudge(upload.pk))
    except IntegrityError as error:
        raise Conflict("This export is on its way there already.") from error
    return upload


def cancel_upload(*, by: User, upload: Upload) -> None:
    project = upload.export.project
    project_for(by, project.slug, roles=STAFF)
    with transaction.atomic():
        waiting = Upload.objects.filter(pk=upload.pk).filter(_is_waiting())
        if not waiting.update(state=Upload.State.CANCELLED, claim=None, finished_at=timezone.now()):
            raise Conflict("This upload is over.")
        audit.record(verb="upload.cancelled", by=by, project=project, subject=upload)


def upload(upload_id: int) -> None:
    """Send what is due. Safe to call twice."""
    row = _claim(upload_id)
    if row is None:
        return
    try:
        with _kept(row) as lost:
            location = _sent(row, lost)
    except Stopped:
        logger.info("upload %s is in other hands, or cancelled", row.pk)
    except Refused as error:
        _end(row, state=Upload.State.FAILED, error=_words(error), finished_at=timezone.now())
    except Exception as error:
        logger.warning("upload %s did not go through", row.pk, exc_info=True)
        _again(row, error)
    else:
        _end(
            row,
            state=Upload.State.DONE,
            location=location,
            error="",
            finished_at=timezone.now(),
        )


def reconcile_uploads() -> None:
    due = Upload.objects.filter(_is_claimable()).order_by("pk").values_list("pk", flat=True)
    for upload_id in due[:100]:
        nudge(upload_id)


def nudge(upload_id: int) -> None:
    from exports.tasks import send_export

    try:
        send_export.delay(upload_id)
    except send_export.OperationalError:
        logger.warning("no broker for upload %s; the reconciler will nudge again", upload_id)


def files_of(export: Export) -> list[Path]:
    """In the order in which they are sent."""
    folder = folder_of(export)
    names = [entry["name"] for entry in export.manifest["files"]]
    ordered = [name for name in names if name not in LAST] + list(LAST)
    found = [folder / name for name in ordered if name in {*names, MANIFEST, SIGNATURE}]
    return [path for path in found if path.name != SIGNATURE or path.exists()]


def _is_waiting() -> Q:
    return Q(state__in=[Upload.State.QUEUED, Upload.State.RUNNING])


def _is_claimable() -> Q:
    now = timezone.now()
    lapsed = Q(state=Upload.State.RUNNING, leased_until__lt=now)
    return Q(state=Upload.State.QUEUED, due_at__lte=now) | lapsed


def _claim(upload_id: int) -> Upload | None:
    claim = uuid.uuid4()
    claimed = Upload.objects.filter(_is_claimable(), pk=upload_id).update(
        state=Upload.State.RUNNING,
        claim=claim,
        leased_until=timezone.now() + LEASE,
        attempts=F("attempts") + 1,
    )
    if not claimed:
        return None
    return Upload.objects.select_related("export__project", "target").get(pk=upload_id, claim=claim)


def _held(row: Upload) -> Any:
    return Upload.objects.filter(pk=row.pk, state=Upload.State.RUNNING, claim=row.claim)


@contextmanager
def _kept(row: Upload) -> Iterator[threading.Event]:
    """The lease renewed from a thread; the event says that it was lost."""
    done, lost = threading.Event(), threading.Event()

    def renew() -> None:
        while not done.wait(SAY_EVERY_SECONDS):
            try:
                if not _held(row).update(leased_until=timezone.now() + LEASE):
                    lost.set()
            except DatabaseError:
                logger.warning("lease of upload %s not renewed", row.pk, exc_info=True)
            finally:
                connection.close()

    thread = threading.Thread(target=renew, name=f"lease of {row}", daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        done.set()
        thread.join()


def _sent(row: Upload, lost: threading.Event) -> str:
    if row.attempts > MOST_ATTEMPTS:
        raise Refused("Interrupted too often.")
    if row.target.given_up_at is not None:
        raise Refused("The target was given up.")
    paths = files_of(row.export)
    if not all(path.exists() for path in paths):
        raise Refused("The files of this export are no longer on the server's disk.")
    total = sum(path.stat().st_size for path in paths)
    _held(row).update(n_files=len(paths), bytes_total=total, n_files_done=0, bytes_done=0)

    def check() -> None:
        if lost.is_set():
            raise Stopped

    if row.target.kind == Target.Kind.HUB:
        check()
        said = f"{row.export.kind}, {row.export.n_rows} rows, address {row.export.address[:12]}"
        names = [path.name for path in paths]
        location = hub.push(row.target, folder_of(row.export), names, said=said)
        _held(row).update(n_files_done=len(paths), bytes_done=total)
        return location
    place = Place(row.target, name_of(row.export))
    sums = {entry["name"]: entry["sha256"] for entry in row.export.manifest["files"]}
    for path in paths:
        sha256 = sums.get(path.name) or sha256_of(path)
        size = path.stat().st_size
        # What an earlier attempt brought there stays; nothing is sent twice.
        if not place.has(path.name, size, sha256):
            place.put(path, sha256, check)
        check()
        still = _held(row).update(
            n_files_done=F("n_files_done") + 1, bytes_done=F("bytes_done") + size
        )
        if not still:
            raise Stopped
    return place.base


def name_of(export: Export) -> str:
    """Of the folder at the target: the same snapshot always goes to the same."""
    return f"{export.project.slug}-{export.kind}-{str(export.public_id)[:8]}"


def _again(row: Upload, error: Exception) -> None:
    if row.attempts >= MOST_ATTEMPTS:
        _end(row, state=Upload.State.FAILED, error=_words(error), finished_at=timezone.now())
        return
    wait = FIRST_WAIT * 2 ** (row.attempts - 1)
    _end(row, state=Upload.State.QUEUED, error=_words(error), due_at=timezone.now() + wait)


def _end(row: Upload, **fields: Any) -> None:
    _held(row).update(claim=None, leased_until=None, **fields)


def _words(error: Exception) -> str:
    """Without what opens the target, should a library repeat it."""
    said = f"{error}" if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
    return (said.splitlines() or [""])[0].replace("\0", "")[:500]
