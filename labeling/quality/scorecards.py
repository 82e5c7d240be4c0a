"""How the work of labelers goes: volume, time, gold, agreement, reviews. All of it in SQL."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Aggregate, Count, FloatField, Max, Q, QuerySet, Sum
from django.db.models.functions import NullIf, TruncWeek
from django.utils import timezone

from labeling.judging.rules import rules_of
from labeling.models import Assignment, GoldResult, Labeler, Review, Task, WorkRules
from labeling.quality.intervals import Share, share
from projects.models import Project, User

WEEKS = 12
OF_WORK: tuple[str, ...] = ("accept", "fix", "return")
"""The verdicts on somebody's work."""
DONE = (Assignment.State.SUBMITTED, Assignment.State.REOPENED)
# Of each judgement that others made too, the share of them that took the same side; then summed.
# Gold tasks are left out: there it is the expected judgement that counts.
AGREEMENT = """
WITH judged AS MATERIALIZED (
    SELECT comparison.id, assignment.task_id, assignment.labeler_id,
           LEAST(response_a_id, response_b_id) AS low,
           GREATEST(response_a_id, response_b_id) AS high,
           CASE WHEN both_bad THEN 9
                WHEN response_a_id < response_b_id THEN SIGN(preference)
                ELSE -SIGN(preference) END AS said
    FROM labeling_comparison comparison
    JOIN labeling_assignment assignment ON assignment.id = comparison.assignment_id
    JOIN labeling_task task ON task.id = assignment.task_id
    WHERE task.project_id = %(project)s AND task.kind = 'comparison'
      AND task.variant NOT LIKE 'gold-%%'
      AND (%(labeler)s::bigint IS NULL OR task.id IN (
          SELECT own.task_id FROM labeling_assignment own WHERE own.labeler_id = %(labeler)s))
      AND NOT EXISTS (
          SELECT 1 FROM labeling_comparison later
          WHERE later.supersedes_id = comparison.id AND later.labeler_id = comparison.labeler_id)
), shared AS (
    SELECT mine.labeler_id, mine.id, AVG((mine.said = other.said)::int) AS agreed
    FROM judged mine
    JOIN judged other USING (task_id, low, high)
    WHERE other.labeler_id <> mine.labeler_id
      AND (%(labeler)s::bigint IS NULL OR mine.labeler_id = %(labeler)s)
    GROUP BY mine.labeler_id, mine.id
)
SELECT labeler_id, SUM(agreed)::float, COUNT(*) FROM shared GROUP BY labeler_id
"""


class Median(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True)
class OfKind:
    label: str
    number: int
    median_seconds: float | None


@dataclass(frozen=True)
class Week:
    begins: date
    number: int


@dataclass
class Summary:
    """One labeler in one line. `agreement` is with others on the same comparisons."""

    user: User
    number: int = 0
    median_seconds: float | None = None
    gold: Share | None = None
    agreement: Share | None = None
    verdicts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OF_WORK, 0))
    n_skipped: int = 0
    n_flagged: int = 0
    last_at: datetime | None = None
    paused_at: datetime | None = None

    @property
    def n_reviewed(self) -> int:
        return sum(self.verdicts.values())

    @property
    def returned(self) -> Share | None:
        return share(self.verdicts[Review.Verdict.RETURN], self.n_reviewed)


@dataclass
class Scorecard(Summary):
    """One labeler in full."""

    kinds: list[OfKind] = field(default_factory=list)
    weeks: list[Week] = field(default_factory=list)
    labeler: Labeler | None = None

    @property
    def busiest_week(self) -> int:
        return max((week.number for week in self.weeks), default=0)


def summary_of(project: Project) -> list[Summary]:
    """Everybody who has had work in the project, the busiest first, in a few statements."""
    people = User.objects.filter(
        Q(memberships__project=project) | Q(assignments__task__project=project)
    )
    found = {user.pk: Summary(user) for user in people.distinct()}
    _fill(found, project)
    had_work = [one for one in found.values() if one.number or one.n_skipped or one.n_flagged]
    return sorted(had_work, key=lambda one: (-one.number, one.user.username))


