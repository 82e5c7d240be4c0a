"""Whole datasets in a folder, written as an export writes them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from exports.columns import MESSAGES, TEXTS, Column, ListOf, Struct
from exports.files import FileEntry, n_shards, open_shard, provenance_name, shard_name, write_file
from exports.files import manifest as manifests
from exports.files.card import card
from exports.files.counts import Counts
from exports.files.croissant import croissant
from exports.files.provenance import columns_of, provenance_of
from exports.records import Candidate, Preference

COLUMNS = (
    Column("prompt", MESSAGES, "What was asked."),
    Column("chosen", MESSAGES),
    Column("rejected", MESSAGES),
)

EVERY_SHAPE = (
    Column("text", "string"),
    Column("number", "int64"),
    Column("score", "float64"),
    Column("is_good", "bool"),
    Column("tags", TEXTS),
    Column("messages", MESSAGES),
    Column("grid", ListOf(ListOf("string"))),
    Column("input", Struct((Column("messages", MESSAGES), Column("tools", TEXTS)))),
    Column(
        "completions", ListOf(Struct((Column("rank", "int64"), Column("completion", MESSAGES))))
    ),
)
EVERY_VALUE: dict[str, Any] = {
    "text": "007",
    "number": 3,
    "score": 0.25,
    "is_good": True,
    "tags": ["a", "b"],
    "messages": [{"role": "user", "content": "Hello."}],
    "grid": [["a"], []],
    "input": {"messages": [{"role": "user", "content": "Hello."}], "tools": ["t"]},
    "completions": [{"rank": 0, "completion": [{"role": "assistant", "content": "Hi."}]}],
}


def preference(number: int, text: str = "An answer.", **fields: Any) -> Preference:
    told: dict[str, Any] = {
        "id": f"comparison-{number}",
        "source": "comparison",
        "prompt": [{"role": "user", "content": f"Question {number}?"}],
        "first": Candidate(
            text=f"{text} {number}", origin="model", model="falcon", parameters={"top_p": 0.9}
        ),
        "second": Candidate(text="Another.", origin="person"),
        "strength": -2,
        "annotator": f"labeler-{number % 3}",
        "created_at": "2026-11-21T10:00:00.000+00:00",
        "guideline_version": 1,
        "seconds": 12.5,
    }
    return Preference(**told | fields)


def row_of(record: Preference) -> dict[str, Any]:
    return {
        "prompt": record.prompt,
        "chosen": [{"role": "assistant", "content": record.first.text}],
        "rejected": [{"role": "assistant", "content": record.second.text}],
    }


def about(file_type: str = "jsonl", **fields: Any) -> manifests.About:
    told: dict[str, Any] = {
        "id": "0f0e",
        "project_slug": "demo",
        "project_name": "Demo",
        "recipe": {"kind": "preferences", "file_type": file_type},
        "format_title": "TRL",
        "created_at": "2026-11-21T12:00:00.000+00:00",
        "touchstone_version": "0.1.0",
        "code_sha256": "c0de" * 16,
    }
    return manifests.About(**told | fields)


def write_dataset(
    folder: Path,
    splits: Mapping[str, Sequence[Preference]],
    *,
    file_type: str = "jsonl",
    rows_per_file: int = 0,
    **fields: Any,
) -> dict[str, Any]:
    counts, files = Counts(), []
    for split, records in splits.items():
        n_files = n_shards(len(records), rows_per_file)
        for number in range(n_files):
            name = shard_name(split, number, n_files, file_type)
            size = rows_per_file or len(records)
            part = records[number * size : (number + 1) * size]
            files += write_shard(folder, name, file_type, part)
            counted = Counts()
            for record in part:
                counted.take(record, split)
            counts.add(counted)
    manifest = manifests.manifest_of(
        about(file_type, **fields), counts, Counter({"a tie": 2}), files
    )
    for name, content in (
        (manifests.CARD, card(manifest, COLUMNS)),
        (manifests.CROISSANT, croissant(manifest, COLUMNS)),
    ):
        manifest = manifests.with_file(manifest, write_file(folder / name, content))
    write_file(folder / manifests.MANIFEST, manifests.as_bytes(manifest))
    return manifest


def write_shard(
    folder: Path, name: str, file_type: str, records: Sequence[Preference]
) -> list[FileEntry]:
    beside = folder / provenance_name(name)
    with (
        open_shard(folder / name, file_type, COLUMNS) as data,
        open_shard(beside, file_type, columns_of(Preference)) as provenance,
    ):
        data.write([row_of(record) for record in records])
        provenance.write([provenance_of(record) for record in records])
        return [data.close(), provenance.close()]
