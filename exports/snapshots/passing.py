"""One pass over the records of a snapshot: each is made into rows, or counted with the reason why
it has none."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from exports.formats import Dropped
from exports.records import Record
from exports.snapshots.claims import Guard
from exports.snapshots.shards import Tracks

LOOK_UP_EVERY = 256
Row = dict[str, Any]
Maker = Callable[[Any], Sequence[Row]]


@dataclass(frozen=True)
class Looked:
    """What became of a record: a reason to drop it, or what was changed in it."""

    record: Record
    reason: str = ""
    changed: tuple[str, ...] = ()


class Looks(Protocol):
    """Everything that is decided on the texts of records, in order."""

    def look(self, record: Record) -> Looked: ...

    def split(self, record: Record) -> str: ...


class Unlooked:
    """Where nothing is looked for."""

    def look(self, record: Record) -> Looked:
        return Looked(record)

    def split(self, record: Record) -> str:
        return "train"


@dataclass
class Pass:
    hold: Guard
    make: Maker
    tracks: Tracks
    looks: Looks = field(default_factory=Unlooked)
    n_tokens: Callable[[Row], int] | None = None
    dropped: Counter[str] = field(default_factory=Counter)

    def over(self, records: Iterable[Record]) -> None:
        for record in records:
            self.hold.n_read += 1
            if self.hold.n_read % LOOK_UP_EVERY == 0:
                self.hold.check()
            try:
                self._one(record)
            except Dropped as dropped:
                self.dropped[dropped.reason] += 1

    def _one(self, record: Record) -> None:
        # Made before it is looked at: what has no row in this format is no earlier twin of a row.
        rows = self.make(record)
        looked = self.looks.look(record)
        if looked.reason:
            raise Dropped(looked.reason)
        if looked.changed:
            rows = self.make(looked.record)
        track = self.tracks.of(self.looks.split(record))
        track.take(looked.record, rows, looked.changed, self.n_tokens)
