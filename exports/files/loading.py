"""How to load a dataset and train on it, for its card."""

from collections.abc import Iterator, Mapping
from typing import Any

from exports.files.manifest import data_files, file_type_of

TRAINERS = {
    "sft": ("SFTConfig", "SFTTrainer"),
    "preferences": ("DPOConfig", "DPOTrainer"),
    "rankings": ("RewardConfig", "RewardTrainer"),
    "reward": ("RewardConfig", "RewardTrainer"),
    "unpaired": ("KTOConfig", "KTOTrainer"),
}
LOAD = """```python
from datasets import load_dataset

dataset = load_dataset("path/to/this/folder")
```"""
TRAIN = """
```python
from datasets import load_dataset
from trl import {config}, {trainer}

dataset = load_dataset("path/to/this/folder")
trainer = {trainer}(
    model="path/to/your/model",
    args={config}(output_dir="trained"),
    train_dataset=dataset["train"],{evaluated}
)
trainer.train()
```"""
DATES = """
Where every text of a column reads like a date (`1989-11-09`), `datasets` may spell them another
way, since JSON has no types; `Dataset.from_list([json.loads(line) for line in file])` leaves them
as they are, and so does Parquet."""
NUMBERS = """
`mlcroissant` takes the texts of a column for numbers where each of them reads like one (`007`
becomes 7); of Parquet it takes them as they are."""
ZSTD = """
Reading `.zst` with `datasets` needs `pip install zstandard`. `mlcroissant` reads no `.zst`, so
`croissant.json` names the files and their sums, but no records."""


def how_to_load(manifest: Mapping[str, Any], note: str) -> Iterator[str]:
    splits = data_files(manifest)
    if not splits:
        yield "There is no row in it to load."
        return
    if note:
        yield f"{note}\n"
    trainer = TRAINERS.get(manifest["kind"])
    if trainer and manifest["recipe"].get("format", "trl") == "trl" and "train" in splits:
        held_out = next((name for name in splits if name != "train"), "")
        evaluated = f'\n    eval_dataset=dataset["{held_out}"],' if held_out else ""
        yield TRAIN.format(config=trainer[0], trainer=trainer[1], evaluated=evaluated).lstrip()
    else:
        yield LOAD
    file_type = file_type_of(manifest)
    if file_type != "parquet":
        yield DATES
    if file_type == "jsonl.zst":
        yield ZSTD
    elif file_type != "parquet":
        yield NUMBERS
