"""Where a row comes from, for every kind of record, in every file type."""

from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from exports.files import open_shard
from exports.files.provenance import columns_of, provenance_of
from exports.recipe import FILE_TYPES
from tests.exports.files.kinds import RECORDS

every_record = pytest.mark.parametrize("record", RECORDS, ids=lambda each: type(each).__name__)


@every_record
@pytest.mark.parametrize("file_type", FILE_TYPES)
def test_every_kind_of_record_has_its_columns(tmp_path: Path, record: Any, file_type: str) -> None:
    with open_shard(tmp_path / "file", file_type, columns_of(type(record))) as shard:
        shard.write([provenance_of(record, ("masked an e-mail address",))])
        assert shard.close().rows == 1


@every_record
def test_no_text_is_told_twice(record: Any) -> None:
    told = orjson.dumps(provenance_of(record)).decode()
    assert "SECRET" not in told
    assert record.id in told


def test_a_demonstration_tells_who_when_and_of_which_models() -> None:
    demonstration = RECORDS[0]
    told = provenance_of(demonstration)
    assert (told["annotator"], told["model_share"], told["drafts"], told["answers"]) == (
        "ann",
        0.25,
        {"7": "falcon"},
        [{"origin": "mixed", "model": "falcon", "parameters": {"temperature": 0.7}}],
    )


def test_parameters_are_an_object_in_jsonl_and_its_text_in_parquet(tmp_path: Path) -> None:
    record = RECORDS[0]
    for file_type in ("jsonl", "parquet"):
        path = tmp_path / f"rows.{file_type}"
        with open_shard(path, file_type, columns_of(type(record))) as shard:
            shard.write([provenance_of(record)])
            shard.close()
    (line,) = (tmp_path / "rows.jsonl").read_bytes().splitlines()
    (row,) = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    in_jsonl = orjson.loads(line)["answers"][0]["parameters"]
    assert in_jsonl == orjson.loads(row["answers"][0]["parameters"]) == {"temperature": 0.7}
