"""What a scan gives back. No Django."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

NEAR = 125
DOCUMENTS_THAT_SUFFICE = 250
"""About so many documents poisoned models of 0.6 to 13 billion parameters alike, whatever their
share of the data (Souly et al. 2025, https://arxiv.org/abs/2510.07192). From half of it on we
call a count near."""
SEVERITIES = ("alarm", "warning", "note")


@dataclass(frozen=True, kw_only=True)
class FoundThing:
    """`records` are ids of the records it is about, `n_records` how many there are in all."""

    kind: str
    severity: str
    p_value: float
    q_value: float
    ngram: str = ""
    target: str = ""
    labeler: str = ""
    statistics: dict[str, Any] = field(default_factory=dict)
    n_records: int = 0
    records: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """A scan's findings, the weightiest first, and what it looked at."""

    found: tuple[FoundThing, ...]
    figures: dict[str, Any]


def is_near(n_documents: int) -> bool:
    return n_documents >= NEAR


def in_order(found: list[FoundThing]) -> tuple[FoundThing, ...]:
    """By severity, then by how little chance explains it; the words break ties."""
    return tuple(
        sorted(
            found,
            key=lambda thing: (
                SEVERITIES.index(thing.severity),
                thing.q_value,
                -thing.n_records,
                thing.kind,
                thing.ngram,
                thing.target,
                thing.labeler,
            ),
        )
    )
