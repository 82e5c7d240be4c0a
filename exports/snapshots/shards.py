"""The files of a snapshot's rows. What is finished stays finished, whatever dies.

A builder writes in a folder of its own; a file that is whole is moved, under the claim, to the
finished ones of the export, and a note beside it says what it is. An attempt that follows makes
the same rows in the same order and passes over those that lie in finished files. Where they are
not the same any more, it says so instead.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
from msgspec import Struct

from exports.columns import Column
from exports.files.counts import Counts
from exports.files.provenance import columns_of, provenance_of
from exports.files.shards import FileEntry, Shard, open_shard, provenance_name, shard_name
from exports.files.templated import is_looked_at
from exports.formats.tokens import Ruler
from exports.records import Candidate, Record
from exports.snapshots.claims import Guard
from exports.snapshots.folders import remove, sync, write_whole

FINISHED = "finished"
NOTE = ".json"


class Otherwise(Exception):
    """Finished files hold other records than those that come now: rules or marks have changed."""


@dataclass(frozen=True)
class Whole:
    """A finished file of rows and the one of their provenance."""

    split: str
    number: int
    data: FileEntry
    provenance: FileEntry
    counts: Counts
    records: str = ""
    """A sum of which records it holds, in their order."""
    of: int = 0
    """How many there are of the split; 0: not known yet."""

    def renamed(self) -> list[tuple[str, FileEntry]]:
        """Its files' names so far, and their entries under the names of the snapshot."""
        file_type = self.data.name.split(".", 1)[1]
        name = shard_name(self.split, self.number, self.of, file_type)
        return [
            (self.data.name, replace(self.data, name=name)),
            (self.provenance.name, replace(self.provenance, name=provenance_name(name))),
        ]

    def as_bytes(self) -> bytes:
        return orjson.dumps(
            {
                "split": self.split,
                "number": self.number,
                "data": self.data.as_dict(),
                "provenance": self.provenance.as_dict(),
                "counts": self.counts.as_dict(),
                "records": self.records,
            }
        )

    @classmethod
    def from_bytes(cls, text: bytes) -> "Whole":
        told = orjson.loads(text)
        return cls(
            told["split"],
            told["number"],
            FileEntry(**told["data"]),
            FileEntry(**told["provenance"]),
            Counts.from_dict(told["counts"]),
            told["records"],
        )


@dataclass(frozen=True)
class Form:
    """What all files of a snapshot have in common."""

    file_type: str
    rows_per_file: int
    columns: Sequence[Column]
    record: type[Any]
    unit: str = "characters"
    answers_in: Callable[[Any], Sequence[Sequence[Candidate]]] | None = None
    """Of each row of a record the answers in it; None where a row holds all that its record has."""


class Desk:
    """The finished files of an export, and where one attempt writes the next."""

    def __init__(self, draft: Path, hold: Guard, claim: object = "alone") -> None:
        self.hold = hold
        self.finished = draft / FINISHED
        self.work = draft / f"work-{claim}"

    def clear(self) -> None:
        """What dead attempts left unfinished goes; of an attempt that still lives too, which
        thereby cannot finish."""
        self.finished.mkdir(parents=True, exist_ok=True)
        for left in self.finished.parent.glob("work-*"):
            remove(left)
        self.work.mkdir()

    def start_over(self) -> None:
        """Without what was finished."""
        remove(self.finished)
        self.clear()

    def wholes(self) -> list[Whole]:
        notes = sorted(self.finished.glob(f"*{NOTE}"))
        found = [Whole.from_bytes(note.read_bytes()) for note in notes]
        return sorted(found, key=lambda whole: (whole.split, whole.number))

    def keep(self, whole: Whole) -> None:
        def move() -> None:
            for entry in (whole.data, whole.provenance):
                (self.work / entry.name).replace(self.finished / entry.name)
            sync(self.finished)
            write_whole(self.finished / f"{whole.data.name}{NOTE}", whole.as_bytes())

        # A builder that finishes files may be interrupted as often as it likes.
        self.hold.guarded(move, attempts=1)


class Made(Struct, gc=False):
    """The rows of one record; `changed` says what was taken away from its texts."""

    record: Record
    rows: Sequence[dict[str, Any]]
    changed: tuple[str, ...]
    split: str


