"""Judgements of two models against each other, whoever made them, as one small row type.

Whoever holds such judgements registers a source when its application starts; whoever rates models
reads them here, and neither needs to know of the other.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from projects.models import Project

Verdict = Literal["a", "b", "tie", "both_bad"]
Source = Callable[[Project], Iterable["JudgedPair"]]


@dataclass(frozen=True)
class JudgedPair:
    """One verdict on an answer of each of two different models, by the models' names.

    `weight` is a whole number of grains, so that sums are exact in any order, and so are boards.
    """

    model_a: str
    model_b: str
    verdict: Verdict
    weight: float
    judged_at: datetime


_sources: list[Source] = []
GRAIN = 1 / 1024


def to_grain(weight: float) -> float:
    """The nearest weight there is. Raises ValueError for one outside 0…1."""
    if not 0.0 <= weight <= 1.0:
        raise ValueError(f"A judgement weighs between 0 and 1, not {weight}.")
    return round(weight / GRAIN) * GRAIN


def register(source: Source) -> None:
    """Have `source` asked from now on; the same one twice is one."""
    if source not in _sources:
        _sources.append(source)


def pairs_of(project: Project) -> Iterator[JudgedPair]:
    """All judged pairs of a project, source by source, each in its order of judging."""
    for source in _sources:
        yield from source(project)
