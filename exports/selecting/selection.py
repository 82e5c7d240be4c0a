"""The judgements that a recipe chooses, and how many it does not, by reason."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from exports.recipe import Recipe
from exports.selecting import critiques, others, submissions
from exports.selecting.consensus import settle
from exports.selecting.marks import Marked
from exports.selecting.reasons import WORDS, Reason, in_order
from exports.selecting.sources import SUBMITTED, sources_of
from projects.models import Project

Ints = NDArray[np.int64]
WORK_MEMORY = "64MB"
"""Enough to look up a million keys without sorting them on disk."""


@dataclass(frozen=True)
class Selected:
    """Primary keys of what is chosen, in order, source by source in the order of reading; and
    what is not, in words, each judgement under its first reason alone."""

    ids: Mapping[str, Ints]
    dropped: Counter[str]
    n_found: Mapping[str, int]
    """All judgements of each source, chosen or not."""

    @property
    def n_selected(self) -> int:
        return sum(map(len, self.ids.values()))

    @property
    def n_judgements(self) -> int:
        return sum(self.n_found.values())

    @property
    def reasons(self) -> list[tuple[str, int]]:
        return [(words, self.dropped[words]) for words in in_order(self.dropped)]


def selected(project: Project, recipe: Recipe) -> Selected:
    """Read only; what it says is of one moment where it is called in a snapshot of the database.

    Some 60 bytes of memory a judgement, where agreement or consensus is asked for some 200.
    """
    ids: dict[str, Ints] = {}
    n_found: dict[str, int] = {}
    dropped: Counter[Reason] = Counter()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'; SET LOCAL jit = off")
        for source in sources_of(recipe):
            found = _marked(source, project, recipe)
            ids[source] = found.keys[found.is_free]
            n_found[source] = len(found.keys)
            dropped += found.counted()
    return Selected(ids, Counter({WORDS[each]: n for each, n in dropped.items()}), n_found)


def _marked(source: str, project: Project, recipe: Recipe) -> Marked:
    if source in SUBMITTED:
        found = submissions.marked(source, project, recipe)
        settle(found, source, project, recipe.selection)
        return found
    readers: dict[str, Any] = {
        "vote": others.votes,
        "judge": others.judged_alone,
        "prompt": others.prompts,
        "repair": critiques.repairs,
        "review": critiques.reviews,
    }
    marked: Marked = readers[source](project, recipe)
    return marked
