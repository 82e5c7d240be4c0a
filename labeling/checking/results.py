"""Whether checks help: what came of tasks with them and without, and which clauses' claims hold."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Count, OuterRef, Q, QuerySet, Subquery, Variance

from labeling.checking import effect
from labeling.checking.effect import Counted, Difference, Sample
from labeling.models import (
    Assignment,
    Check,
    CheckArm,
    CheckClaim,
    CheckRules,
    Demonstration,
    Review,
)
from labeling.quality.intervals import Share, share
from projects.models import Project

SUBMITTED = (Assignment.State.SUBMITTED, Assignment.State.REOPENED)
MOST_CLAUSES = 200
VERDICTS = {
    "returned": Review.Verdict.RETURN,
    "fixed": Review.Verdict.FIX,
    "accepted": Review.Verdict.ACCEPT,
}


@dataclass(frozen=True)
class Measure:
    """One outcome on both sides; `difference` is None where a side has nothing yet."""

    key: str
    difference: Difference | None


@dataclass(frozen=True)
class ClauseClaims:
    """What labelers made of the claims under one clause."""

    anchor: str
    n_acted: int
    n_dismissed: int
    n_open: int
    dismissed: Share | None


@dataclass(frozen=True)
class Results:
    """`n_on` and `n_off` are the tasks that chance put on each side, begun since `since`."""

    since: datetime
    n_on: int
    n_off: int
    measures: tuple[Measure, ...]
    clauses: tuple[ClauseClaims, ...]
    n_checks: Counter[str]
    n_checked_tasks: int
    n_claims: int
    n_dropped: int


def results_of(project: Project, rules: CheckRules) -> Results:
    """By intention to treat: every task that was begun counts where chance put it."""
    arms = CheckArm.objects.filter(
        assignment__task__project=project,
        assignment__opened_at__isnull=False,
        drawn_at__gte=rules.measured_since,
    )
    sides = Counter(dict(arms.values_list("arm").annotate(n=Count("pk")).order_by()))
    checks = Check.objects.filter(
        assignment__task__project=project, created_at__gte=rules.measured_since
    )
    states = Counter(dict(checks.values_list("state").annotate(n=Count("pk")).order_by()))
    clauses = _clauses(checks)
    dropped = checks.values_list("n_dropped", flat=True)
    return Results(
        since=rules.measured_since,
        n_on=sides[CheckArm.Arm.ON],
        n_off=sides[CheckArm.Arm.OFF],
        measures=(*_of_reviews(arms), _active_seconds(arms), _submitted(arms)),
        clauses=clauses,
        n_checks=states,
        n_checked_tasks=checks.values("assignment").distinct().count(),
        n_claims=sum(each.n_acted + each.n_dismissed + each.n_open for each in clauses),
        n_dropped=sum(dropped.filter(n_dropped__gt=0)),
    )


def _of_reviews(arms: QuerySet[CheckArm]) -> list[Measure]:
    """Of the tasks that were reviewed, by the first verdict that stands."""
    verdicts = Review.objects.current().filter(reviewed=OuterRef("assignment"))
    first = Subquery(verdicts.order_by("pk").values("verdict")[:1])
    rows = arms.annotate(first=first).filter(first__isnull=False)
    counts: Counter[tuple[str, str]] = Counter()
    for arm, verdict, n in rows.values_list("arm", "first").annotate(n=Count("pk")).order_by():
        counts[arm, verdict] += n
    reviewed = {
        arm: sum(n for (side, _), n in counts.items() if side == arm) for arm in CheckArm.Arm.values
    }

    def counted(arm: str, verdict: str) -> Counted:
        return Counted(counts[arm, verdict], reviewed[arm])

    return [
        Measure(key, effect.share_difference(counted("on", verdict), counted("off", verdict)))
        for key, verdict in VERDICTS.items()
    ]


def _active_seconds(arms: QuerySet[CheckArm]) -> Measure:
    """Time at work until the first submission, where it is known."""
    first = Demonstration.objects.filter(
        supersedes=None, active_seconds__isnull=False, assignment__check_arm__in=arms
    )
    rows = first.values_list("assignment__check_arm__arm").annotate(
        n=Count("pk"), mean=Avg("active_seconds"), variance=Variance("active_seconds", sample=True)
    )
    samples = {arm: Sample(n, mean, variance or 0.0) for arm, n, mean, variance in rows.order_by()}
    nothing = Sample(0, 0.0, 0.0)
    on, off = samples.get("on", nothing), samples.get("off", nothing)
    return Measure("active_seconds", effect.mean_difference(on, off))


def _submitted(arms: QuerySet[CheckArm]) -> Measure:
    """Of the tasks that ended, those submitted and not skipped, flagged or left to lapse."""
    ended = arms.exclude(assignment__state=Assignment.State.OPEN)
    rows = ended.values_list("arm").annotate(
        n=Count("pk"), k=Count("pk", filter=Q(assignment__state__in=SUBMITTED))
    )
    counts = {arm: Counted(k, n) for arm, n, k in rows.order_by()}
    nothing = Counted(0, 0)
    difference = effect.share_difference(counts.get("on", nothing), counts.get("off", nothing))
    return Measure("submitted", difference)


def _clauses(checks: QuerySet[Check]) -> tuple[ClauseClaims, ...]:
    rows = (
        CheckClaim.objects.filter(checked__in=checks)
        .values_list("anchor")
        .annotate(
            n_acted=Count("pk", filter=Q(state=CheckClaim.State.ACTED)),
            n_dismissed=Count("pk", filter=Q(state=CheckClaim.State.DISMISSED)),
            n_open=Count("pk", filter=Q(state=CheckClaim.State.OPEN)),
        )
        .order_by("-n_dismissed", "-n_acted", "anchor")[:MOST_CLAUSES]
    )
    return tuple(
        ClauseClaims(anchor, acted, dismissed, open_, share(dismissed, acted + dismissed))
        for anchor, acted, dismissed, open_ in rows
    )
