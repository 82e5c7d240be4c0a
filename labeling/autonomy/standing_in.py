"""Level 5: where the judge is sure its verdict stands; chance gives people a sample of them."""

import secrets

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone

from instructions.publish import current_version
from labeling.assigning.places import put_back_all
from labeling.autonomy.levels import Level
from labeling.models import Autonomy, Candidate, JudgeVerdict, MachineJudgement, Task
from projects import audit
from projects.access import OWNERS, membership
from projects.models import Project, User

SETTLED_AT_ONCE = 500
PAIR = 2


def settle_all() -> int:
    """Go through the waiting comparisons of every project at level 5; returns how many tasks a
    judge settled."""
    rows = Autonomy.objects.filter(kind=Task.Kind.COMPARISON, level=Level.AUDIT).order_by("pk")
    return sum(settle_alone(autonomy_id=pk) for pk in rows.values_list("pk", flat=True))


def settle_alone(*, autonomy_id: int) -> int:
    """Let sure verdicts stand for tasks that nobody has begun. Each task is drawn for once: an
    audited one stays in the queue exactly as it was. Idempotent; of two at once one does nothing.
    """
    with transaction.atomic():
        held = Autonomy.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        row = held.select_related("project").filter(pk=autonomy_id, level=Level.AUDIT).first()
        if row is None:
            return 0
        verdicts = {verdict.task_id: verdict for verdict in _sure(row)}
        tasks = Task.objects.select_for_update(of=("self",), skip_locked=True)
        free = tasks.filter(pk__in=verdicts, is_open=True, n_assigned=0, n_submitted=0)
        chosen = [task.pk for task in free.order_by("pk")]
        drawn = [
            MachineJudgement(
                task_id=pk,
                verdict=verdicts[pk],
                is_audit=secrets.randbelow(100) < row.audit_percent,
            )
            for pk in chosen
        ]
        MachineJudgement.objects.bulk_create(drawn)
        alone = [each.task_id for each in drawn if not each.is_audit]
        Task.objects.filter(pk__in=alone).update(state=Task.State.COMPLETE, is_open=False)
        if alone:
            audit.record(
                verb="autonomy.judged",
                by=None,
                project=row.project,
                subject=row,
                tasks=len(alone),
                judge=row.judge_id,
            )
    return len(alone)


def withdraw(*, by: User, project: Project) -> int:
    """Give what judges settled alone back to people; returns how many tasks. What people have
    judged since stays as it is."""
    membership(by, project.slug, roles=OWNERS)
    with transaction.atomic():
        rows = MachineJudgement.objects.select_for_update(of=("self",)).filter(
            task__project=project, is_audit=False, withdrawn_at=None
        )
        tasks = list(rows.order_by("task_id").values_list("task_id", flat=True))
        waiting = Task.objects.select_for_update().filter(
            pk__in=tasks, state=Task.State.COMPLETE, n_submitted=0
        )
        put_back_all(list(waiting.order_by("pk").values_list("pk", flat=True)))
        MachineJudgement.objects.filter(task__in=tasks).update(withdrawn_at=timezone.now())
        audit.record(
            verb="autonomy.withdrawn", by=by, project=project, subject=project, tasks=len(tasks)
        )
    return len(tasks)


def n_standing(project: Project) -> int:
    """Tasks that a judge settled and that nobody has judged since."""
    return standing(project).count()


def standing(project: Project) -> QuerySet[MachineJudgement]:
    """What judges settled alone and stands. A task that people have judged after all, because it
    was put back, counts by what they said."""
    return MachineJudgement.objects.filter(
        task__project=project, is_audit=False, withdrawn_at=None, task__n_submitted=0
    )


def _sure(row: Autonomy) -> list[JudgeVerdict]:
    """Decided verdicts under the guideline as it is now, on the two answers that still stand."""
    version = current_version(row.project)
    if version is None or row.judge_id is None:
        return []
    places = Candidate.objects.filter(task=OuterRef("task"))
    verdicts = JudgeVerdict.objects.filter(
        Exists(places.filter(response=OuterRef("first"))),
        Exists(places.filter(response=OuterRef("second"))),
        judge=row.judge_id,
        guideline_version=version,
        state=JudgeVerdict.State.DONE,
        confidence__gte=row.sure_percent / 100,
        task__project=row.project,
        task__state=Task.State.READY,
        task__is_open=True,
        task__n_assigned=0,
        task__lane__is_gold=False,
        task__machine_judgement=None,
    ).exclude(outcome=JudgeVerdict.Outcome.ABSTAINED)
    of_pairs = verdicts.annotate(n_answers=Count("task__candidates")).filter(n_answers=PAIR)
    return list(of_pairs.order_by("pk")[:SETTLED_AT_ONCE])
