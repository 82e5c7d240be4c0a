"""Files of rows: the same rows give the same bytes, and the file is what its entry says."""

import gc
import gzip
import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.columns import MESSAGES, TEXTS, Column, ListOf, Struct
from exports.files import FileEntry, n_shards, open_shard, provenance_name, shard_name, write_file
from exports.files.shards import BYTES_IN_A_GROUP, ROWS_IN_A_GROUP, Undescribed
from exports.recipe import FILE_TYPES

COLUMNS = (
    Column("messages", MESSAGES),
    Column("tags", TEXTS),
    Column("score", "float64"),
    Column("number", "int64"),
    Column("is_good", "bool"),
    Column("about", "json"),
    Column("answers", ListOf(Struct((Column("model", "string"), Column("settings", "json"))))),
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(("user", "assistant")), "content": st.text()}
)
JSON = st.none() | st.integers() | st.text() | st.lists(st.booleans(), max_size=2)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "messages": st.lists(MESSAGE, max_size=3),
            "tags": st.none() | st.lists(st.text(), max_size=2),
            "score": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "number": st.integers(-(2**63), 2**63 - 1),
            "is_good": st.none() | st.booleans(),
            "about": JSON,
            "answers": st.lists(
                st.fixed_dictionaries({"model": st.text(), "settings": JSON}), max_size=2
            ),
        }
    ),
    max_size=12,
)
every_type = pytest.mark.parametrize("file_type", FILE_TYPES)


def written(
    folder: Path, rows: list[dict[str, Any]], file_type: str, *, together: int = 1
) -> tuple[bytes, FileEntry]:
    path = folder / f"train.{file_type}"
    with open_shard(path, file_type, COLUMNS) as shard:
        for first in range(0, len(rows), together):
            shard.write(rows[first : first + together])
        entry = shard.close()
    return path.read_bytes(), entry


def read(data: bytes, file_type: str) -> list[Any]:
    if file_type == "parquet":
        rows = pq.read_table(pa.BufferReader(data)).to_pylist()
        return [told(row) for row in rows]
    if file_type == "jsonl.gz":
        data = gzip.decompress(data)
    if file_type == "jsonl.zst":
        data = pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
    return [json.loads(line) for line in data.splitlines()]


def told(row: dict[str, Any]) -> dict[str, Any]:
    """Parquet's texts of JSON are values again."""
    row["about"] = None if row["about"] is None else json.loads(row["about"])
    for answer in row["answers"]:
        if answer["settings"] is not None:
            answer["settings"] = json.loads(answer["settings"])
    return row


@every_type
@settings(deadline=None, max_examples=40)
@given(rows=ROWS, together=st.integers(1, 13))
def test_rows_come_back_and_the_same_rows_give_the_same_bytes(
    file_type: str, rows: list[dict[str, Any]], together: int
) -> None:
    with TemporaryDirectory() as first, TemporaryDirectory() as second:
        data, entry = written(Path(first), rows, file_type)
        again, _ = written(Path(second), rows, file_type, together=together)
    assert data == again
    assert read(data, file_type) == rows
    sha256 = hashlib.sha256(data).hexdigest()
    assert entry == FileEntry(f"train.{file_type}", len(data), sha256, len(rows))


@every_type
def test_row_groups_and_blocks_end_by_what_is_in_them(tmp_path: Path, file_type: str) -> None:
    """More rows than any buffer on the way holds, and one row that is larger than all of them."""
    rows = [row(number, "x" * (number % 97)) for number in range(ROWS_IN_A_GROUP + 250)]
    rows.insert(700, row(-1, "é" * (BYTES_IN_A_GROUP // 2 + 1)))
    data, entry = written(tmp_path, rows, file_type)
    again, _ = written(tmp_path, iter_twice(rows), file_type, together=97)
    assert data == again
    assert entry.rows == len(rows)
    assert read(data, file_type) == rows


def row(number: int, text: str) -> dict[str, Any]:
    return {
        "messages": [{"role": "user", "content": text}],
        "tags": [],
        "score": number / 3,
        "number": number,
        "is_good": True,
        "about": {"n": number},
        "answers": [],
    }


def iter_twice(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Equal rows that are other objects, whose keys have another history."""
    return [json.loads(json.dumps(each)) for each in rows]


def test_parquet_has_one_schema_even_where_every_value_is_missing(tmp_path: Path) -> None:
    empty, _ = written(tmp_path, [], "parquet")
    full, _ = written(tmp_path, [row(1, "text")], "parquet")
    schemas = [pq.read_schema(pa.BufferReader(data)) for data in (empty, full)]
    assert schemas[0] == schemas[1]


def test_what_compresses_says_no_time_and_no_name(tmp_path: Path) -> None:
    data, _ = written(tmp_path, [row(1, "text")], "jsonl.gz")
    assert data[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"


@every_type
def test_a_column_that_nobody_described_is_refused_and_named(
    tmp_path: Path, file_type: str
) -> None:
    rows = [row(1, "text"), row(2, "text") | {"extra": 1}, row(3, "text")]
    for together in (1, 3):
        with pytest.raises(Undescribed, match=r"train\..*, row 2: no column extra"):
            written(tmp_path, rows, file_type, together=together)


@every_type
def test_what_an_earlier_attempt_left_goes(tmp_path: Path, file_type: str) -> None:
    (tmp_path / f"train.{file_type}").write_bytes(b"half a file" * 1000)
    data, entry = written(tmp_path, [row(1, "text")], file_type)
    assert (len(data), read(data, file_type)) == (entry.bytes, [row(1, "text")])


@every_type
def test_a_shard_that_is_left_before_its_end_closes_its_file(
    tmp_path: Path, file_type: str
) -> None:
    path = tmp_path / f"train.{file_type}"
    with open_shard(path, file_type, COLUMNS) as shard:
        shard.write([row(1, "text")])
    assert shard.sink.file.closed
    left = path.read_bytes()
    del shard
    gc.collect()
    assert path.read_bytes() == left


def test_names_say_split_number_and_how_many_there_are() -> None:
    name = shard_name("train", 0, 4, "jsonl.gz")
    assert (name, provenance_name(name)) == (
        "train-00000-of-00004.jsonl.gz",
        "provenance-train-00000-of-00004.jsonl.gz",
    )


@pytest.mark.parametrize(
    ("rows", "rows_per_file", "files"),
    [(0, 0, 1), (7, 0, 1), (0, 3, 1), (3, 3, 1), (4, 3, 2), (6, 3, 2), (7, 3, 3)],
)
def test_an_empty_split_is_one_file(rows: int, rows_per_file: int, files: int) -> None:
    assert n_shards(rows, rows_per_file) == files


def test_other_files_have_an_entry_without_rows(tmp_path: Path) -> None:
    entry = write_file(tmp_path / "README.md", b"# Hello")
    assert entry.as_dict() == {
        "name": "README.md",
        "bytes": 7,
        "sha256": hashlib.sha256(b"# Hello").hexdigest(),
    }


def test_arrow_keeps_no_memory_of_its_own() -> None:
    assert pa.default_memory_pool().backend_name == "system"
