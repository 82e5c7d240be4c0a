"""Croissant metadata: a file is described as what it is."""

from pathlib import Path

import orjson
import pytest

from exports.files import FileEntry
from exports.files.croissant import croissant
from exports.files.manifest import with_file
from exports.recipe import FILE_TYPES
from tests.exports.files.folders import COLUMNS, preference, write_dataset


@pytest.mark.parametrize("file_type", FILE_TYPES)
def test_every_file_has_its_checksum_and_type(tmp_path: Path, file_type: str) -> None:
    manifest = write_dataset(tmp_path, {"train": [preference(1)]}, file_type=file_type)
    manifest = with_file(manifest, FileEntry("dataset_info.json", 2, "ab" * 32))
    manifest = with_file(manifest, FileEntry("NOTICE", 2, "cd" * 32))
    *files, file_set = orjson.loads(croissant(manifest, COLUMNS))["distribution"]
    rows = {
        "jsonl": "application/jsonlines",
        "jsonl.gz": "application/jsonlines",
        "jsonl.zst": "application/zstd",
        "parquet": "application/x-parquet",
    }[file_type]
    assert {each["name"]: each["encodingFormat"] for each in files} == {
        f"train-00000-of-00001.{file_type}": rows,
        f"provenance-train-00000-of-00001.{file_type}": rows,
        "README.md": "text/markdown",
        "croissant.json": "application/json",
        "dataset_info.json": "application/json",
        "NOTICE": "application/octet-stream",
    }
    told = {each["name"]: each["sha256"] for each in manifest["files"]}
    assert {each["name"]: each["sha256"] for each in files} == told
    assert (file_set["includes"], "containedIn" in file_set) == ([f"train-*.{file_type}"], False)


def test_a_dataset_without_rows_describes_its_files_alone(tmp_path: Path) -> None:
    manifest = write_dataset(tmp_path, {"train": []})
    told = orjson.loads(croissant(manifest, COLUMNS))
    assert told["recordSet"] == []
    assert {each["@type"] for each in told["distribution"]} == {"cr:FileObject"}
