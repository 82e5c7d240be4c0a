"""An export's files, written aside, synced to disk and renamed into place."""

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import orjson

from exports.formats import Dropped, Row
from exports.records import Candidate, Demonstration, Preference

DATA = "data.jsonl"
PROVENANCE = "provenance.jsonl"
CARD = "README.md"
MANIFEST = "manifest.json"
A_PERSON = "a person"
IN_THE_ROW = frozenset({"prompt", "answer", "first", "second"})
LINE_BREAKS = (
    ("\u2028".encode(), b"\\u2028"),
    ("\u2029".encode(), b"\\u2029"),
    ("\u0085".encode(), b"\\u0085"),
)

Record = TypeVar("Record", Demonstration, Preference)


@dataclass
class Counts:
    """What went into an export and what did not, counted while it is written."""

    rows: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    guideline_versions: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    annotators: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)


@dataclass
class Progress:
    """Written by the thread that reads the records, read by the one that keeps the lease."""

    n_read: int = 0


class Sink:
    """A file that knows its own size and checksum."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: BinaryIO = path.open("wb")
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        self.file.write(data)
        self.digest.update(data)
        self.size += len(data)

    def close(self) -> dict[str, Any]:
        """Put it safely on the disk and say what it is."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        return {"name": self.path.name, "bytes": self.size, "sha256": self.digest.hexdigest()}


def write_rows(
    folder: Path,
    records: Iterable[Record],
    to_row: Callable[[Record], Row],
    *,
    progress: Progress,
) -> tuple[Counts, list[dict[str, Any]]]:
    """One pass over `records`: the trainer's rows, and line by line beside them their origin."""
    counts = Counts()
    with opened(folder / DATA) as data, opened(folder / PROVENANCE) as provenance:
        for record in records:
            progress.n_read += 1
            try:
                row = to_row(record)
            except Dropped as dropped:
                counts.dropped[dropped.reason] += 1
            else:
                data.write(as_line(row))
                provenance.write(as_line(_provenance(record)))
                _count(counts, record)
        files = [data.close(), provenance.close()]
    return counts, files


def as_line(value: dict[str, Any]) -> bytes:
    """One line of JSON, also for readers who break lines where Unicode does."""
    try:
        line = orjson.dumps(value)
    except orjson.JSONEncodeError:
        # A model's parameters may hold an integer of more than 64 bits.
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    for sign, escaped in LINE_BREAKS:
        line = line.replace(sign, escaped)
    return line + b"\n"


@contextmanager
def opened(path: Path) -> Iterator[Sink]:
    sink = Sink(path)
    try:
        yield sink
    finally:
        sink.file.close()


def write_file(folder: Path, name: str, content: bytes) -> dict[str, Any]:
    with opened(folder / name) as sink:
        sink.write(content)
        return sink.close()


def put_in_place(draft: Path, final: Path) -> None:
    """Rename `draft` to `final`; a left-over of an attempt that died before its commit goes."""
    if final.exists():
        shutil.rmtree(final)
    _sync_folder(draft)
    draft.rename(final)
    _sync_folder(final.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _answers(record: Demonstration | Preference) -> list[Candidate]:
    if isinstance(record, Demonstration):
        return [record.answer]
    return [record.first, record.second]


def _provenance(record: Demonstration | Preference) -> dict[str, Any]:
    """Everything about the record but the texts, which are in the row."""
    kept = {key: value for key, value in vars(record).items() if key not in IN_THE_ROW}
    kept["answers"] = [
        {key: value for key, value in vars(answer).items() if key != "text"}
        for answer in _answers(record)
    ]
    return kept


def _count(counts: Counts, record: Demonstration | Preference) -> None:
    counts.rows += 1
    counts.sources["demonstration" if isinstance(record, Demonstration) else record.source] += 1
    counts.annotators[record.annotator or "unknown"] += 1
    if record.guideline_version is not None:
        counts.guideline_versions[str(record.guideline_version)] += 1
    if isinstance(record, Demonstration):
        counts.models.update(set(record.drafts.values()))
    for answer in _answers(record):
        counts.models[answer.model or A_PERSON] += 1
