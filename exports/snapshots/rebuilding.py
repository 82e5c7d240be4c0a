"""A finished snapshot made again of its plan and recipe: the same bytes, or which are not."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction

from exports.models import Export
from exports.snapshots.claims import Alone
from exports.snapshots.describing import describe
from exports.snapshots.folders import folder_of
from exports.snapshots.plan import PLAN, Plan
from exports.snapshots.shards import Desk
from exports.snapshots.signing import of_plan
from exports.snapshots.writing import write_rows
from projects.errors import Conflict, NotFound


@dataclass(frozen=True)
class Rebuilt:
    address: str
    differing: tuple[str, ...]
    """Files of rows whose bytes are others, or that one of the two has alone."""
    is_same_code: bool


def rebuild(export: Export, *, within: Path | None = None) -> Rebuilt:
    """Nothing of the snapshot is touched; what is made goes again. `within`: where there is room
    for a second one, if not where temporary files are."""
    path = folder_of(export) / PLAN
    if not export.is_done:
        raise Conflict("Only a finished export can be rebuilt.")
    if not path.exists():
        raise NotFound("The plan of this export is no longer on the disk.")
    if problems := of_plan(path.parent, export.manifest):
        raise Conflict(f"It was made by another plan. {problems[0]}.")
    plan = Plan.from_bytes(path.read_bytes())
    with tempfile.TemporaryDirectory(prefix="touchstone-rebuild-", dir=within) as name:
        desk = Desk(Path(name), Alone())
        desk.clear()
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            written = write_rows(export.project, plan, desk)
    moment = export.manifest["created_at"]
    described = describe(export, plan, moment, written)
    before, after = _sums(export.manifest), _sums(described.manifest)
    differing = {name for name, _ in before.items() ^ after.items()}
    is_same_code = export.manifest.get("code_sha256") == described.manifest["code_sha256"]
    return Rebuilt(described.manifest["address"], tuple(sorted(differing)), is_same_code)


def _sums(manifest: dict[str, object]) -> dict[str, str]:
    files = manifest["files"]
    assert isinstance(files, list)  # noqa: S101 - for the type checker
    return {entry["name"]: entry["sha256"] for entry in files if "rows" in entry}
