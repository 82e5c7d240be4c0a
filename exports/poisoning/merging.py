"""One finding of the many n-grams that one phrase is made of. No Django."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from exports.poisoning.targets import Triggered
from exports.poisoning.ties import Tied

ALIKE = 0.7
MOST = 1_000


@dataclass
class Merged:
    """`also` are the other n-grams that stand in nearly the same records."""

    test: Tied | Triggered
    q_value: float
    records: frozenset[int]
    also: list[str] = field(default_factory=list)


def merged(tests: Sequence[tuple[Tied | Triggered, float]]) -> list[Merged]:
    """The strongest first; of what is equally strong, the longest words. What stands in nearly
    the same records as a stronger one is told with it."""
    order = sorted(
        tests,
        key=lambda pair: (
            pair[1],
            -pair[0].standing.record.size,
            -len(pair[0].standing.text),
            pair[0].standing.text,
        ),
    )
    out: list[Merged] = []
    for test, q_value in order[:MOST]:
        records = frozenset(np.unique(test.standing.record).tolist())
        same = next((each for each in out if _is_alike(each, test, records)), None)
        if same is None:
            out.append(Merged(test, q_value, records))
        elif test.standing.text not in (*same.also, same.test.standing.text):
            same.also.append(test.standing.text)
    return out


def _is_alike(one: Merged, test: Tied | Triggered, records: frozenset[int]) -> bool:
    if _side(one.test) != _side(test):
        return False
    both = len(one.records & records)
    return both >= ALIKE * min(len(one.records), len(records))


def _side(test: Tied | Triggered) -> tuple[object, ...]:
    if isinstance(test, Triggered):
        return (test.trigger_name,)
    return (test.test, test.label, test.labeler if test.test == "labeler_tie" else 0)
