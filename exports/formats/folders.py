"""Checks a folder of a dataset as its consumer would meet it: every row, and all together."""

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from exports.formats.registry import FORMATS
from exports.formats.validity import Whole, problems

MANIFEST = "manifest.json"
COMPRESSION = {".jsonl": None, ".jsonl.gz": "gzip", ".jsonl.zst": "zstd"}
NOT_ROWS = ("provenance",)
ROWS_AT_ONCE = 1_000


class NotADataset(ValueError):
    """The folder cannot be checked; says why."""


class NotJson(ValueError):
    """Stands for a line that cannot be read, so that those after it still are."""


@dataclass(frozen=True)
class Wrong:
    """`row` counts from 1; 0: the file, or the split, as a whole."""

    file: str
    row: int
    reason: str


@dataclass
class Report:
    format_name: str
    kind: str
    most: int
    files: int = 0
    rows: int = 0
    wrong: list[Wrong] = field(default_factory=list)
    """The first `most` of all."""
    n_wrong: int = 0

    def add(self, file: str, row: int, reason: str) -> None:
        self.n_wrong += 1
        if len(self.wrong) < self.most:
            self.wrong.append(Wrong(file, row, reason))


def check_folder(folder: Path, format_name: str = "", kind: str = "", *, most: int = 20) -> Report:
    """Format and kind as the manifest tells them, where they are not given."""
    told = _manifest(folder)
    recipe = told.get("recipe", {})
    format_name = format_name or recipe.get("format", "trl")
    kind = kind or recipe.get("kind", told.get("kind", ""))
    if format_name not in FORMATS or kind not in FORMATS[format_name].shapes:
        raise NotADataset(f"{format_name} has no rows of the kind {kind or '(not told)'}")
    names = _data_files(folder, told)
    if not names:
        raise NotADataset("no file of rows is there")
    report = Report(format_name, kind, most)
    for file, reason in _broken_sums(folder, told):
        report.add(file, 0, reason)
    wholes: dict[str, Whole] = {}
    for name in names:
        if (folder / name).is_file():
            split = name.split("-")[0].split(".")[0]
            whole = wholes.setdefault(split, Whole(format_name, kind))
            _check_file(folder / name, report, whole)
    for split, whole in wholes.items():
        # Held-out splits may be small and one-sided; nothing is trained on them.
        if split not in ("validation", "test"):
            for reason in whole.problems():
                report.add(split, 0, reason)
    return report


def _check_file(path: Path, report: Report, whole: Whole) -> None:
    report.files += 1
    try:
        for number, row in enumerate(rows_of(path), start=1):
            report.rows += 1
            if isinstance(row, NotJson):
                report.add(path.name, number, f"is not JSON: {row}"[:300])
                continue
            for reason in problems(report.format_name, report.kind, row):
                report.add(path.name, number, reason)
            if isinstance(row, dict):
                whole.see(row)
    except (OSError, pa.ArrowException, EOFError) as error:
        report.add(path.name, 0, f"cannot be read: {error}"[:300])


def rows_of(path: Path) -> Iterator[Any]:
    """A line that is none is `NotJson`."""
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS_AT_ONCE):
                yield from batch.to_pylist()
        return
    with _opened(path) as lines:
        for line in lines:
            yield _row(line)


def _row(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return NotJson(error)


def _opened(path: Path) -> io.BufferedReader:
    for ending, compression in COMPRESSION.items():
        if path.name.endswith(ending):
            stream = pa.input_stream(str(path), compression=compression)
            return io.BufferedReader(stream)
    raise NotADataset(f"{path.name} is of no type that is known here")


def _manifest(folder: Path) -> Mapping[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    try:
        told = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise NotADataset(f"{MANIFEST} is not JSON: {error}") from error
    if not isinstance(told, dict):
        raise NotADataset(f"{MANIFEST} is not an object")
    return told


def _data_files(folder: Path, told: Mapping[str, Any]) -> list[str]:
    """As the manifest names them; without one, every file of rows but those of provenance."""
    names = [entry["name"] for entry in told.get("files", [])]
    names = names or sorted(path.name for path in folder.iterdir() if path.is_file())
    endings = (*COMPRESSION, ".parquet")
    return [name for name in names if name.endswith(endings) and not name.startswith(NOT_ROWS)]


def _broken_sums(folder: Path, told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for entry in told.get("files", []):
        path = folder / entry["name"]
        if not path.is_file():
            yield entry["name"], "is not there"
            continue
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != entry["sha256"]:
                yield entry["name"], "is not the file that the manifest tells of: another SHA-256"
