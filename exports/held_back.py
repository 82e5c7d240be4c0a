"""What an export made now would hold back, and why, counted before it is made.

Each number is found from its own rare side, as `exports.reading.withheld` finds the judgements
themselves, so that they cost little beside all that there are.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import QuerySet

from exports.models import QuarantinedJudgement
from exports.reading.copying import keys_of
from exports.reading.withheld import Judged, by_reason
from labeling.models import Comparison, Demonstration, Ranking
from projects.models import Project

REASONS = ("corrected", "gold", "returned", "settled", "quarantined")
"""In the order in which they count."""
WORDS = {
    "corrected": "being corrected by its author",
    "gold": "of a gold task, whose answer was known before",
    "quarantined": "in quarantine",
    "returned": "returned by a reviewer and not corrected yet",
    "settled": "decided by a reviewer who settled the task",
}
MANY = {
    "corrected": "being corrected by their authors",
    "gold": "of gold tasks, whose answers were known before",
    "quarantined": "in quarantine",
    "returned": "returned by a reviewer and not corrected yet",
    "settled": "decided by a reviewer who settled their tasks",
}


@dataclass(frozen=True)
class HeldBack:
    """Judgements left out of the next export; each is counted under its first reason alone."""

    demonstrations: dict[str, int]
    preferences: dict[str, int]

    @property
    def demonstrations_said(self) -> list[str]:
        return _said(self.demonstrations)

    @property
    def preferences_said(self) -> list[str]:
        return _said(self.preferences)


def held_back(project: Project) -> HeldBack:
    preferences = _numbers(project, Comparison) + _numbers(project, Ranking)
    votes = _quarantined(project, "vote").values("judgement").distinct().count()
    preferences += Counter({"quarantined": votes})
    return HeldBack(dict(_numbers(project, Demonstration)), dict(preferences))


def _numbers(project: Project, model: Judged) -> Counter[str]:
    rows: QuerySet[Any] = model._default_manager.filter(prompt__project=project, superseded_by=None)
    taken = _quarantined(project, str(model._meta.model_name)).values("judgement")
    found = [keys_of(each) for each in (*by_reason(rows, project), rows.filter(pk__in=taken))]
    ranks = np.repeat(np.arange(len(REASONS)), [len(keys) for keys in found])
    # Of equal keys `unique` keeps the first, and reasons come in the order of their rank.
    first = np.unique(np.concatenate(found), return_index=True)[1]
    return Counter(REASONS[rank] for rank in sorted(ranks[first].tolist()))


def _quarantined(project: Project, source: str) -> QuerySet[QuarantinedJudgement]:
    return QuarantinedJudgement.objects.filter(
        quarantine__project=project, quarantine__released_at=None, source=source
    )


def _said(numbers: dict[str, int]) -> list[str]:
    return [
        f"{number:,} {(WORDS if number == 1 else MANY)[reason]}"
        for reason, number in numbers.items()
    ]
