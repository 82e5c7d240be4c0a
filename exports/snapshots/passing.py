"""One pass over the records of a snapshot: each is made into rows, or counted with the reason why
it has none."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from exports.formats import Dropped
from exports.hygiene.verdicts import Verdict
from exports.records import Record
from exports.snapshots.claims import Guard
from exports.snapshots.shards import Tracks

LOOK_UP_EVERY = 256
Row = dict[str, Any]
Maker = Callable[[Any], Sequence[Row]]


class Looks(Protocol):
    """Everything that is decided on the texts of records, in order."""

    def look(self, record: Record) -> Verdict: ...

    def split(self, record: Record) -> str: ...


@dataclass
class Pass:
    hold: Guard
    make: Maker
    tracks: Tracks
    looks: Looks
    n_tokens: Callable[[Row], int] | None = None
    unsaid: Callable[[Any], Mapping[str, int]] | None = None
    """Of a record that has rows, what of it has none, by reason."""
    dropped: Counter[str] = field(default_factory=Counter)
    kept: bytearray = field(default_factory=bytearray)
    """Of each record, whether it has rows."""
    judgement: list[str] = field(default_factory=list)

    def over(self, records: Iterable[Record]) -> None:
        for record in records:
            self._count(record)
            if len(self.kept) % LOOK_UP_EVERY == 0:
                self.hold.check()
            try:
                self._one(record)
            except Dropped as dropped:
                self.dropped[dropped.reason] += 1
                self.kept.append(0)
            else:
                self.kept.append(1)

    def _count(self, record: Record) -> None:
        """Judgements, of which one may be several records: ranking-5-1, ranking-5-2."""
        judgement = record.id.split("-", 2)[:2]
        if judgement != self.judgement:
            self.judgement = judgement
            self.hold.n_read += 1

    def _one(self, record: Record) -> None:
        # Made before it is looked at: what has no row in this format is no earlier twin of a row.
        rows = self.make(record)
        looked = self.looks.look(record)
        if looked.reason:
            raise Dropped(looked.reason)
        if looked.changed:
            rows = self.make(looked.record)
        if self.unsaid is not None:
            self.dropped.update(self.unsaid(looked.record))
        track = self.tracks.of(self.looks.split(record))
        track.take(looked.record, rows, looked.changed, self.n_tokens)
