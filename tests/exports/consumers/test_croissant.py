"""Every kind in every format and file type, read by `mlcroissant` from its Croissant metadata."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from exports.columns import Column, ListOf, Struct
from exports.files import FileEntry, write_file
from exports.files.counts import Counts
from exports.files.croissant import ROWS, croissant
from exports.files.manifest import CROISSANT, manifest_of
from exports.formats import FORMATS
from exports.snapshots.signing import sha256_of
from tests.exports.consumers import data
from tests.exports.files.folders import about

NO_READER = "jsonl.zst"
CELLS = [
    (name, kind, file_type)
    for name, each in FORMATS.items()
    for kind in each.shapes
    for file_type in each.file_types
]


def written(folder: Path, name: str, kind: str, file_type: str) -> list[dict[str, Any]]:
    rows = data.write(folder, name, kind, file_type)
    path = folder / f"train-00000-of-00001.{file_type}"
    entry = FileEntry(path.name, path.stat().st_size, sha256_of(path), len(rows))
    told = about(recipe={"kind": kind, "file_type": file_type}, licence="cc-by-4.0")
    manifest = manifest_of(told, Counts(rows=len(rows)), Counter(), [entry])
    write_file(folder / CROISSANT, croissant(manifest, FORMATS[name].columns(kind)))
    return rows


def opened(folder: Path) -> Any:
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=str(folder / CROISSANT))
    assert dataset.metadata.ctx.issues.report() == ""
    return dataset


def as_read(row: dict[str, Any], columns: Sequence[Column], place: str = ROWS) -> dict[str, Any]:
    """As the reader tells a row: texts as bytes; each struct, however deep, at its own place; no
    lists within lists of structs."""
    own: dict[str, Any] = {}
    told: dict[str, Any] = {}
    for column in columns:
        here, value = f"{place}/{column.name}", row[column.name]
        match column.type:
            case Struct(fields):
                told |= as_read(value, fields, here)
            case ListOf(Struct(fields)):
                names = [each.name for each in fields if isinstance(each.type, str)]
                told[here] = [
                    {f"{here}/{name}": _spelled(each[name]) for name in names} for each in value
                ]
            case _:
                own[here] = _spelled(value)
    return told | (own if place == ROWS else {place: own} if own else {})


def _spelled(value: Any) -> Any:
    if isinstance(value, list):
        return [_spelled(each) for each in value]
    return value.encode() if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("name", "kind", "file_type"), [cell for cell in CELLS if cell[2] != NO_READER]
)
def test_every_value_that_is_read_is_the_files(
    name: str, kind: str, file_type: str, tmp_path: Path
) -> None:
    import pandas

    rows = written(tmp_path, name, kind, file_type)
    for read, row in zip(opened(tmp_path).records(ROWS), rows, strict=True):
        expected = as_read(row, FORMATS[name].columns(kind))
        if "created_at" in row:
            expected["rows/created_at"] = pandas.Timestamp(row["created_at"])
        assert read == {"rows/split": b"train", **expected}


@pytest.mark.parametrize(
    ("name", "kind", "file_type"), [cell for cell in CELLS if cell[2] == NO_READER]
)
def test_no_records_are_promised_of_files_that_cannot_be_read(
    name: str, kind: str, file_type: str, tmp_path: Path
) -> None:
    written(tmp_path, name, kind, file_type)
    dataset = opened(tmp_path)
    assert list(dataset.metadata.record_sets) == []
    told = {each.encoding_formats[0] for each in dataset.metadata.distribution}
    assert told == {"application/zstd"}
