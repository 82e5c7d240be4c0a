"""Reviewers are measured too: how much, how they decide, and whether others decide alike."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from labeling.judging.aftermath import disputed
from labeling.models import Comparison, Demonstration, Ranking, Review, Submission
from labeling.quality.intervals import Share, share
from projects.models import Project, User

Verdict = Review.Verdict
GOOD = Verdict.ACCEPT


@dataclass
class Measure:
    """One reviewer. `agreement` is over verdicts that somebody looked at again."""

    user: User
    verdicts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Verdict.values, 0))
    seconds: list[float] = field(default_factory=list)
    n_again: int = 0
    n_alike: int = 0

    @property
    def number(self) -> int:
        return sum(self.verdicts.values())

    @property
    def median_seconds(self) -> float | None:
        return median(self.seconds) if self.seconds else None

    @property
    def n_overturned(self) -> int:
        return self.n_again - self.n_alike

    @property
    def agreement(self) -> Share | None:
        return share(self.n_alike, self.n_again)

    def percent(self, verdict: str) -> int | None:
        given = self.number - self.verdicts[Verdict.SETTLE]
        return round(100 * self.verdicts[verdict] / given) if given else None

    @property
    def accepted_percent(self) -> int | None:
        return self.percent(Verdict.ACCEPT)

    @property
    def fixed_percent(self) -> int | None:
        return self.percent(Verdict.FIX)

    @property
    def returned_percent(self) -> int | None:
        return self.percent(Verdict.RETURN)


def measures(project: Project) -> list[Measure]:
    """Every reviewer of the project who has given a verdict, the busiest first.

    A verdict was looked at again where another reviewer gave one on the same submission before
    its labeler changed it, or where an accepted judgement's task was settled afterwards. It was
    overturned where one finds good (accepts) what the other does not, or where the settlement
    contradicts the accepted judgement.
    """
    found: dict[int, Measure] = {}
    reviews = Review.objects.filter(prompt__project=project).select_related("labeler")
    for review in reviews.order_by("pk"):
        mine = found.setdefault(review.labeler_id, Measure(review.labeler))
        mine.verdicts[review.verdict] += 1
        mine.seconds.append(review.active_seconds or review.seconds)
    for reviewer, is_alike in (*_second_looks(project), *_settlements(project)):
        found[reviewer].n_again += 1
        found[reviewer].n_alike += is_alike
    return sorted(found.values(), key=lambda one: (-one.number, one.user.username))


def _second_looks(project: Project) -> list[tuple[int, bool]]:
    """(reviewer, whether the next verdict of somebody else on the same row was alike)."""
    by_assignment: dict[int, list[Review]] = defaultdict(list)
    reviews = Review.objects.filter(prompt__project=project, reviewed__isnull=False)
    for review in reviews.order_by("reviewed_id", "pk"):
        if review.reviewed_id is not None:
            by_assignment[review.reviewed_id].append(review)
    looked_at_again = [pk for pk, several in by_assignment.items() if len(several) > 1]
    changed = _changes(looked_at_again)
    return [
        (first.labeler_id, (first.verdict == GOOD) == (second.verdict == GOOD))
        for pk in looked_at_again
        for first, second in zip(by_assignment[pk], by_assignment[pk][1:], strict=False)
        if first.labeler_id != second.labeler_id
        and first.verdict != Verdict.FIX
        and not any(first.created_at < at < second.created_at for at in changed[pk])
    ]


def _changes(assignments: list[int]) -> dict[int, list[datetime]]:
    """When labelers corrected these."""
    changes: dict[int, list[datetime]] = defaultdict(list)
    kinds: tuple[type[Submission], ...] = (Demonstration, Comparison, Ranking)
    for kind in kinds:
        rows = kind._default_manager.filter(assignment__in=assignments, supersedes__isnull=False)
        for pk, at in rows.values_list("assignment_id", "created_at"):
            changes[pk].append(at)
    return changes


def _settlements(project: Project) -> list[tuple[int, bool]]:
    """(reviewer, whether the settlement agrees with the judgement they had accepted)."""
    settled = list(Review.objects.filter(prompt__project=project, verdict=Verdict.SETTLE))
    accepted = Review.objects.filter(
        verdict=GOOD, reviewed__task__in=[review.about_id for review in settled]
    )
    by_task: dict[int, list[Review]] = defaultdict(list)
    for review in accepted.select_related("reviewed"):
        if review.reviewed is not None:
            by_task[review.reviewed.task_id].append(review)
    pairs = [
        (review, settlement)
        for settlement in settled
        for review in by_task[settlement.about_id or 0]
        if review.created_at < settlement.created_at and review.labeler_id != settlement.labeler_id
    ]
    rows = _last_rows({pk for one, other in pairs for pk in (one.reviewed_id, other.assignment_id)})
    return [
        (review.labeler_id, not disputed([rows[review.reviewed_id], rows[other.assignment_id]]))
        for review, other in pairs
        if review.reviewed_id in rows and other.assignment_id in rows
    ]


def _last_rows(assignments: set[int | None]) -> dict[int | None, Comparison | Ranking]:
    """The last judgement row of each assignment, of the kinds that can be contradicted."""
    found: dict[int | None, Comparison | Ranking] = {}
    for comparison in Comparison.objects.filter(assignment__in=assignments).order_by("pk"):
        found[comparison.assignment_id] = comparison
    for ranking in Ranking.objects.filter(assignment__in=assignments).order_by("pk"):
        found[ranking.assignment_id] = ranking
    return found
