"""What `datasets` finds in the training split of folders: `open_datasets.py FOLDER ...`.

Runs in the trainers' environment. Prints one JSON line for each folder.
"""

import json
import sys
from pathlib import Path

from datasets import load_dataset

for folder in sys.argv[1:]:
    [path] = map(str, Path(folder).glob("train-*"))
    rows = load_dataset("json", data_files=path, split="train")
    told = {"columns": rows.column_names, "rows": rows.to_list()}
    print(json.dumps(told, default=str), flush=True)  # noqa: T201
