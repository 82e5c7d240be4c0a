"""What an export made now would hold back, and why, counted before it is made.

Each number is found from its own rare side (gold lanes, corrections in hand, verdicts), so that
they cost little beside the judgements themselves.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from exports.models import QuarantinedJudgement
from labeling.models import Assignment, Comparison, Demonstration, Ranking, Review, Task
from labeling.reviewing.verdicts import is_returned, is_settled
from projects.models import Project

MODELS: tuple[type[Demonstration | Comparison | Ranking], ...] = (
    Demonstration,
    Comparison,
    Ranking,
)
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
    """The reasons are those of `exports.selecting`, in its order."""
    comparisons, rankings = Counter(_numbers(project, Comparison)), _numbers(project, Ranking)
    comparisons.update(rankings)
    votes = _quarantined(project, "vote").values("judgement").distinct().count()
    if votes:
        comparisons["quarantined"] += votes
    return HeldBack(_numbers(project, Demonstration), dict(comparisons))


def _numbers(project: Project, model: type[Demonstration | Comparison | Ranking]) -> dict[str, int]:
    rows: QuerySet[Any] = model._default_manager.filter(prompt__project=project, superseded_by=None)
    is_gold = Q(assignment__task__lane__is_gold=True)
    reopened = Q(assignment__state=Assignment.State.REOPENED)
    found = {"corrected": rows.filter(reopened).count()}
    found["gold"] = rows.filter(is_gold).exclude(reopened).count()
    verdicts = Review.objects.filter(prompt__project=project)
    others = rows.exclude(reopened).exclude(is_gold)
    returns = verdicts.filter(verdict=Review.Verdict.RETURN, reviewed__isnull=False)
    is_back = Q(assignment__in=returns.values("reviewed")) & is_returned()
    found["returned"] = others.filter(is_back).count()
    settlements = verdicts.filter(verdict=Review.Verdict.SETTLE)
    if settlements.exists():
        of_settled = others.filter(assignment__task__in=_settled_tasks(settlements))
        found["settled"] = of_settled.filter(is_settled(model)).exclude(is_back).count()
    quarantined = _quarantined(project, model._meta.model_name)
    if quarantined.exists():
        taken = others.exclude(is_back).filter(pk__in=quarantined.values("judgement"))
        found["quarantined"] = taken.exclude(is_settled(model)).count()
    return {reason: number for reason, number in found.items() if number}


def _quarantined(project: Project, source: str | None) -> QuerySet[QuarantinedJudgement]:
    return QuarantinedJudgement.objects.filter(
        quarantine__project=project, quarantine__released_at=None, source=source or ""
    )


def _settled_tasks(settlements: QuerySet[Review]) -> QuerySet[Any]:
    """The tasks that were settled, and the reviews of them, whose rows may be settled anew."""
    abouts = settlements.values("about")
    own = Task.objects.filter(pk__in=abouts).values("pk")
    of_task = Task.objects.filter(about__in=abouts).values("pk")
    return own.union(of_task, Task.objects.filter(reviewed__task__in=abouts).values("pk"))


def _said(numbers: dict[str, int]) -> list[str]:
    return [
        f"{number:,} {(WORDS if number == 1 else MANY)[reason]}"
        for reason, number in numbers.items()
    ]
