"""Every kind in every format, opened by the `datasets` library as a trainer would."""

from pathlib import Path
from typing import Any

import pytest

from exports.formats import FORMATS
from tests.exports.consumers import data

CELLS = [
    (name, kind, file_type)
    for name, each in FORMATS.items()
    for kind in each.shapes
    for file_type in ("jsonl", "parquet")
    if file_type in each.file_types
]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))


@pytest.mark.parametrize(("name", "kind", "file_type"), CELLS)
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
    assert loaded.column_names == [column.name for column in FORMATS[name].columns(kind)]
    # A time that was written as text is told as a time where JSON has no types.
    times = {"created_at"} & set(loaded.column_names)
    kept = loaded.remove_columns(sorted(times)).to_list()
    assert kept == [{key: row[key] for key in row if key not in times} for row in rows]
