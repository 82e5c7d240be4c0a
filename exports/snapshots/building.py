"""From a claimed row to a finished folder: plan, rows, description, renaming."""

import logging
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from exports.memory import give_back
from exports.models import Export
from exports.poisoning.deciding import record_findings
from exports.snapshots import material
from exports.snapshots.claims import Hold, Lost, claim, held
from exports.snapshots.describing import Described, describe
from exports.snapshots.folders import (
    draft_of,
    folder_of,
    move_once,
    put_in_place,
    remove,
    take_back,
    write_whole,
)
from exports.snapshots.making import check, recipe_for
from exports.snapshots.plan import PLAN, Plan
from exports.snapshots.shards import Desk, Otherwise
from exports.snapshots.writing import Written, write_rows

logger = logging.getLogger(__name__)
MOMENT = "moment"
WHOLE = "whole"


def build(export_id: int) -> None:
    """Build one export if it is waiting or its last builder died. Safe to call twice."""
    export = claim(export_id)
    if export is None:
        return
    hold = Hold(export)
    try:
        with hold.kept():
            Building(export, hold).run()
    except Lost:
        logger.info("export %s is in other hands, or cancelled", export.pk)
    except Exception as error:
        if _fail(export, f"{type(error).__name__}: {error}".splitlines()[0][:500]):
            raise
        # What it was writing in was taken away from it.
        logger.info("export %s is in other hands, or cancelled", export.pk, exc_info=True)
    finally:
        # A worker lives on.
        give_back()


class Building:
    """One attempt at an export."""

    def __init__(self, export: Export, hold: Hold) -> None:
        self.export, self.hold = export, hold
        self.draft = draft_of(export)
        self.whole = self.draft / WHOLE
        self.desk = Desk(self.draft, hold, export.claim)

    def run(self) -> None:
        self.hold.guarded(self._take_up)
        try:
            plan, moment, written = self._read()
        except Otherwise:
            logger.info("export %s is written anew: what was finished holds others", self.export.pk)
            self.hold.guarded(self.desk.start_over)
            self.hold.n_read = 0
            plan, moment, written = self._read()
        self.hold.phase = Export.Phase.FINISHING
        described = describe(self.export, plan, moment, written)
        self.hold.guarded(
            lambda: self._put_in_place(written, described), **self._final(described.manifest)
        )
        remove(self.draft)

    def _read(self) -> tuple[Plan, str, Written]:
        """One transaction, which is the snapshot."""
        arrivals = None
        if not self._is_planned:
            arrivals = material.arrivals_for(self.export.project, recipe_for(self.export))
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            plan, moment = self._planned(arrivals)
            return plan, moment, write_rows(self.export.project, plan, self.desk)

    def _take_up(self) -> None:
        """What was renamed into place by an attempt that died before it could say so goes back."""
        self.desk.clear()
        final = folder_of(self.export)
        if final.exists() and not self.whole.exists():
            take_back(final, self.whole)

    @property
    def _is_planned(self) -> bool:
        return (self.draft / PLAN).exists()

    def _planned(self, arrivals: int | None) -> tuple[Plan, str]:
        """What an earlier attempt settled on, or else what stands now."""
        path = self.draft / PLAN
        if self._is_planned:
            plan = Plan.from_bytes(path.read_bytes())
        else:
            recipe = recipe_for(self.export)
            check(recipe)
            plan = material.plan_of(self.export.project, recipe, arrivals)
            # Packed here: what another thread lets go of is not given back to the system.
            moment, packed = _moment().encode(), plan.as_bytes()

            def keep() -> None:
                write_whole(self.draft / MOMENT, moment)
                write_whole(path, packed)

            self.hold.guarded(keep, attempts=1)
        self.hold.n_expected = plan.n_records
        return plan, (self.draft / MOMENT).read_text()

    def _put_in_place(self, written: Written, described: Described) -> None:
        self.whole.mkdir(exist_ok=True)
        names = {PLAN, *described.files}
        for each in written.wholes:
            for kept, entry in each.renamed():
                move_once(self.desk.finished / kept, self.whole / entry.name, entry.bytes)
                names.add(entry.name)
        for left in self.whole.iterdir():
            if left.name not in names:
                remove(left)
        write_whole(self.whole / PLAN, (self.draft / PLAN).read_bytes())
        for name, content in described.files.items():
            write_whole(self.whole / name, content)
        if written.findings is not None:
            record_findings(self.export, written.findings, figures=written.figures)
        put_in_place(self.whole, folder_of(self.export))

    def _final(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """The row of a finished export."""
        return {
            "state": Export.State.DONE,
            "phase": "",
            "n_read": self.hold.n_read,
            "n_expected": self.hold.n_expected,
            "n_rows": manifest["counts"]["rows"],
            "sha256": manifest["files"][0]["sha256"],
            "address": manifest["address"],
            "manifest": manifest,
            "finished_at": timezone.now(),
            "claim": None,
            "leased_until": None,
            "rows_per_second": None,
        }


def _moment() -> str:
    """When the snapshot is: the transaction's own time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        (moment,) = cursor.fetchone()
    return str(moment.isoformat(timespec="milliseconds"))


def _fail(export: Export, reason: str) -> bool:
    """Whether it was still ours to fail."""
    is_ours = bool(
        held(export).update(
            state=Export.State.FAILED, error=reason, finished_at=timezone.now(), claim=None
        )
    )
    if is_ours:
        remove(draft_of(export))
    return is_ours
