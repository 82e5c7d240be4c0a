"""How much there is to export."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, Sum

from labeling.models import Comparison, Demonstration, Ranking
from projects.models import Project


@dataclass(frozen=True)
class Available:
    """How many judgements there are to export, and how many prefer one answer."""

    demonstrations: int
    comparisons: int
    comparisons_decided: int
    rankings: int
    ranked_pairs: int
    votes: int
    votes_decided: int

    @property
    def preferences(self) -> int:
        return self.comparisons + self.ranked_pairs + self.votes

    @property
    def preferences_decided(self) -> int:
        return self.comparisons_decided + self.ranked_pairs + self.votes_decided


def available(project: Project) -> Available:
    current = {"prompt__project": project, "superseded_by": None}
    comparisons = Comparison.objects.filter(**current).aggregate(
        total=Count("pk"), decided=Count("pk", filter=Q(both_bad=False) & ~Q(preference=0))
    )
    votes = project.votes.aggregate(
        total=Count("pk"), decided=Count("pk", filter=Q(verdict__in=["a", "b"]))
    )
    return Available(
        demonstrations=Demonstration.objects.filter(**current).count(),
        comparisons=comparisons["total"],
        comparisons_decided=comparisons["decided"],
        rankings=Ranking.objects.filter(**current).count(),
        ranked_pairs=_ranked_pairs(current),
        votes=votes["total"],
        votes_decided=votes["decided"],
    )


def _ranked_pairs(current: dict[str, Any]) -> int:
    """A ranking of K responses is worth K(K-1)/2 pairs."""
    size = F("assignment__presented__len")
    found = Ranking.objects.filter(**current).aggregate(pairs=Sum(size * (size - 1) / 2))
    return found["pairs"] or 0
