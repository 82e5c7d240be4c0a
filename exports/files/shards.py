"""Files of rows. The same rows give the same bytes, however they arrive; a file is whole when its
entry is there.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from exports.columns import Column
from exports.files.arrow import flattened, schema_of
from exports.files.behind import Behind
from exports.files.lines import as_line
from exports.files.sinks import STREAMS, Sink, buffered

AT_ONCE = 1 << 20
"""Bytes handed on together. Each time half a millisecond goes by until both threads have had their
turns."""
ROWS_AT_ONCE = 200
ROWS_IN_A_GROUP = 2_000
BYTES_IN_A_GROUP = 8 << 20
PARQUET_ZSTD_LEVEL = 3
PROVENANCE = "provenance-"


class Undescribed(ValueError):
    """A row has a column of which nobody was told: it would be lost in some file types."""


@dataclass(frozen=True)
class FileEntry:
    name: str
    bytes: int
    sha256: str
    rows: int | None = None
    """None: of a file that does not hold rows."""

    def as_dict(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}


class Rows(Protocol):
    def write(self, rows: Sequence[dict[str, Any]]) -> None: ...

    def end(self) -> None: ...


class Shard:
    """Rows on their way into one file. Left before `close`, the file is not whole."""

    def __init__(self, path: Path, file_type: str, columns: Sequence[Column]) -> None:
        self.path = path
        self.rows = 0
        self.names = {each.name for each in columns}
        self.known: set[tuple[str, ...]] = set()
        self.sink = Sink(path)
        self.behind = Behind()
        self.into: Rows = (
            Parquet(self.sink, self.behind, columns)
            if file_type == "parquet"
            else Lines(self.sink, self.behind, file_type)
        )

    def write(self, rows: Sequence[dict[str, Any]]) -> None:
        if not self.known.issuperset(map(tuple, rows)):
            self._know(rows)
        self.into.write(rows)
        self.rows += len(rows)

    def close(self) -> FileEntry:
        """Put it safely on the disk and say what it is."""
        self.into.end()
        self.behind.leave()
        size, sha256 = self.sink.finish()
        return FileEntry(self.path.name, size, sha256, self.rows)

    def leave(self) -> None:
        """Let go of it; it stays as it is, if it is whole."""
        self.behind.leave()
        self.sink.close()

    def _know(self, rows: Sequence[dict[str, Any]]) -> None:
        """Rows have their columns in few orders: each is asked about once."""
        for place, row in enumerate(rows, start=self.rows + 1):
            if unknown := row.keys() - self.names:
                names = ", ".join(sorted(unknown))
                raise Undescribed(f"{self.path.name}, row {place}: no column {names}")
            self.known.add(tuple(row))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.behind.leave()
        self.sink.give_up()


def open_shard(path: Path, file_type: str, columns: Sequence[Column]) -> Shard:
    return Shard(path, file_type, columns)


def write_file(path: Path, content: bytes) -> FileEntry:
    """A file that does not hold rows: a card, a manifest."""
    sink = Sink(path)
    try:
        sink.write(content)
        return FileEntry(path.name, *sink.finish())
    finally:
        sink.give_up()


def shard_name(split: str, number: int, of: int, file_type: str) -> str:
    """The `number`th of `of` files, counted from 0: train-00000-of-00004.jsonl."""
    return f"{split}-{number:05}-of-{of:05}.{file_type}"


def provenance_name(shard: str) -> str:
    return f"{PROVENANCE}{shard}"


def n_shards(rows: int, rows_per_file: int) -> int:
    """How many files `rows` fill: never none, so that an empty split still is a file."""
    return max(1, -(-rows // rows_per_file)) if rows_per_file else 1


class Lines:
    """One piece of lines is filled while the other is written. Kept line by line, none of them
    would stay in the processor's caches until it is written."""

    def __init__(self, sink: Sink, behind: Behind, file_type: str) -> None:
        self.stream = STREAMS[file_type](sink)
        self.behind = behind
        self.piece, self.other = bytearray(AT_ONCE), bytearray(AT_ONCE)
        self.n_bytes = 0

    def write(self, rows: Sequence[dict[str, Any]]) -> None:
        for line in map(as_line, rows):
            end = self.n_bytes + len(line)
            if end > AT_ONCE:
                self._hand_on()
                end = len(line)
                if end > AT_ONCE:
                    self.behind.do(partial(self.stream.write, line))
                    continue
            self.piece[self.n_bytes : end] = line
            self.n_bytes = end

    def end(self) -> None:
        self._hand_on()
        self.behind.settle()
        self.stream.end()

    def _hand_on(self) -> None:
        # Waits until the other one is written.
        self.behind.do(partial(self.stream.write, memoryview(self.piece)[: self.n_bytes]))
        self.piece, self.other = self.other, self.piece
        self.n_bytes = 0


class Parquet:
    """Row groups end by what is in them alone, never by how it came."""

    def __init__(self, sink: Sink, behind: Behind, columns: Sequence[Column]) -> None:
        self.behind = behind
        self.stream = buffered(sink)
        self.schema = schema_of(columns)
        self.flattened = flattened(columns)
        self.writer = pq.ParquetWriter(
            self.stream,
            self.schema,
            compression="zstd",
            compression_level=PARQUET_ZSTD_LEVEL,
            use_dictionary=False,
            # The least and the greatest of the texts of every group, which nobody looks for, would
            # wait in memory for the end of the file.
            write_statistics=False,
        )
        self.waiting: list[dict[str, Any]] = []
        self.batches: list[pa.RecordBatch] = []
        self.n_rows = self.n_bytes = 0

    def write(self, rows: Sequence[dict[str, Any]]) -> None:
        for row in rows:
            self.waiting.append(row if self.flattened is None else self.flattened(row))
            if len(self.waiting) >= ROWS_AT_ONCE:
                self._gather()

    def end(self) -> None:
        self._gather()
        self._end_group()
        self.behind.settle()
        self.writer.close()
        self.stream.flush()

    def _gather(self) -> None:
        batch = pa.RecordBatch.from_pylist(self.waiting, schema=self.schema)
        self.waiting.clear()
        self.batches.append(batch)
        self.n_rows += batch.num_rows
        self.n_bytes += batch.nbytes
        if self.n_rows >= ROWS_IN_A_GROUP or self.n_bytes >= BYTES_IN_A_GROUP:
            self._end_group()

    def _end_group(self) -> None:
        if self.n_rows:
            table = pa.Table.from_batches(self.batches, self.schema)
            self.behind.do(partial(self.writer.write_table, table, row_group_size=self.n_rows))
        self.batches.clear()
        self.n_rows = self.n_bytes = 0
