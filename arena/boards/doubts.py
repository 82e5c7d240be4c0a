"""How many votes count less or not, and why: the summary that a board publishes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import Count, Q

from arena.models import CountedVote, IntegrityCheck, VoteFlag
from projects.models import Project

KEPT_SECONDS = 60


@dataclass(frozen=True)
class DoubtRow:
    """`share` of all counted votes, 0…1."""

    label: str
    number: int
    share: float

    @property
    def percent(self) -> str:
        return f"{100 * self.share:.1f}"


@dataclass(frozen=True)
class Doubts:
    n_votes: int = 0
    rows: tuple[DoubtRow, ...] = ()
    checked_at: datetime | None = None


def doubts_of(*, project: Project) -> Doubts:
    """As of at most a minute ago: it reads every counted vote."""
    key = f"arena:doubts:{project.pk}"
    known = cache.get(key)
    if isinstance(known, Doubts):
        return known
    found = _count(project)
    cache.set(key, found, timeout=KEPT_SECONDS)
    return found


def _count(project: Project) -> Doubts:
    votes = CountedVote.objects.filter(project=project).aggregate(
        all=Count("pk"), whole=Count("pk", filter=Q(weight=1)), none=Count("pk", filter=Q(weight=0))
    )
    n = votes["all"]
    flags = dict(
        VoteFlag.objects.filter(vote__project=project, lifted_at=None)
        .values_list("reason")
        .annotate(Count("pk"))
    )
    numbers = [
        ("Count in full", votes["whole"]),
        ("Count in part", n - votes["whole"] - votes["none"]),
        ("Count nothing", votes["none"]),
        *((f"Flag: {reason.label}", flags.get(reason.value, 0)) for reason in VoteFlag.Reason),
    ]
    check = IntegrityCheck.objects.filter(project=project).order_by("-pk").first()
    return Doubts(
        n,
        tuple(DoubtRow(label, number, number / n if n else 0.0) for label, number in numbers),
        check.checked_at if check else None,
    )
