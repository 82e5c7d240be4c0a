"""What differs between two snapshots: rows that came, that went, that were judged otherwise or say
something else. Of folders alone, in memory that does not grow with the snapshots: what stands for
each row is spread over files by its key, and each pair of files is compared by itself.
"""

import hashlib
import heapq
import struct
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from exports.snapshots.stored import Stored, manifest_in, stored

ADDED, REMOVED, LABEL, TEXT, MOVED = "added", "removed", "label", "text", "moved"
CHANGES = (ADDED, REMOVED, LABEL, TEXT, MOVED)
"""Judged otherwise and saying something else, a row counts as both; `moved`: to another split."""
LABELS = frozenset(
    {
        "all_bad",
        "confirmed",
        "degree",
        "flags",
        "is_desirable",
        "margin",
        "ratings",
        "reasons",
        "strength",
        "tiers",
        "winner",
    }
)
WRITTEN_AS_JSON = frozenset({"ratings", "tiers"})
"""In Parquet these are texts."""
NOT_TEXT = frozenset(
    {
        "annotator",
        "created_at",
        "external_id",
        "from",
        "group",
        "id",
        "language",
        "model",
        "model_a",
        "model_b",
        "origin",
        "role",
        "source",
        "winner",
    }
)
ENTRY = struct.Struct("<16s8s8s8sQ")
ROWS_IN_A_PART = 50_000
MOST_PARTS = 512
BUFFERED = 1 << 16
N_SAMPLES = 5

Row = dict[str, Any]
Known = tuple[bytes, bytes, bytes, int]
"""Digests of text and label, the split's, the place in it."""


@dataclass(frozen=True)
class Sample:
    """A row that changed; without `before` it came, without `after` it went."""

    id: str
    split: str
    before: Row | None = None
    after: Row | None = None

    def as_dict(self) -> dict[str, Any]:
        return {"id": self.id, "split": self.split, "before": self.before, "after": self.after}


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
                name: [each.as_dict() for each in found] for name, found in self.samples.items()
            },
        }


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
        old, new = before or (b"", b"", b"", -1), after or (b"", b"", b"", -1)
        # The heap's root is the last of the firsts.
        heapq.heappush(self.found[change], (-here[3], old[2], old[3], new[2], new[3]))
        if len(self.found[change]) > self.n_samples:
            heapq.heappop(self.found[change])


def difference(before: Path, after: Path, *, n_samples: int = N_SAMPLES) -> Difference:
    """Of two folders of snapshots."""
    manifests = manifest_in(before), manifest_in(after)
    most = max(int(each["counts"]["rows"]) for each in manifests)
    n_parts = min(MOST_PARTS, 1 + most // ROWS_IN_A_PART)
    found, firsts = Difference(), _Firsts(n_samples)
    with tempfile.TemporaryDirectory(prefix="touchstone-diff-") as name:
        old, new = Path(name) / "old", Path(name) / "new"
        found.n_before = _spread(stored(before, manifests[0]), old, n_parts)
        found.n_after = _spread(stored(after, manifests[1]), new, n_parts)
        for part in range(n_parts):
            _compare(old / str(part), new / str(part), found, firsts)
    _fetch_samples(before, after, found, firsts)
    return found


def label_of(origin: Mapping[str, Any]) -> bytes:
    told = {name: origin[name] for name in LABELS & origin.keys() if origin[name] is not None}
    for name in WRITTEN_AS_JSON & told.keys():
        if isinstance(told[name], str):
            told[name] = orjson.loads(told[name])
    return _digest(orjson.dumps(told, option=orjson.OPT_SORT_KEYS))


def text_of(row: Row) -> bytes:
    """Of all texts in it, wherever they stand: with its answers changed round it says the same."""
    return _digest(orjson.dumps(sorted(_texts(row))))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, held in value.items():
            if name not in NOT_TEXT:
                yield from _texts(held)
    elif isinstance(value, list):
        for held in value:
            yield from _texts(held)


def _digest(data: bytes, size: int = 8) -> bytes:
    return hashlib.blake2b(data, digest_size=size).digest()


def _spread(rows: Iterator[Stored], folder: Path, n_parts: int) -> int:
    """One entry a row into one of the files, by its key; how many rows there are."""
    folder.mkdir()
    waiting = [bytearray() for _ in range(n_parts)]
    for part in range(n_parts):
        (folder / str(part)).touch()
    n_rows = number = 0
    last = ""
    for each in rows:
        said = str(each.origin["id"])
        # Several rows of one judgement stand together, in a settled order.
        number = number + 1 if said == last else 0
        last = said
        key = _digest(f"{said}/{number}".encode(), 16)
        entry = (key, text_of(each.row), label_of(each.origin), _split(each.split), each.place)
        part = int.from_bytes(key[:4], "little") % n_parts
        waiting[part] += ENTRY.pack(*entry)
        if len(waiting[part]) >= BUFFERED:
            _flush(folder / str(part), waiting[part])
        n_rows += 1
    for part, left in enumerate(waiting):
        _flush(folder / str(part), left)
    return n_rows


def _flush(path: Path, waiting: bytearray) -> None:
    with path.open("ab") as file:
        file.write(waiting)
    waiting.clear()


def _entries(path: Path) -> Iterator[tuple[bytes, Known]]:
    for key, *known in ENTRY.iter_unpack(path.read_bytes()):
        text, label, split, place = known
        yield key, (text, label, split, place)


def _compare(old: Path, new: Path, found: Difference, firsts: _Firsts) -> None:
    gone = dict(_entries(old))
    for key, after in _entries(new):
        before = gone.pop(key, None)
        changes = [ADDED] if before is None else _changes(before, after)
        found.n_same += not changes
        for change in changes:
            found.counts[change] += 1
            firsts.take(change, before, after)
    found.counts[REMOVED] += len(gone)
    for before in gone.values():
        firsts.take(REMOVED, before, None)


def _changes(before: Known, after: Known) -> list[str]:
    differing = zip((TEXT, LABEL, MOVED), before[:3], after[:3], strict=True)
    return [change for change, old, new in differing if old != new]


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
                sample = Sample(
                    id=str(here.origin["id"]),
                    split=here.split,
                    before=was.row if was else None,
                    after=now.row if now else None,
                )
                found.samples[change].append(sample)


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
