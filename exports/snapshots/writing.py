"""The rows of a plan, written into files, and looked at as a whole."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

from exports.formats.rankings import unsaid
from exports.known_tokenizers import ruler_of
from exports.memory import give_back, give_large_back
from exports.models import Export
from exports.poisoning.found import FoundThing
from exports.poisoning.scanning import scanned
from exports.records import Record
from exports.snapshots import making
from exports.snapshots.claims import Guard
from exports.snapshots.material import Records
from exports.snapshots.passing import Pass
from exports.snapshots.plan import Plan
from exports.snapshots.shards import Desk, Tracks, Whole
from exports.splitting.prompts import looking
from projects.models import Project

GIVEN_BACK_EVERY = 1 << 13
"""So many records of a walk are looked at, then what lies idle in the heap goes back."""


@dataclass
class Written:
    wholes: list[Whole]
    dropped: Counter[str]
    """What has no row, by reason."""
    hygiene: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[FoundThing, ...] | None = None
    """Of the scan for poisoning; None: there was none."""
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def poisoning(self) -> dict[str, Any]:
        if self.findings is None:
            return {}
        by_severity = Counter(each.severity for each in self.findings)
        by_kind = Counter(each.kind for each in self.findings)
        return {
            "findings": len(self.findings),
            "by_severity": dict(sorted(by_severity.items())),
            "by_kind": dict(sorted(by_kind.items())),
        }


class _Kept:
    """The records that have rows, as often as they are asked for. They are counted as read anew."""

    def __init__(self, records: Records, kept: bytearray, guard: Guard) -> None:
        self.records, self.kept, self.guard = records, kept, guard

    def __iter__(self) -> Iterator[Record]:
        for n, record in enumerate(compress(self.records, self.kept)):
            if n % GIVEN_BACK_EVERY == 0:
                give_back()
            self.guard.check()
            self.guard.n_read += 1
            yield record
        give_back()


def write_rows(project: Project, plan: Plan, desk: Desk) -> Written:
    """Inside one transaction that reads."""
    records = Records(project, plan.recipe, plan.ids)
    give_large_back()
    give_back()
    written, kept = _passed(project, plan, records, desk)
    give_back()
    if plan.recipe.gate != "off" and not any(kept):
        written.findings = ()
    elif plan.recipe.gate != "off":
        with _scanning(desk.hold, n_kept=kept.count(1)):
            found = scanned(_Kept(records, kept, desk.hold))
        written.findings, written.figures = found.found, found.figures
    return written


@contextmanager
def _scanning(hold: Guard, *, n_kept: int) -> Iterator[None]:
    """How far the scan is, which walks through the records twice."""
    n_read, n_expected = hold.n_read, hold.n_expected
    hold.phase, hold.n_read, hold.n_expected = Export.Phase.SCANNING, 0, 2 * n_kept
    yield
    hold.n_read, hold.n_expected = n_read, n_expected


def _passed(
    project: Project, plan: Plan, records: Records, desk: Desk
) -> tuple[Written, bytearray]:
    """What was written, and of each record whether it has rows. What was remembered of all rows on
    the way is gone when this is over: the scan needs as much again."""
    recipe = plan.recipe
    tracks = Tracks(making.form(recipe), desk)
    with looking(
        project,
        recipe,
        n_records=plan.n_records,
        until=plan.arrivals,
        held=plan.held,
        check=desk.hold.check,
    ) as looks:
        desk.hold.phase = Export.Phase.WRITING
        passing = Pass(desk.hold, making.maker(recipe), tracks, looks)
        passing.ruler, passing.unsaid = ruler_of(recipe), unsaid(recipe)
        try:
            passing.over(records)
            wholes = tracks.close()
        finally:
            tracks.leave()
        written = Written(wholes, plan.dropped + passing.dropped, looks.told())
    return written, passing.kept
