"""Gold tasks at work: results, what a labeler is told, pauses and qualification.

How gold tasks come to be is in `gold_making.py`.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from labeling.gold.scores import comparison_score, ranking_score
from labeling.judging.rules import rules_of
from labeling.models import (
    Assignment,
    Comparison,
    Flag,
    Gold,
    GoldResult,
    Labeler,
    Ranking,
    Submission,
    Task,
    WorkRules,
)
from labeling.reviewing.asking import GOLD
from projects import audit
from projects.access import OWNERS, STAFF, membership
from projects.errors import Conflict, NotFound
from projects.models import Membership, Project, User
from projects.text import clean_text

NOTE_LIMIT = 1_000


@dataclass(frozen=True)
class Feedback:
    """What a labeler is told after a gold task."""

    gold: Gold
    score: float
    flag: Flag | None

    @property
    def is_right(self) -> bool:
        return self.score >= 1


def is_gold(task: Task) -> bool:
    return task.variant.startswith(GOLD)


def score_of(row: Submission, gold: Gold) -> float:
    """How right this judgement is, from 0 to 1."""
    expected = gold.expected
    if isinstance(row, Comparison):
        first = gold.task.candidates.order_by("position").values_list("response_id", flat=True)[0]
        return comparison_score(
            row.preference,
            accepted=expected["preferences"],
            accepts_both_bad=expected["both_bad"],
            is_turned=row.response_a_id != first,
            is_simple=row.scale == Comparison.Scale.SIMPLE,
        )
    if isinstance(row, Ranking):
        return ranking_score(
            row.tiers,
            expected=expected["tiers"],
            all_bad=row.all_bad,
            expects_all_bad=expected["all_bad"],
        )
    raise TypeError(f"no gold for {type(row)}")


def record_result(row: Submission, rules: WorkRules) -> None:
    """Keep how right a judgement of a gold task is, and pause its labeler where the rules say so.

    Who was shown the expected judgement cannot better the result by correcting their own.
    """
    gold = Gold.objects.filter(task=row.assignment.task_id, retired_at=None).first()
    if gold is None:
        return
    if row.supersedes is None:
        GoldResult.objects.create(
            gold=gold, assignment=row.assignment, labeler=row.labeler, score=score_of(row, gold)
        )
    elif rules.gold_feedback == WorkRules.GoldFeedback.NEVER:
        GoldResult.objects.filter(assignment=row.assignment).update(score=score_of(row, gold))
    else:
        return
    _pause_if_below(row.labeler, row.assignment.task.project, rules)


def may_tell(rules: WorkRules) -> bool:
    """Whether a judgement may be followed by `feedback_for` it. Said of the project alone, so
    that it tells nothing of a task."""
    is_told = rules.gold_feedback != WorkRules.GoldFeedback.NEVER
    return is_told and bool(rules.gold_percent or rules.qualify_percent)


def feedback_for(assignment: Assignment) -> Feedback | None:
    """What to tell the labeler now; None where it was no gold task or the project tells nothing."""
    if not is_gold(assignment.task):
        return None
    found = (
        GoldResult.objects.filter(assignment=assignment)
        .select_related("gold__task", "assignment")
        .first()
    )
    if found is None or rules_of(assignment.task.project).gold_feedback == "never":
        return None
    flag = Flag.objects.filter(assignment=assignment).first()
    return Feedback(gold=found.gold, score=found.score, flag=flag)


def dispute(*, by: User, assignment: Assignment, note: str) -> Flag:
    """A labeler says why the expected judgement is wrong; its owner reads it among the flags."""
    note = clean_text(note, field="note", limit=NOTE_LIMIT).strip()
    if assignment.labeler_id != by.pk or feedback_for(assignment) is None:
        raise NotFound("There is no such task, or it is not yours.")
    task = assignment.task
    with transaction.atomic():
        flag, is_new = Flag.objects.get_or_create(
            assignment=assignment,
            defaults={"task": task, "by": by, "reason": Flag.Reason.BROKEN, "note": note},
        )
        if is_new:
            audit.record(verb="gold.disputed", by=by, project=task.project, subject=task)
    return flag


def qualified(member: Membership) -> bool | None:
    """Whether this member may be given other tasks than gold ones.

    None while they still do the gold tasks that decide it. Once in, they stay in: later scores
    are a matter of pausing. After a person lifts a pause, the gold tasks since then count too.
    """
    rules = rules_of(member.project)
    if not rules.qualify_percent or member.role in STAFF:
        return True
    n_golds = Gold.objects.filter(task__project=member.project, retired_at=None).count()
    needed = min(rules.qualify_golds, n_golds)
    if needed == 0:
        return True
    results = _results(member.user, member.project).order_by("pk")
    first = list(results.values_list("score", flat=True)[:needed])
    if len(first) == needed and 100 * sum(first) >= rules.qualify_percent * needed:
        return True
    labeler = Labeler.objects.filter(project=member.project, user=member.user).first()
    if labeler is not None and labeler.resumed_at is not None:
        since = results.filter(created_at__gt=labeler.resumed_at)
        first = list(since.values_list("score", flat=True)[:needed])
    if len(first) < needed:
        return None
    return 100 * sum(first) >= rules.qualify_percent * needed


def resume(*, by: User, labeler: Labeler, note: str) -> Labeler:
    """Lift a pause; gold counts anew from now on. The note says why, for the record."""
    membership(by, labeler.project.slug, roles=OWNERS)
    note = clean_text(note, field="note", limit=NOTE_LIMIT, required=False).strip()
    with transaction.atomic():
        held = Labeler.objects.select_for_update().get(pk=labeler.pk)
        if held.paused_at is None:
            raise Conflict("This labeler is not paused.")
        held.paused_at, held.pause_reason, held.resumed_at = None, "", timezone.now()
        held.save(update_fields=["paused_at", "pause_reason", "resumed_at"])
        audit.record(
            verb="labeler.resumed", by=by, project=held.project, subject=held.user, note=note
        )
    return held


def _pause_if_below(user: User, project: Project, rules: WorkRules) -> None:
    if not rules.pause_below_percent:
        return
    labeler = Labeler.objects.filter(project=project, user=user).first()
    results = _results(user, project)
    if labeler is not None and labeler.resumed_at is not None:
        results = results.filter(created_at__gt=labeler.resumed_at)
    last = list(results.order_by("-pk").values_list("score", flat=True)[: rules.pause_after_golds])
    if not last or len(last) < rules.pause_after_golds:
        return
    percent = 100 * sum(last) / len(last)
    if percent >= rules.pause_below_percent or (labeler and labeler.paused_at):
        return
    reason = (
        f"The last {len(last)} tasks whose answer is known came out at {percent:.0f} %, "
        f"and this project asks for {rules.pause_below_percent} %."
    )
    Labeler.objects.update_or_create(
        project=project,
        user=user,
        defaults={"paused_at": timezone.now(), "pause_reason": reason},
    )
    audit.record(
        verb="labeler.paused", by=None, project=project, subject=user, percent=round(percent)
    )


def _results(user: User, project: Project) -> QuerySet[GoldResult]:
    """A retired gold task no longer counts for or against anybody."""
    return GoldResult.objects.filter(
        labeler=user, gold__task__project=project, gold__retired_at=None
    )
