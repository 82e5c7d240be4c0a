"""What people open a dataset's folder with: `datasets` and `mlcroissant`, without a network."""

from pathlib import Path
from typing import Any

import pytest

from exports.files import open_shard
from exports.files.card import card
from exports.files.croissant import croissant
from exports.files.manifest import data_files
from tests.exports.files.folders import EVERY_SHAPE, EVERY_VALUE, preference, row_of, write_dataset

FILE_TYPES = ("jsonl", "jsonl.gz", "parquet")
"""`datasets` and `mlcroissant` read no .zst without a package that is not required here."""
SHAPES = [
    pytest.param({"train": 7}, 0, id="one file"),
    pytest.param({"train": 7}, 3, id="three files"),
    pytest.param({"train": 7, "validation": 2, "test": 4}, 3, id="three splits"),
    pytest.param({"train": 7, "validation": 0}, 0, id="an empty split"),
    pytest.param({"test": 3}, 2, id="no training split"),
]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "dataset"
    made.mkdir()
    return made


def records_of(sizes: dict[str, int]) -> dict[str, list[Any]]:
    numbers = iter(range(1000))
    return {
        split: [preference(next(numbers), "Grüße 👩‍🚀\u2028007") for _ in range(size)]
        for split, size in sizes.items()
    }


@pytest.mark.parametrize("file_type", FILE_TYPES)
@pytest.mark.parametrize(("sizes", "rows_per_file"), SHAPES)
def test_datasets_opens_the_folder_as_it_is(
    folder: Path, tmp_path: Path, file_type: str, sizes: dict[str, int], rows_per_file: int
) -> None:
    from datasets import load_dataset

    splits = records_of(sizes)
    write_dataset(folder, splits, file_type=file_type, rows_per_file=rows_per_file)
    loaded = load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {split: list(rows) for split, rows in loaded.items()} == {
        split: [row_of(record) for record in records]
        for split, records in splits.items()
        if records
    }


@pytest.mark.parametrize("file_type", FILE_TYPES)
@pytest.mark.parametrize(("sizes", "rows_per_file"), SHAPES)
def test_mlcroissant_validates_and_reads_every_row(
    folder: Path, file_type: str, sizes: dict[str, int], rows_per_file: int
) -> None:
    import mlcroissant

    splits = records_of(sizes)
    write_dataset(
        folder, splits, file_type=file_type, rows_per_file=rows_per_file, licence="cc-by-4.0"
    )
    dataset = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    assert dataset.metadata.ctx.issues.report() == ""
    read = {
        (row["rows/split"].decode(), texts(row["rows/chosen"])) for row in dataset.records("rows")
    }
    assert read == {
        (split, (record.first.text,)) for split, records in splits.items() for record in records
    }


@pytest.mark.parametrize("file_type", FILE_TYPES)
def test_every_shape_of_column_is_read_by_both(
    folder: Path, tmp_path: Path, file_type: str
) -> None:
    import mlcroissant
    from datasets import load_dataset

    manifest = write_dataset(folder, {"train": [preference(1)]}, file_type=file_type)
    (entry,) = data_files(manifest)["train"]
    with open_shard(folder / entry["name"], file_type, EVERY_SHAPE) as shard:
        shard.write([EVERY_VALUE])
        entry |= shard.close().as_dict()
    (folder / "README.md").write_bytes(card(manifest, EVERY_SHAPE))
    (folder / "croissant.json").write_bytes(croissant(manifest, EVERY_SHAPE))
    loaded = load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))
    assert list(loaded) == [EVERY_VALUE]
    (row,) = mlcroissant.Dataset(jsonld=str(folder / "croissant.json")).records("rows")
    assert row["rows/tags"] == [b"a", b"b"]
    assert row["rows/messages"] == [
        {"rows/messages/role": b"user", "rows/messages/content": b"Hello."}
    ]
    assert row["rows/input"]["rows/input/tools"] == [b"t"]
    assert row["rows/input/messages"] == [
        {"rows/input/messages/role": b"user", "rows/input/messages/content": b"Hello."}
    ]
    assert row["rows/completions"][0]["rows/completions/rank"] == 0
    assert (row["rows/number"], row["rows/score"], row["rows/is_good"]) == (3, 0.25, True)


def texts(messages: Any) -> tuple[str, ...]:
    return tuple(each["rows/chosen/content"].decode() for each in messages)
