"""The dataset card: README.md with the header by which `datasets` finds the rows."""

from typing import Any

CARD = """---
dataset_info:
  features:
{features}
configs:
- config_name: default
  data_files:
  - split: train
    path: data.jsonl
size_categories:
- {size}
task_categories:
- text-generation
---

# {project}: {kind}

{rows} rows, exported from Touchstone on {created_at}.

`data.jsonl` is conversational JSONL that TRL's {trainer} reads as it is. Line by line beside it,
`provenance.jsonl` says where each row comes from: who judged (by pseudonym), when, under which
guideline version, for how long, and which models with which parameters; of an answer that was
made of models' drafts also which share of its characters is theirs, and which; of every judgement
at which level of autonomy it was made, and what a model proposed in sight of its labeler. What a
model judged alone says so (`judged_by`), and is here only where it was asked for. `manifest.json`
holds the counts, the filters and the checksums.

    from datasets import load_dataset
    rows = load_dataset("path/to/this/folder", split="train")

Where every text of a column reads like a date (`1989-11-09`), `datasets` spells them another way.
`Dataset.from_list([json.loads(line) for line in open("data.jsonl")])` leaves them as they are.

## Not in it

{dropped}
"""
FEATURE = """  - name: {column}
    list:
    - name: role
      dtype: string
    - name: content
      dtype: string"""
COLUMNS = {"sft": ("messages",), "preferences": ("prompt", "chosen", "rejected")}
TRAINERS = {"sft": "SFTTrainer", "preferences": "DPOTrainer"}
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def dataset_card(manifest: dict[str, Any]) -> str:
    dropped = manifest["counts"]["dropped"]
    lines = [f"- {count}: {reason}" for reason, count in dropped.items()]
    rows = manifest["counts"]["rows"]
    return CARD.format(
        project=manifest["project"]["name"].replace("\n", " "),
        kind=manifest["kind"],
        rows=rows,
        created_at=manifest["created_at"],
        trainer=TRAINERS[manifest["kind"]],
        features="\n".join(FEATURE.format(column=column) for column in COLUMNS[manifest["kind"]]),
        size=next((name for limit, name in SIZES if rows < limit), "1M<n<10M"),
        dropped="\n".join(lines) or "Nothing was left out.",
    )
