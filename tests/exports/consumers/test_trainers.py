"""Exports as trainers take them: a step of training with TRL, and other trainers' own readers.

They live in an environment of their own, since they are large: `make consumers` installs it.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from exports.formats import FORMATS
from tests.exports.consumers import data
from tests.exports.consumers.elsewhere import needs_trainers, run

pytestmark = needs_trainers

TRAINED = [
    ("trl", "sft", "SFT"),
    ("trl", "preferences", "DPO"),
    ("trl", "rankings", "DPO"),
    ("trl", "rankings", "Reward"),
    ("trl", "reward", "Reward"),
    ("trl", "unpaired", "KTO"),
    ("trl", "critiques", "DPO"),
    ("trl-implicit", "preferences", "DPO"),
    ("trl-implicit", "reward", "Reward"),
    ("trl-text", "sft", "SFT"),
    ("trl-text", "preferences", "DPO"),
    ("trl-text", "reward", "Reward"),
    ("trl-text", "unpaired", "KTO"),
    ("hh", "sft", "SFT"),
    ("hh", "preferences", "Reward"),
]


def test_every_trainer_of_trl_takes_a_step_on_what_is_exported_for_it(tmp_path: Path) -> None:
    arguments = []
    for name, kind, trainer in TRAINED:
        folder = tmp_path / f"{name}-{kind}"
        if not folder.exists():
            data.write(folder, name, kind)
        arguments += [str(folder), trainer]
    printed = run("train_with_trl.py", *arguments, home=tmp_path)
    told = [json.loads(line) for line in printed.splitlines() if line.startswith('{"folder"')]
    assert [(each["folder"], each["trainer"]) for each in told] == [
        (f"{name}-{kind}", trainer) for name, kind, trainer in TRAINED
    ]
    for each, (name, kind, _) in zip(told, TRAINED, strict=True):
        assert each["steps"] == 1
        assert each["is_finite"]
        assert each["columns"] == [column.name for column in FORMATS[name].columns(kind)]


def read(consumer: str, name: str, kind: str, tmp_path: Path) -> tuple[list[Any], list[Any]]:
    """What is written, and what the consumer made of it."""
    rows = data.write(tmp_path / "data", name, kind)
    printed = run("read_elsewhere.py", consumer, str(tmp_path / "data"), kind, home=tmp_path)
    made = json.loads(printed.splitlines()[-1])
    assert len(made) == len(rows)
    return rows, made


def test_axolotl_learns_the_last_answer_and_nothing_else(tmp_path: Path) -> None:
    rows, made = read("axolotl", "axolotl", "sft", tmp_path)
    for row, learned in zip(rows, made, strict=True):
        assert learned == f"{row['messages'][-1]['content']}<|im_end|>\n"


def test_axolotl_reads_pairs_with_its_chat_template(tmp_path: Path) -> None:
    rows, made = read("axolotl", "axolotl", "preferences", tmp_path)
    for row, pair in zip(rows, made, strict=True):
        assert pair["chosen"] == f"{row['chosen']['content']}<|im_end|>"
        assert pair["rejected"] == f"{row['rejected']['content']}<|im_end|>"
        assert row["messages"][-1]["content"] in pair["prompt"]


def test_axolotl_reads_judged_answers(tmp_path: Path) -> None:
    rows, made = read("axolotl", "axolotl", "unpaired", tmp_path)
    for row, judged in zip(rows, made, strict=True):
        assert judged["completion"] == f"{row['completion'][-1]['content']}<|im_end|>"
        assert judged["label"] == row["label"]


@pytest.mark.parametrize("kind", ["sft", "preferences", "unpaired"])
def test_llama_factory_finds_the_file_and_keeps_every_row(kind: str, tmp_path: Path) -> None:
    rows, made = read("llamafactory", "llama-factory", kind, tmp_path)
    for row, example in zip(rows, made, strict=True):
        # It empties what it cannot read, with a line in a log.
        assert example["_prompt"] != []
        assert example["_system"] == row["system"]
        said = [each["content"] for each in example["_response"] if each["content"]]
        if kind == "preferences":
            assert said == [row["chosen"]["value"], row["rejected"]["value"]]
        else:
            assert said == [row["conversations"][-1]["value"]]
        if kind == "unpaired":
            assert bool(example["_response"][0]["content"]) == row["kto_tag"]


@pytest.mark.parametrize("kind", ["sft", "preferences"])
def test_torchtune_reads_the_messages(kind: str, tmp_path: Path) -> None:
    rows, made = read("torchtune", "torchtune", kind, tmp_path)
    for row, example in zip(rows, made, strict=True):
        assert example == {
            key: [[each["role"], each["content"]] for each in messages]
            for key, messages in row.items()
        }


def test_openrlhf_reads_conversations_pairs_and_prompts(tmp_path: Path) -> None:
    rows, made = read("openrlhf", "openrlhf", "sft", tmp_path / "sft")
    for row, (_, response) in zip(rows, made, strict=True):
        assert response == f"{row['output'][0]['content']}<|im_end|>\n"
    rows, made = read("openrlhf", "openrlhf", "preferences", tmp_path / "pairs")
    for row, (prompt, chosen, rejected, _) in zip(rows, made, strict=True):
        assert row["chosen"][-2]["content"] in prompt
        assert chosen == f"{row['chosen'][-1]['content']}<|im_end|>\n"
        assert rejected == f"{row['rejected'][-1]['content']}<|im_end|>\n"
    rows, made = read("openrlhf", "openrlhf", "reward", tmp_path / "reward")
    assert [margin for *_, margin in made] == [row["margin"] for row in rows]
    rows, made = read("openrlhf", "openrlhf", "prompts", tmp_path / "prompts")
    assert all(prompt.endswith("<|im_start|>assistant\n") for prompt, _ in made)


@pytest.mark.parametrize("kind", ["sft", "preferences"])
def test_argilla_takes_the_settings_and_every_record(kind: str, tmp_path: Path) -> None:
    rows, made = read("argilla", "argilla", kind, tmp_path)
    for row, record in zip(rows, made, strict=True):
        assert record["id"] == row["id"]
        assert record["fields"] == row["fields"]
        [(question, suggestion)] = row["suggestions"].items()
        assert record["suggestions"][question]["value"] == suggestion["value"]
