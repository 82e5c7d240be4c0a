"""What differs between two snapshots: rows that came, that went, that were judged otherwise or say
something else. Of folders alone, in memory that does not grow with the snapshots: what stands for
each row is spread over files by its key, and each pair of files is compared by itself.

Rows of the same id are one judgement. A correction has an id of its own: of what is left, a row
that went and one that came are one judgement where the same labeler judged the same thing.
"""

import heapq
import struct
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from exports.formats.shape import Shape
from exports.snapshots.digests import (
    NO_SUBJECT,
    Row,
    digest,
    label_in,
    label_of,
    shape_in,
    subject_of,
    text_of,
)
from exports.snapshots.stored import Stored, manifest_in, stored

ADDED, REMOVED, LABEL, TEXT, MOVED = "added", "removed", "label", "text", "moved"
CHANGES = (ADDED, REMOVED, LABEL, TEXT, MOVED)
"""Judged otherwise and saying something else, a row counts as both; `moved`: to another split."""
ENTRY = struct.Struct("<16s16s8s8s8s8sQ")
ROWS_IN_A_PART = 50_000
MOST_PARTS = 512
BUFFERED = 1 << 16
N_SAMPLES = 5
PARTS = ("was", "now", "went", "came")


class Known(NamedTuple):
    """Digests of what stands for a row, its split's name and its place there."""

    subject: bytes
    order: bytes
    text: bytes
    label: bytes
    split: bytes
    place: int


Entries = Iterator[tuple[bytes, Known]]


@dataclass(frozen=True)
class Sample:
    """A row that changed; without `before` it came, without `after` it went. `corrects` is the id
    it had before, where a correction gave it another."""

    id: str
    split: str
    corrects: str = ""
    before: Row | None = None
    after: Row | None = None
    label_before: Row | None = None
    label_after: Row | None = None


@dataclass
class Difference:
    n_before: int = 0
    n_after: int = 0
    n_same: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHANGES, 0))
    samples: dict[str, list[Sample]] = field(default_factory=lambda: {name: [] for name in CHANGES})

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows_before": self.n_before,
            "rows_after": self.n_after,
            "same": self.n_same,
            **self.counts,
            "samples": {
                name: [asdict(each) for each in found] for name, found in self.samples.items()
            },
        }


class _Parts:
    """Entries spread over files by their key."""

    def __init__(self, folder: Path, n_parts: int) -> None:
        folder.mkdir()
        self.paths = [folder / str(part) for part in range(n_parts)]
        self.waiting = [bytearray() for _ in range(n_parts)]

    def put(self, key: bytes, known: Known) -> None:
        part = int.from_bytes(key[:4], "little") % len(self.paths)
        self.waiting[part] += ENTRY.pack(key, *known)
        if len(self.waiting[part]) >= BUFFERED:
            self._flush(part)

    def each(self) -> Iterator[Entries]:
        for part, path in enumerate(self.paths):
            self._flush(part)
            yield _entries(path)

    def _flush(self, part: int) -> None:
        with self.paths[part].open("ab") as file:
            file.write(self.waiting[part])
        self.waiting[part].clear()


def _entries(path: Path) -> Entries:
    for key, *known in ENTRY.iter_unpack(path.read_bytes()):
        yield key, Known(*known)


class _Firsts:
    """Where the first few rows of each change stand."""

    def __init__(self, n_samples: int) -> None:
        self.n_samples = n_samples
        self.found: dict[str, list[tuple[int, bytes, int, bytes, int]]] = {
            name: [] for name in CHANGES
        }

    def take(self, change: str, before: Known | None, after: Known | None) -> None:
        here = after or before
        assert here is not None  # noqa: S101 - for the type checker
        was, now = ((each.split, each.place) if each else (b"", -1) for each in (before, after))
        # The heap's root is the last of the firsts.
        heapq.heappush(self.found[change], (-here.place, *was, *now))
        if len(self.found[change]) > self.n_samples:
            heapq.heappop(self.found[change])


