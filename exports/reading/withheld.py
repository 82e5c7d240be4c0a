"""Which judgements are not to be trained on, and why: found from their rare side, not asked of
each row."""

from typing import Any

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from exports.reading.copying import Ints, keys_of
from labeling.models import (
    Assignment,
    Comparison,
    Demonstration,
    Lane,
    Ranking,
    Review,
    Task,
)
from labeling.reviewing.verdicts import is_returned, is_settled
from projects.models import Project

CORRECTED = "its author is correcting it"
GOLD = "a gold task: its answer was known before"
RETURNED = "a reviewer returned it"
SETTLED = "a reviewer settled what labelers disagreed on"
REASONS = ("", CORRECTED, GOLD, RETURNED, SETTLED)
Judged = type[Demonstration] | type[Comparison] | type[Ranking]


class Withheld:
    """The judgements of one kind that are held back, each under its first reason."""

    def __init__(self, model: Judged, project: Project) -> None:
        rows: QuerySet[Any] = model._default_manager.filter(prompt__project=project)
        found = [keys_of(each) for each in by_reason(rows, project)]
        places = [np.full(len(keys), at, np.int8) for at, keys in enumerate(found, start=1)]
        # Of equal keys `unique` keeps the first, and reasons come in the order of their rank.
        self._keys, first = np.unique(np.concatenate(found), return_index=True)
        self._reasons: NDArray[np.int8] = np.concatenate(places)[first]

    def among(self, keys: Ints) -> dict[int, str]:
        """Why, of those of these keys that are held back."""
        if not len(self._keys):
            return {}
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        held = self._keys[at] == keys
        reasons = self._reasons[at[held]].tolist()
        return {
            key: REASONS[reason] for key, reason in zip(keys[held].tolist(), reasons, strict=True)
        }


def by_reason(rows: QuerySet[Any], project: Project) -> list[QuerySet[Any]]:
    """Those of these rows that are held back, by each reason in the order in which they count."""
    lanes = list(Lane.objects.filter(project=project, is_gold=True).values_list("pk", flat=True))
    verdicts = Review.objects.filter(prompt__project=project)
    returned = verdicts.filter(verdict=Review.Verdict.RETURN).values("reviewed")
    settled = verdicts.filter(verdict=Review.Verdict.SETTLE)
    is_of_settled = rows.none()
    if settled.exists():
        is_of_settled = rows.filter(assignment__task__in=_settled_tasks(settled))
    return [
        rows.filter(assignment__state=Assignment.State.REOPENED),
        rows.filter(assignment__task__lane__in=lanes),
        rows.filter(assignment__in=returned).filter(is_returned()),
        is_of_settled.filter(is_settled(rows.model)),
    ]


def _settled_tasks(settlements: QuerySet[Review]) -> QuerySet[Any]:
    """The tasks that were settled, and the reviews of them, whose rows may be settled anew."""
    abouts = settlements.values("about")
    own = Task.objects.filter(pk__in=abouts).values("pk")
    of_task = Task.objects.filter(about__in=abouts).values("pk")
    return own.union(of_task, Task.objects.filter(reviewed__task__in=abouts).values("pk"))
