"""Every kind in every format and type of file, as the `datasets` library opens it."""

import json
from pathlib import Path
from typing import Any

import pytest

from exports.files.arrow import schema_of
from exports.formats import FORMATS
from tests.exports.consumers import data
from tests.exports.consumers.elsewhere import needs_trainers, run

CELLS = [
    (name, kind, file_type)
    for name, each in FORMATS.items()
    for kind in each.shapes
    for file_type in each.file_types
]
ZSTD = "jsonl.zst"
"""`datasets` reads it with a package that only the trainers' environment has."""
pytestmark = pytest.mark.usefixtures("offline")


def columns(name: str, kind: str) -> list[str]:
    return [column.name for column in FORMATS[name].columns(kind)]


def timeless(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A time that was written as text is told as a time where JSON has no types."""
    return [{key: row[key] for key in row if key != "created_at"} for row in rows]


@pytest.mark.parametrize(("name", "kind", "file_type"), [cell for cell in CELLS if cell[2] != ZSTD])
def test_the_file_opens_with_the_rows_and_columns_that_were_written(
    name: str, kind: str, file_type: str, tmp_path: Path
) -> None:
    from datasets import load_dataset

    rows = data.write(tmp_path / "data", name, kind, file_type)
    loaded: Any = load_dataset(
        "parquet" if file_type == "parquet" else "json",
        data_files=str(tmp_path / "data" / f"train-00000-of-00001.{file_type}"),
        split="train",
        cache_dir=str(tmp_path / "cache"),
    )
    assert loaded.column_names == columns(name, kind)
    if file_type == "parquet":
        written = schema_of(FORMATS[name].columns(kind))
        assert loaded.features.arrow_schema.remove_metadata() == written.remove_metadata()
    assert timeless(loaded.to_list()) == timeless(rows)


@needs_trainers
def test_zstd_opens_with_the_rows_and_columns_that_were_written(tmp_path: Path) -> None:
    cells = [(name, kind) for name, kind, file_type in CELLS if file_type == ZSTD]
    folders = {tmp_path / f"{name}.{kind}": (name, kind) for name, kind in cells}
    written = {folder: data.write(folder, *cell, ZSTD) for folder, cell in folders.items()}
    printed = run("open_datasets.py", *map(str, folders), home=tmp_path)
    told = [json.loads(line) for line in printed.splitlines() if line.startswith('{"columns"')]
    assert len(told) == len(cells) > 0
    for each, (folder, cell) in zip(told, folders.items(), strict=True):
        assert each["columns"] == columns(*cell)
        assert timeless(each["rows"]) == timeless(written[folder])