class Track:
    """The files of one split, one after another."""

    def __init__(self, split: str, form: Form, desk: Desk, finished: Sequence[Whole]) -> None:
        self.split, self.form, self.desk = split, form, desk
        self.wholes = list(finished)
        self.to_pass = [whole for whole in finished if whole.data.rows]
        self.place = sum(whole.data.rows or 0 for whole in finished)
        """In the split, of the row that is written next."""
        self.data: Shard | None = None
        self.provenance: Shard | None = None
        self._begin()

    def _begin(self) -> None:
        """The next file, whether it is to be written or passed over."""
        self.n_rows = 0
        """With those that are about to be written."""
        self.records = hashlib.sha256()
        self.group = ""

    def take(self, made: Sequence[Made], ruler: Ruler | None = None) -> None:
        """The rows of one record stay together, as do records of one group."""
        n_coming = sum(len(each.rows) for each in made)
        most = self.form.rows_per_file
        if not self.to_pass and (not most or self.n_rows + n_coming <= most):
            self.n_rows += n_coming
            self.group = _group_of(made[-1])
            self._write(made, ruler)
            return
        waiting: list[Made] = []
        for each in made:
            if self.to_pass:
                self._pass_over(each)
                continue
            group = _group_of(each)
            is_going_on = bool(group) and group == self.group
            if 0 < most <= self.n_rows and not is_going_on:
                self._write(waiting, ruler)
                waiting.clear()
                self.close()
            self.group = group
            waiting.append(each)
            self.n_rows += len(each.rows)
        self._write(waiting, ruler)

    def _pass_over(self, made: Made) -> None:
        self.n_rows += len(made.rows)
        self._note(made)
        n_rows = self.to_pass[0].data.rows or 0
        if self.n_rows < n_rows:
            return
        if self.n_rows > n_rows or self.records.hexdigest() != self.to_pass[0].records:
            raise Otherwise
        self.to_pass.pop(0)
        self._begin()

    def _note(self, made: Made) -> None:
        self.records.update(f"{made.record.id} {len(made.rows)}\n".encode())

    def close(self) -> None:
        """Finish the file that is being written, if one is."""
        if self.to_pass:
            raise Otherwise
        if self.data is None or self.provenance is None:
            return
        whole = Whole(
            self.split,
            len(self.wholes),
            self.data.close(),
            self.provenance.close(),
            self.counts,
            self.records.hexdigest(),
        )
        self.desk.keep(whole)
        self.wholes.append(whole)
        self.data = self.provenance = None
        self._begin()

    def leave(self) -> None:
        """Let go of what is being written."""
        for shard in (self.data, self.provenance):
            if shard is not None:
                shard.leave()

    def open_empty(self) -> None:
        """A file without rows, where no file is."""
        if not self.wholes:
            self._opened()

    def _write(self, made: Sequence[Made], ruler: Ruler | None) -> None:
        if not made:
            return
        data, provenance = self._opened()
        data.write([row for each in made for row in each.rows])
        origins = [(provenance_of(each.record, each.changed), len(each.rows)) for each in made]
        provenance.write([origin for origin, n_rows in origins for _ in range(n_rows)])
        for each in made:
            self._note(each)
            answers = self.form.answers_in(each.record) if self.form.answers_in else None
            for place, row in enumerate(each.rows):
                length = self._measured(each.record, row, ruler) if ruler else None
                in_row = answers[place] if answers else None
                self.counts.take(each.record, self.split, each.changed, length, in_row)
                self.place += 1

    def _measured(self, record: Record, row: dict[str, Any], ruler: Ruler) -> int:
        measured, templated = ruler.measured(row), self.counts.templated
        templated.rows_bare += measured.is_bare
        if ruler.has_template and is_looked_at(self.place):
            templated.note(record.id, ruler.problems(row))
        return measured.n_tokens

    def _opened(self) -> tuple[Shard, Shard]:
        if self.data is None or self.provenance is None:
            name = f"{self.split}-{len(self.wholes):05}.{self.form.file_type}"
            form, folder = self.form, self.desk.work
            self.data = open_shard(folder / name, form.file_type, form.columns)
            origin = folder / provenance_name(name)
            self.provenance = open_shard(origin, form.file_type, columns_of(form.record))
            self.counts = Counts()
            self.counts.lengths.unit = form.unit
        return self.data, self.provenance


def _group_of(made: Made) -> str:
    return getattr(made.record, "group", "")


class Tracks:
    """A track a split, each begun with its first row."""

    def __init__(self, form: Form, desk: Desk) -> None:
        self.form, self.desk = form, desk
        self.finished = desk.wholes()
        self.by_split: dict[str, Track] = {}

    def of(self, split: str) -> Track:
        track = self.by_split.get(split)
        if track is None:
            finished = [whole for whole in self.finished if whole.split == split]
            track = self.by_split[split] = Track(split, self.form, self.desk, finished)
        return track

    def close(self) -> list[Whole]:
        """All files, under the names that they have in the snapshot."""
        for whole in self.finished:
            self.of(whole.split)
        for track in self.by_split.values():
            track.close()
        if not any(track.wholes for track in self.by_split.values()):
            self.of("train").open_empty()
            self.of("train").close()
        return [
            replace(whole, of=len(track.wholes))
            for _, track in sorted(self.by_split.items())
            for whole in track.wholes
        ]

    def leave(self) -> None:
        for track in self.by_split.values():
            track.leave()