def difference(before: Path, after: Path, *, n_samples: int = N_SAMPLES) -> Difference:
    """Of two folders of snapshots."""
    manifests = manifest_in(before), manifest_in(after)
    most = max(int(each["counts"]["rows"]) for each in manifests)
    n_parts = min(MOST_PARTS, 1 + most // ROWS_IN_A_PART)
    found, firsts = Difference(), _Firsts(n_samples)
    with tempfile.TemporaryDirectory(prefix="touchstone-diff-") as name:
        was, now, went, came = (_Parts(Path(name) / part, n_parts) for part in PARTS)
        found.n_before = _spread(stored(before, manifests[0]), shape_in(manifests[0]), was)
        found.n_after = _spread(stored(after, manifests[1]), shape_in(manifests[1]), now)
        for old, new in zip(was.each(), now.each(), strict=True):
            _compare(old, new, found, firsts, went, came)
        for old, new in zip(went.each(), came.each(), strict=True):
            _compare_left(old, new, found, firsts)
    _fetch_samples(before, after, found, firsts)
    return found


def _spread(rows: Iterator[Stored], shape: Shape, parts: _Parts) -> int:
    """One entry a row, by its id; how many rows there are."""
    n_rows = number = 0
    last = ""
    for each in rows:
        said = str(each.origin["id"])
        # Several rows of one judgement stand together, in a settled order.
        number = number + 1 if said == last else 0
        last = said
        known = Known(
            *subject_of(each.row, each.origin, shape),
            text_of(each.row),
            label_of(each.origin),
            _split(each.split),
            each.place,
        )
        parts.put(digest(f"{said}/{number}".encode(), 16), known)
        n_rows += 1
    return n_rows


def _compare(
    old: Entries, new: Entries, found: Difference, firsts: _Firsts, went: _Parts, came: _Parts
) -> None:
    """Rows of the same id; the others are laid aside by their subject."""
    gone = dict(old)
    for key, after in new:
        before = gone.pop(key, None)
        if before is not None or after.subject == NO_SUBJECT:
            _tell(before, after, found, firsts)
        else:
            came.put(after.subject, _aside(after))
    for before in gone.values():
        if before.subject == NO_SUBJECT:
            _tell(before, None, found, firsts)
        else:
            went.put(before.subject, _aside(before))


def _aside(known: Known) -> Known:
    return known._replace(label=digest(known.label + known.order))


def _compare_left(old: Entries, new: Entries, found: Difference, firsts: _Firsts) -> None:
    """Rows of the same subject, the first with the first."""
    gone: dict[bytes, list[Known]] = defaultdict(list)
    for subject, before in sorted(old, key=_place, reverse=True):
        gone[subject].append(before)
    for subject, after in sorted(new, key=_place):
        _tell(gone[subject].pop() if gone[subject] else None, after, found, firsts)
    for left in gone.values():
        for before in left:
            _tell(before, None, found, firsts)


def _place(entry: tuple[bytes, Known]) -> tuple[bytes, int]:
    return entry[1].split, entry[1].place


def _tell(before: Known | None, after: Known | None, found: Difference, firsts: _Firsts) -> None:
    changes = _changes(before, after)
    found.n_same += not changes
    for change in changes:
        found.counts[change] += 1
        firsts.take(change, before, after)


def _changes(before: Known | None, after: Known | None) -> list[str]:
    if before is None or after is None:
        return [REMOVED if after is None else ADDED]
    names = ((TEXT, "text"), (LABEL, "label"), (MOVED, "split"))
    return [change for change, name in names if getattr(before, name) != getattr(after, name)]


def _split(name: str) -> bytes:
    return name.encode()[:8].ljust(8, b"\0")


def _fetch_samples(before: Path, after: Path, found: Difference, firsts: _Firsts) -> None:
    places = [each for change in CHANGES for each in firsts.found[change]]
    old = _rows_at(before, {(split, place) for _, split, place, _, _ in places if place >= 0})
    new = _rows_at(after, {(split, place) for _, _, _, split, place in places if place >= 0})
    for change in CHANGES:
        for _, was_in, was_at, is_in, is_at in sorted(firsts.found[change], reverse=True):
            was, now = old.get((was_in, was_at)), new.get((is_in, is_at))
            here = now or was
            if here is not None:
                found.samples[change].append(_sample(here, was, now))


def _sample(here: Stored, was: Stored | None, now: Stored | None) -> Sample:
    is_correction = was and now and was.origin["id"] != now.origin["id"]
    return Sample(
        id=str(here.origin["id"]),
        split=here.split,
        corrects=str(was.origin["id"]) if was and is_correction else "",
        before=was.row if was else None,
        after=now.row if now else None,
        label_before=label_in(was.origin) if was else None,
        label_after=label_in(now.origin) if now else None,
    )


def _rows_at(folder: Path, wanted: set[tuple[bytes, int]]) -> dict[tuple[bytes, int], Stored]:
    """These rows. The samples are the first of their kind, so that few others are read."""
    found: dict[tuple[bytes, int], Stored] = {}
    if not wanted:
        return found
    for each in stored(folder, manifest_in(folder)):
        where = (_split(each.split), each.place)
        if where in wanted:
            found[where] = each
            if len(found) == len(wanted):
                break
    return found
