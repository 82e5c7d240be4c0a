"""Finished snapshots read back, row by row, in bounded memory. No database is asked."""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from exports.files.manifest import MANIFEST, data_files, file_type_of
from exports.files.shards import provenance_name

ROWS_AT_ONCE = 256
PIECE = 1 << 18


class Stored(NamedTuple):
    split: str
    place: int
    """Of the row in its split, from 0."""
    row: dict[str, Any]
    origin: dict[str, Any]


def manifest_in(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = orjson.loads((folder / MANIFEST).read_bytes())
    return manifest


def stored(folder: Path, manifest: dict[str, Any]) -> Iterator[Stored]:
    """Every row with its provenance, split by split."""
    file_type = file_type_of(manifest)
    for split, entries in data_files(manifest).items():
        place = 0
        for entry in entries:
            rows = rows_in(folder / entry["name"], file_type)
            origins = rows_in(folder / provenance_name(entry["name"]), file_type)
            for row, origin in zip(rows, origins, strict=True):
                yield Stored(split, place, row, origin)
                place += 1


def rows_in(path: Path, file_type: str) -> Iterator[dict[str, Any]]:
    if file_type == "parquet":
        for batch in pq.ParquetFile(path).iter_batches(ROWS_AT_ONCE):
            yield from batch.to_pylist()
        return
    for line in _lines(path, file_type):
        yield orjson.loads(line)


def _lines(path: Path, file_type: str) -> Iterator[bytes]:
    with path.open("rb") as file:
        if file_type == "jsonl":
            yield from file
            return
        pieces = gzip.GzipFile(fileobj=file) if file_type == "jsonl.gz" else _unframed(file)
        yield from io.BufferedReader(pieces, PIECE)


def _unframed(file: IO[bytes]) -> Any:
    return pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")
