"""The manifest and the address that follows from it."""

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from exports.files import FileEntry, write_file
from exports.files.counts import Counts
from exports.files.manifest import address_of, as_bytes, data_files, manifest_of, with_file
from tests.exports.files.folders import about, preference, write_dataset

FILES = [FileEntry("train-00000-of-00001.jsonl", 10, "ab" * 32, 1)]


def manifest(files: list[FileEntry] = FILES, **fields: Any) -> dict[str, Any]:
    counts = Counts()
    counts.take(preference(1))
    return manifest_of(about(**fields), counts, Counter({"a tie": 2}), files)


def test_the_manifest_says_what_is_in_the_files(tmp_path: Path) -> None:
    splits = {"train": [preference(n) for n in range(5)], "test": [preference(9)]}
    told = write_dataset(tmp_path, splits, rows_per_file=2)
    assert (told["counts"]["rows"], told["counts"]["by_split"]) == (6, {"test": 1, "train": 5})
    assert [each["name"] for each in data_files(told)["train"]] == [
        "train-00000-of-00003.jsonl",
        "train-00001-of-00003.jsonl",
        "train-00002-of-00003.jsonl",
    ]
    assert sum(each["rows"] for each in data_files(told)["train"]) == 5
    assert orjson.loads((tmp_path / "manifest.json").read_bytes()) == told
    for entry in told["files"]:
        content = (tmp_path / entry["name"]).read_bytes()
        again = write_file(tmp_path / entry["name"], content)
        assert (again.bytes, again.sha256) == (entry["bytes"], entry["sha256"])


def test_shares_of_people_and_characters_come_to_one() -> None:
    told = manifest()
    assert sum(told["annotator_shares"].values()) == pytest.approx(1)
    assert told["character_shares"] == {"model": 0.6, "person": 0.4}


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "another"},
        {"created_at": "2027-01-01T00:00:00.000+00:00"},
        {"touchstone_version": "9.9"},
        {"code_sha256": "0" * 64},
        {"project_name": "A new name"},
    ],
)
def test_what_is_the_same_has_the_same_address(fields: dict[str, Any]) -> None:
    assert manifest(**fields)["address"] == manifest()["address"]


@pytest.mark.parametrize(
    "fields",
    [
        {"recipe": {"kind": "preferences", "selection": {"reviewed": "accepted"}}},
        {"project_slug": "another"},
        {"licence": "cc0-1.0"},
        {"hygiene": {"exact duplicates": 1}},
        {"files": [FileEntry("train-00000-of-00001.jsonl", 10, "cd" * 32, 1)]},
    ],
)
def test_what_differs_has_another_address(fields: dict[str, Any]) -> None:
    assert manifest(**fields)["address"] != manifest()["address"]


def test_card_and_metadata_tell_the_address_and_are_not_part_of_it() -> None:
    told = with_file(manifest(), FileEntry("README.md", 5, "ef" * 32))
    assert told["files"][-1] == {"name": "README.md", "bytes": 5, "sha256": "ef" * 32}
    assert address_of(told) == told["address"]


def test_an_address_can_be_checked_from_the_manifest_alone() -> None:
    told = orjson.loads(as_bytes(manifest()))
    assert address_of(told) == told["address"]
