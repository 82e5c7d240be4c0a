"""One pass over the records of a snapshot: each is made into rows, or counted with the reason why
it has none."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from exports.formats import Dropped
from exports.formats.tokens import Ruler
from exports.hygiene.verdicts import Verdict
from exports.records import Record
from exports.snapshots.claims import Guard
from exports.snapshots.shards import Made, Tracks

TOGETHER = 32
"""Records that take each step side by side. Where every record takes all steps alone, none of them
stays in the processor's caches until the next record comes to it: a quarter more time."""
Row = dict[str, Any]
Maker = Callable[[Any], Sequence[Row]]


class Looks(Protocol):
    """Everything that is decided on the texts of records, in order."""

    def look(self, record: Record) -> Verdict: ...


@dataclass
class Pass:
    hold: Guard
    make: Maker
    """Never no rows: what has none raises `Dropped`."""
    tracks: Tracks
    looks: Looks
    ruler: Ruler | None = None
    unsaid: Callable[[Any], Mapping[str, int]] | None = None
    """Of a record that has rows, what of it has none, by reason."""
    dropped: Counter[str] = field(default_factory=Counter)
    kept: bytearray = field(default_factory=bytearray)
    """Of each record, whether it has rows."""
    judgement: str = ""

    def over(self, records: Iterable[Record]) -> None:
        to_come = iter(records)
        while some := list(islice(to_come, TOGETHER)):
            self.hold.check()
            self._count(some)
            # Made before they are looked at: what has no row in this format is no earlier twin of
            # a row.
            made = [self._rows(record) for record in some]
            looked = [
                self._looked(record, rows) if rows else None
                for record, rows in zip(some, made, strict=True)
            ]
            self.kept.extend(each is not None for each in looked)
            by_split: dict[str, list[Made]] = defaultdict(list)
            for each in looked:
                if each is not None:
                    by_split[each.split].append(each)
            for split, of_split in by_split.items():
                self.tracks.of(split).take(of_split, self.ruler)

    def _count(self, records: Sequence[Record]) -> None:
        """Judgements, of which one may be several records: ranking-5-1, ranking-5-2."""
        for record in records:
            judgement = record.id
            if judgement.count("-") > 1:
                judgement = "-".join(judgement.split("-", 2)[:2])
            if judgement != self.judgement:
                self.judgement = judgement
                self.hold.n_read += 1

    def _rows(self, record: Record) -> Sequence[Row]:
        """None of a record that is dropped."""
        try:
            return self.make(record)
        except Dropped as dropped:
            self.dropped[dropped.reason] += 1
            return ()

    def _looked(self, record: Record, rows: Sequence[Row]) -> Made | None:
        verdict = self.looks.look(record)
        if verdict.reason:
            self.dropped[verdict.reason] += 1
            return None
        if verdict.changed:
            rows = self._rows(verdict.record)
            if not rows:
                return None
        if self.unsaid is not None:
            self.dropped.update(self.unsaid(verdict.record))
        return Made(verdict.record, rows, verdict.changed, verdict.split)
