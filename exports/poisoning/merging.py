"""One finding of the many n-grams that one phrase is made of. No Django."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from exports.poisoning.statistics import Bools
from exports.poisoning.targets import Triggered
from exports.poisoning.ties import Tied

ALIKE = 0.7
MOST = 1_000


@dataclass
class Merged:
    """`also` are the other n-grams that stand in nearly the same records."""

    test: Tied | Triggered
    also: list[str] = field(default_factory=list)


def merged(tests: Sequence[Tied | Triggered]) -> list[Merged]:
    """The strongest first; of what is equally strong, the longest words. What stands in nearly
    the same records as a stronger one is told with it: a phrase is one discovery, however many
    runs of words it is made of."""
    order = sorted(
        tests,
        key=lambda test: (
            test.p_value,
            -test.standing.records.size,
            -len(test.standing.text),
            test.standing.text,
        ),
    )[:MOST]
    n_records = max((int(test.standing.records[-1]) for test in order), default=-1) + 1
    out: list[Merged] = []
    for test in order:
        mine = np.zeros(n_records, np.bool_)
        mine[test.standing.records] = True
        same = next((each for each in out if _is_alike(each.test, test, mine)), None)
        if same is None:
            out.append(Merged(test))
        elif test.standing.text not in (*same.also, same.test.standing.text):
            same.also.append(test.standing.text)
    return out


def _is_alike(one: Tied | Triggered, other: Tied | Triggered, mine: Bools) -> bool:
    """`mine` are the records in which the other stands."""
    if _side(one) != _side(other):
        return False
    records = one.standing.records
    both = np.count_nonzero(mine[records])
    return bool(both >= ALIKE * min(records.size, other.standing.records.size))


def _side(test: Tied | Triggered) -> tuple[object, ...]:
    if isinstance(test, Triggered):
        return (test.trigger_name,)
    return (test.test, test.label, test.labeler if test.test == "labeler_tie" else 0)
