"""What the scans met on their way, for the manifest: also where it is kept. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

LOOKED_AT = 5_000
"""Rows in which is counted what is kept: of more rows, about as many, evenly spread. Looking at
each of a million would take longer than writing them."""
MOST_KINDS = 200
"""That are told by name; of control tokens a text can make up as many as it likes."""
OTHERS = "others"


def one_in(n_records: int) -> int:
    """The step from one record that is looked at for what is kept to the next."""
    return max(1, -(-n_records // LOOKED_AT))


@dataclass
class Met:
    """Finds of one scan. `rows_looked_at` are all where finds change a row or leave it out."""

    rows_looked_at: int = 0
    rows: int = 0
    found: Counter[str] = field(default_factory=Counter)

    def note(self, found: Counter[str]) -> None:
        self.rows_looked_at += 1
        self.rows += bool(found)
        for kind, number in found.items():
            is_told = kind in self.found or len(self.found) < MOST_KINDS
            self.found[kind if is_told else OTHERS] += number

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows_looked_at": self.rows_looked_at,
            "rows": self.rows,
            "found": dict(sorted(self.found.items())),
        }
