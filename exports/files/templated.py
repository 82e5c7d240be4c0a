"""What a chat template made of rows, in a few numbers."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

ALL_OF = 1_000
ONE_IN = 10
MOST_REASONS = 20
"""That are told by name; a template can make up as many as it likes."""
OTHERS = "others"


def is_looked_at(place: int) -> bool:
    """Whether the row at this place of its split, from 0, is put through the template and read
    back, which takes longer than to count its tokens: all of the first, then one in ten."""
    return place < ALL_OF or place % ONE_IN == 0


@dataclass
class Templated:
    """To be noted a shard at a time and added up, in order."""

    rows_looked_at: int = 0
    rows: int = 0
    """With something that the template refuses or changes."""
    rows_bare: int = 0
    """Of all rows, those that it refused when their tokens were counted."""
    found: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    """The first record with each reason."""

    def note(self, record_id: str, problems: Sequence[str]) -> None:
        self.rows_looked_at += 1
        self.rows += bool(problems)
        for reason in problems:
            self._count(reason, 1, record_id)

    def add(self, other: Self) -> None:
        self.rows_looked_at += other.rows_looked_at
        self.rows += other.rows
        self.rows_bare += other.rows_bare
        for reason, number in other.found.items():
            self._count(reason, number, other.first[reason])

    def _count(self, reason: str, number: int, record_id: str) -> None:
        is_told = reason in self.found or len(self.found) < MOST_REASONS
        reason = reason if is_told else OTHERS
        self.found[reason] += number
        self.first.setdefault(reason, record_id)

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows_looked_at": self.rows_looked_at,
            "rows": self.rows,
            "rows_bare": self.rows_bare,
            "found": dict(self.found),
            "first": dict(self.first),
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        return cls(**{**told, "found": Counter(told["found"])})


def warnings_of(unusable: Iterable[str], template: Mapping[str, Any]) -> list[str]:
    """A sentence each: why nobody can train on a dataset, and what its chat template refuses or
    changes, as a manifest tells it."""
    return [f"{each[:1].upper()}{each[1:]}." for each in (*unusable, *_of_template(template))]


def _of_template(told: Mapping[str, Any]) -> Iterator[str]:
    if told.get("rows"):
        reasons = ", ".join(f"{reason} ({number:,})" for reason, number in told["found"].items())
        yield (
            f"of {_rows(told['rows_looked_at'])} put through the chat template of "
            f"{told['tokenizer']}, {told['rows']:,} did not come through: {reasons}"
        )
    if told.get("rows_bare"):
        yield (
            f"the chat template of {told['tokenizer']} refused {_rows(told['rows_bare'])}, whose "
            "length is that of the bare texts"
        )


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"