def scorecard(project: Project, user: User, *, is_own: bool = False) -> Scorecard:
    """One labeler's work in one project.

    Where the project never tells which tasks are gold, `is_own` leaves out today's results: a
    score that moves after a submission would tell.
    """
    card = Scorecard(user)
    _fill({user.pk: card}, project, is_own=is_own)
    work = _done(project, {user.pk: card})
    of_kind = work.order_by().values("task__kind").annotate(number=Count("pk"), median=_median())
    by_kind = {row["task__kind"]: row for row in of_kind}
    card.kinds = [
        OfKind(kind.label, by_kind[kind]["number"], by_kind[kind]["median"])
        for kind in Task.Kind
        if kind in by_kind
    ]
    card.weeks = _weeks(work)
    card.labeler = Labeler.objects.filter(project=project, user=user).first()
    return card


def _fill(cards: dict[int, Any], project: Project, *, is_own: bool = False) -> None:
    """The figures of these people, each kind of figure in one statement for all of them."""
    assignments = Assignment.objects.filter(task__project=project, labeler__in=cards).order_by()
    states = assignments.values("labeler").annotate(
        number=Count("pk", filter=Q(state__in=DONE)),
        skipped=Count("pk", filter=Q(state=Assignment.State.SKIPPED)),
        flagged=Count("pk", filter=Q(state=Assignment.State.FLAGGED)),
        median=_median(),
        last=Max("ended_at", filter=Q(state__in=DONE)),
    )
    for row in states:
        card = cards[row["labeler"]]
        card.number, card.n_skipped, card.n_flagged = row["number"], row["skipped"], row["flagged"]
        card.median_seconds, card.last_at = row["median"], row["last"]
    for labeler, total, number in _gold(project, cards, is_own):
        cards[labeler].gold = share(total, number)
    verdicts = Review.objects.filter(reviewed__labeler__in=cards, reviewed__task__project=project)
    told = verdicts.order_by().values_list("reviewed__labeler", "verdict").annotate(Count("pk"))
    for labeler, verdict, number in told:
        cards[labeler].verdicts[verdict] = number
    for labeler, agreed, number in _agreement(project, cards):
        cards[labeler].agreement = share(agreed, number)
    paused = Labeler.objects.filter(project=project, user__in=cards, paused_at__isnull=False)
    for labeler, paused_at in paused.values_list("user", "paused_at"):
        cards[labeler].paused_at = paused_at


def _done(project: Project, cards: dict[int, Any]) -> QuerySet[Assignment]:
    return Assignment.objects.filter(
        task__project=project, labeler__in=cards, state__in=DONE
    ).order_by()


def _median() -> Median:
    """Of the time at work; what came in without it being measured is left out."""
    return Median(NullIf("active_seconds", 0.0), filter=Q(state__in=DONE))


def _gold(project: Project, cards: dict[int, Any], is_own: bool) -> list[tuple[int, float, int]]:
    results = GoldResult.objects.filter(
        gold__task__project=project, gold__retired_at=None, labeler__in=cards
    )
    if is_own and rules_of(project).gold_feedback == WorkRules.GoldFeedback.NEVER:
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        results = results.filter(created_at__lt=today)
    by_labeler = results.order_by().values_list("labeler")
    return list(by_labeler.annotate(total=Sum("score"), number=Count("pk")))


def _agreement(project: Project, cards: dict[int, Any]) -> list[tuple[int, float, int]]:
    one = next(iter(cards)) if len(cards) == 1 else None
    with connection.cursor() as cursor:
        cursor.execute(AGREEMENT, {"project": project.pk, "labeler": one})
        return [row for row in cursor.fetchall() if row[0] in cards]


def _weeks(work: QuerySet[Assignment]) -> list[Week]:
    """The last weeks with work, the latest last."""
    weeks = work.annotate(week=TruncWeek("ended_at")).values("week").annotate(number=Count("pk"))
    rows = weeks.order_by("-week")[:WEEKS]
    return [Week(row["week"].date(), row["number"]) for row in rows if row["week"]][::-1]
