"""`manage.py check_export`: a folder of a dataset, row by row."""

import gzip
from io import StringIO
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from exports.formats.folders import NotADataset, Wrong, check_folder
from tests.exports.consumers import data


def test_what_was_written_is_valid_in_each_file_type(tmp_path: Path) -> None:
    for number, file_type in enumerate(("jsonl", "jsonl.gz", "jsonl.zst", "parquet")):
        folder = tmp_path / str(number)
        rows = data.write(folder, "trl", "preferences", file_type)
        report = check_folder(folder, "trl", "preferences")
        assert (report.rows, report.files, report.wrong) == (len(rows), 1, [])


def test_a_broken_row_is_told_by_its_file_number_and_reason(tmp_path: Path) -> None:
    data.write(tmp_path, "trl", "preferences")
    path = tmp_path / "train-00000-of-00001.jsonl"
    lines = path.read_bytes().splitlines()
    row = orjson.loads(lines[2])
    lines[2] = orjson.dumps({**row, "rejected": row["chosen"]})
    path.write_bytes(b"\n".join(lines) + b"\n")
    assert check_folder(tmp_path, "trl", "preferences").wrong == [
        Wrong(path.name, 3, "chosen and rejected are the same text")
    ]


@pytest.mark.parametrize("file_type", ["jsonl", "jsonl.gz"])
def test_lines_that_are_not_json_are_told_by_their_numbers_and_the_rest_is_checked(
    tmp_path: Path, file_type: str
) -> None:
    data.write(tmp_path, "trl", "preferences", file_type)
    path = tmp_path / f"train-00000-of-00001.{file_type}"
    opened = gzip.open if file_type == "jsonl.gz" else open
    with opened(path, "rb") as file:
        lines = file.read().splitlines()
    row = orjson.loads(lines[5])
    lines[1], lines[3] = lines[1][:-5], b"\xff"
    lines[5] = orjson.dumps({**row, "rejected": row["chosen"]})
    with opened(path, "wb") as file:
        file.write(b"\n".join(lines) + b"\n{")
    report = check_folder(tmp_path, "trl", "preferences")
    assert report.rows == len(lines) + 1
    told = [(each.row, each.reason.partition(":")[0]) for each in report.wrong]
    assert told == [
        (2, "is not JSON"),
        (4, "is not JSON"),
        (6, "chosen and rejected are the same text"),
        (len(lines) + 1, "is not JSON"),
    ]


def test_a_file_that_is_cut_short_is_told(tmp_path: Path) -> None:
    data.write(tmp_path, "trl", "sft", "parquet")
    path = tmp_path / "train-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    [wrong] = check_folder(tmp_path, "trl", "sft").wrong[:1]
    assert wrong.reason.startswith("cannot be read")


def test_another_file_than_the_manifest_tells_of_is_told(tmp_path: Path) -> None:
    data.write(tmp_path, "openai", "sft")
    name = "train-00000-of-00001.jsonl"
    manifest = {
        "recipe": {"kind": "sft", "format": "openai"},
        "files": [{"name": name, "sha256": "0" * 64}, {"name": "gone.jsonl", "sha256": ""}],
    }
    (tmp_path / "manifest.json").write_bytes(orjson.dumps(manifest))
    found = [(each.file, each.reason) for each in check_folder(tmp_path).wrong]
    assert (name, "is not the file that the manifest tells of: another SHA-256") in found
    assert ("gone.jsonl", "is not there") in found


def test_the_command_says_what_is_wrong_and_fails(tmp_path: Path) -> None:
    row = {"messages": [{"role": "user", "content": "Hi?"}]}
    table = pa.Table.from_pylist([row] * 3)
    pq.write_table(table, tmp_path / "train.parquet")
    said = StringIO()
    with pytest.raises(CommandError, match=r"3 rows in 1 files, trl sft: 6 problems"):
        call_command("check_export", str(tmp_path), "--format=trl", "--kind=sft", stdout=said)
    assert "train.parquet, row 1: the conversation does not end with the assistant" in (
        said.getvalue()
    )


def test_the_command_says_that_all_is_well(tmp_path: Path) -> None:
    data.write(tmp_path, "hh", "preferences")
    said = StringIO()
    call_command("check_export", str(tmp_path), "--format=hh", "--kind=preferences", stdout=said)
    assert said.getvalue() == "12 rows in 1 files, hh preferences: every row is valid.\n"


def test_a_folder_of_nothing_cannot_be_checked(tmp_path: Path) -> None:
    with pytest.raises(NotADataset, match="no file of rows"):
        check_folder(tmp_path, "trl", "sft")
    with pytest.raises(NotADataset, match="has no rows of the kind"):
        check_folder(tmp_path, "lmsys", "sft")
