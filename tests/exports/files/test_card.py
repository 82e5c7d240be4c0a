"""The dataset card: what it says, and that no words break it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.columns import MESSAGES
from exports.files.arrow import schema_of
from exports.files.card import card, spelled
from exports.files.header import header, size_category
from exports.files.loading import TRAINERS, how_to_load
from exports.formats import FORMATS
from tests.exports.files.folders import EVERY_SHAPE, preference, write_dataset


def written(folder: Path, **fields: Any) -> tuple[dict[str, Any], str]:
    """The header as a reader of YAML sees it, and the text."""
    records = {"train": [preference(1), preference(2)], "test": [preference(3)]}
    write_dataset(folder, records, **fields)
    text = (folder / "README.md").read_text()
    _, head, body = text.split("---\n", 2)
    return yaml.safe_load(head), body


def test_the_header_names_files_types_size_and_tags(tmp_path: Path) -> None:
    head, _ = written(tmp_path, licence="cc-by-4.0", file_type="parquet")
    assert head["configs"] == [
        {
            "config_name": "default",
            "default": True,
            "data_files": [
                {"split": "train", "path": "train-*.parquet"},
                {"split": "test", "path": "test-*.parquet"},
            ],
        }
    ]
    messages = [{"name": "role", "dtype": "string"}, {"name": "content", "dtype": "string"}]
    assert head["dataset_info"]["features"] == [
        {"name": name, "list": messages} for name in ("prompt", "chosen", "rejected")
    ]
    assert (head["license"], head["size_categories"]) == ("cc-by-4.0", ["n<1K"])
    assert head["tags"] == ["human-feedback", "touchstone", "dpo", "preference", "rlhf"]


def test_the_text_says_what_it_is_and_what_it_is_not(tmp_path: Path) -> None:
    _, body = written(
        tmp_path,
        recipe={"kind": "preferences", "selection": {"reviewed": "accepted", "tags": ["a|b"]}},
        model_licences={"falcon": "apache-2.0"},
        consent="Labelers were told what becomes of their work.",
        hygiene={
            "personal_data": {
                "rows_looked_at": 3,
                "rows": 1,
                "found": {"email": 4},
                "rows_left_out": 0,
            },
            "benchmarks": {
                "held_against": [{"name": "sums", "sha256": "ab" * 32, "items": 9, "met": []}],
                "rows_left_out": 0,
            },
        },
        poisoning={"findings": 2, "by_severity": {"alarm": 2}, "by_kind": {"burst": 2}},
    )
    for sentence in (
        "3 rows in the form of TRL, as they stood at 2026-11-21 12:00 UTC",
        "| a tie | 2 |",
        "Only what a reviewer accepted or fixed.",
        "Prompts tagged a\\|b.",
        "| labeler-0 | 1 | 33.3% |",
        "| falcon | 3 | apache-2.0 |",
        '| falcon | {"top\\_p":0.9} | 3 |',
        "| models | 36 | 60.0% |",
        "Labelers were told what becomes of their work.",
        "| Personal data | kept | 3 | 1 | e-mail address 4 | 0 |",
        f"| sums | 9 | {'ab' * 32} |",
        "Not looked for: near-duplicates, text of benchmarks, other languages.",
        "| alarm | 2 |",
        'eval_dataset=dataset["test"]',
        "from trl import DPOConfig, DPOTrainer",
    ):
        assert sentence in body


@pytest.mark.parametrize(
    ("file_type", "said", "unsaid"),
    [
        ("jsonl", "`mlcroissant` takes the texts", "zstandard"),
        ("jsonl.gz", "`mlcroissant` takes the texts", "zstandard"),
        ("jsonl.zst", "`mlcroissant` reads no `.zst`", "`mlcroissant` takes the texts"),
        ("parquet", "load_dataset", "mlcroissant"),
    ],
)
def test_it_says_what_readers_make_of_files_of_its_type(
    tmp_path: Path, file_type: str, said: str, unsaid: str
) -> None:
    _, body = written(tmp_path, file_type=file_type)
    assert said in body
    assert unsaid not in body


def test_raw_data_say_that_superseded_judgements_are_in_them(tmp_path: Path) -> None:
    _, body = written(tmp_path, recipe={"kind": "raw"})
    assert "superseded and held back ones are in it" in body
    assert "are not in it" not in body


@pytest.mark.parametrize(
    ("unit", "said"),
    [("characters", "prompt and answers together:"), ("tokens", "(of a pair, the longer one)")],
)
def test_lengths_say_what_is_measured(tmp_path: Path, unit: str, said: str) -> None:
    manifest = write_dataset(tmp_path, {"train": [preference(1)]})
    told = manifest | {"lengths": manifest["lengths"] | {"unit": unit}}
    assert f"In {unit}, prompt and answer" in card(told, EVERY_SHAPE).decode()
    assert said in card(told, EVERY_SHAPE).decode()


def test_the_trainer_that_is_named_is_the_one_that_is_shown(tmp_path: Path) -> None:
    manifest = write_dataset(tmp_path, {"train": [preference(1)]})
    for kind, (_, trainer) in TRAINERS.items():
        note = FORMATS["trl"].notes[kind]
        text = "\n".join(how_to_load(manifest | {"kind": kind}, note))
        assert note.startswith(trainer)
        assert f"trainer = {trainer}(" in text


def test_a_dataset_that_nobody_scanned_says_so(tmp_path: Path) -> None:
    _, body = written(tmp_path)
    assert "It was not scanned for poisoning." in body


def test_a_licence_that_the_hub_does_not_know_is_named_in_full(tmp_path: Path) -> None:
    head, _ = written(tmp_path, licence='Ours: "ask first"')
    assert (head["license"], head["license_name"]) == ("other", 'Ours: "ask first"')


def test_a_dataset_without_rows_names_no_file_that_a_reader_would_fail_on(tmp_path: Path) -> None:
    write_dataset(tmp_path, {"train": []})
    text = (tmp_path / "README.md").read_text()
    assert "configs" not in yaml.safe_load(text.split("---\n")[1])
    assert "There is no row in it to load." in text


@settings(deadline=None, max_examples=60)
@given(name=st.text() | st.just("--- 'x': {kind} [&*!|>%@`\"\n---\nconfigs: no 👩‍🚀\x85\u2028"))
def test_no_name_breaks_the_header(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    head, _ = written(tmp_path_factory.mktemp("named"), project_name=name)
    expected = name.encode("utf-8", "replace").decode()
    assert head["pretty_name"].encode("utf-8", "replace").decode() == f"{expected}: preferences"
    assert head["configs"][0]["config_name"] == "default"


def test_every_shape_of_column_is_a_feature_of_datasets(tmp_path: Path) -> None:
    from datasets import Features, Value
    from datasets import List as Many

    manifest = write_dataset(tmp_path, {"train": [preference(1)]})
    told = yaml.safe_load(header(manifest, EVERY_SHAPE).split("---\n")[1])
    messages = Many({"role": Value("string"), "content": Value("string")})
    assert Features._from_yaml_list(told["dataset_info"]["features"]) == Features(
        {
            "text": Value("string"),
            "number": Value("int64"),
            "score": Value("float64"),
            "is_good": Value("bool"),
            "tags": Many(Value("string")),
            "messages": messages,
            "grid": Many(Many(Value("string"))),
            "input": {"messages": messages, "tools": Many(Value("string"))},
            "completions": Many({"rank": Value("int64"), "completion": messages}),
        }
    )
    assert b"| grid | list of list of string |" in card(manifest, EVERY_SHAPE)


def test_types_are_spelled_in_words() -> None:
    assert spelled(MESSAGES) == "list of (role: string, content: string)"


@pytest.mark.parametrize(
    ("rows", "category"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**8, "100M<n<1B")],
)
def test_sizes_have_the_names_of_the_hub(rows: int, category: str) -> None:
    assert size_category(rows) == category


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name, each in FORMATS.items() for kind in each.accepts]
)
def test_every_format_has_the_same_types_in_its_card_and_in_parquet(
    tmp_path: Path, name: str, kind: str
) -> None:
    from datasets import Features

    manifest = write_dataset(tmp_path, {"train": [preference(1)]}) | {"kind": kind}
    columns = FORMATS[name].columns(kind)
    told = yaml.safe_load(header(manifest, columns).split("---\n")[1])
    features = Features._from_yaml_list(told["dataset_info"]["features"])
    assert features.arrow_schema.remove_metadata() == schema_of(columns)
