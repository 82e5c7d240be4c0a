"""One step of training by each of TRL's trainers: `train_with_trl.py FOLDER TRAINER ...`.

Each FOLDER is opened by `load_dataset`, as it is. Prints one JSON line for each.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from datasets import load_dataset
from tiny import make_model, make_tokenizer

COMMON = {
    "max_steps": 1,
    "per_device_train_batch_size": 2,
    "report_to": [],
    "save_strategy": "no",
    "use_cpu": True,
    "bf16": False,
    "disable_tqdm": True,
    "logging_steps": 1,
}


def train(folder: str, trainer: str, scratch: str) -> dict[str, Any]:
    import trl

    rows = load_dataset(folder, split="train")
    tokenizer = make_tokenizer()
    model = make_model(tokenizer, is_classifier=trainer == "Reward")
    options: dict[str, Any] = {"output_dir": scratch, **COMMON}
    more: dict[str, Any] = {}
    if trainer in ("DPO", "KTO"):
        more["ref_model"] = make_model(tokenizer)
    if trainer == "KTO":
        kto = _kto()
        made = kto[0](
            model=model,
            args=kto[1](**options),
            train_dataset=rows,
            processing_class=tokenizer,
            **more,
        )
    else:
        made = getattr(trl, f"{trainer}Trainer")(
            model=model,
            args=getattr(trl, f"{trainer}Config")(**options),
            train_dataset=rows,
            processing_class=tokenizer,
            **more,
        )
    result = made.train()
    return {
        "folder": Path(folder).name,
        "trainer": trainer,
        "rows": len(rows),
        "columns": rows.column_names,
        "steps": result.global_step,
        "is_finite": result.training_loss == result.training_loss,
    }


def _kto() -> tuple[Any, Any]:
    """TRL has moved it about."""
    try:
        from trl.experimental.kto import KTOConfig, KTOTrainer
    except ImportError:
        from trl import KTOConfig, KTOTrainer
    return KTOTrainer, KTOConfig


if __name__ == "__main__":
    for folder, trainer in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        with tempfile.TemporaryDirectory() as scratch:
            told = train(folder, trainer, scratch)
        print(json.dumps(told), flush=True)  # noqa: T201
