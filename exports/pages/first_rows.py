"""The first rows of a file of rows, spread over lines for reading."""

import itertools
from pathlib import Path
from typing import Any

import orjson

from exports.snapshots.stored import rows_in

TEXT_LIMIT = 20_000
"""Characters of one row that are shown."""


def first_rows(path: Path, file_type: str, number: int) -> list[str]:
    return [spread(row) for row in itertools.islice(rows_in(path, file_type), number)]


def spread(row: Any) -> str:
    text = orjson.dumps(row, option=orjson.OPT_INDENT_2, default=str).decode()
    return text if len(text) <= TEXT_LIMIT else f"{text[:TEXT_LIMIT]}\n… and so on"
