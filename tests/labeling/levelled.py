"""Rows of autonomy for tests: pairs that people and a judge have judged."""

from typing import Any

from django.utils import timezone

from instructions.models import GuidelineVersion
from labeling.autonomy.changing import change_autonomy
from labeling.models import (
    Assignment,
    Autonomy,
    Comparison,
    Judge,
    JudgeRun,
    JudgeVerdict,
    Task,
)
from projects.models import Project, User
from tests.labeling.rows import make_comparison_task


def make_verdict(
    judge: Judge,
    task: Task,
    version: GuidelineVersion,
    outcome: str = "first",
    *,
    sure: float = 0.95,
    **fields: Any,
) -> JudgeVerdict:
    """A finished verdict on the task's first two answers, without any draw."""
    run = JudgeRun.objects.filter(judge=judge).first() or JudgeRun.objects.create(
        judge=judge,
        guideline_version=version,
        most=1,
        created_by=judge.created_by,
        state="done",
        ended_at=timezone.now(),
    )
    first, second = sorted(task.candidates.values_list("response_id", flat=True))[:2]
    abstained = {"abstention": "inconsistent"} if outcome == "abstained" else {}
    return JudgeVerdict.objects.create(
        judge=judge,
        run=run,
        task=task,
        guideline_version=version,
        first_id=first,
        second_id=second,
        state="done",
        outcome=outcome,
        confidence=None if abstained else sure,
        confidence_from="" if abstained else "stated",
        reasons=["A is clearer.", "B is clearer."],
        finished_at=timezone.now(),
        **{**abstained, **fields},
    )


def make_audited(
    judge: Judge,
    labeler: User,
    version: GuidelineVersion,
    *,
    agreeing: int,
    differing: int = 0,
    sure: float = 0.95,
) -> list[Task]:
    """Tasks that a judge decided and a person judged, as often the same and otherwise as said."""
    tasks = []
    for number in range(agreeing + differing):
        task = make_comparison_task(judge.project)
        Task.objects.filter(pk=task.pk).update(
            n_assigned=1, n_submitted=1, is_open=False, state="complete"
        )
        make_verdict(judge, task, version, "first", sure=sure)
        judged_by(labeler, task, version, -2 if number < agreeing else 2)
        tasks.append(task)
    return tasks


def judged_by(
    labeler: User, task: Task, version: GuidelineVersion, preference: int | None
) -> Comparison:
    """A judgement of the answers as they stand in the task, the first on side A; None: both bad."""
    shown = sorted(task.candidates.values_list("response_id", flat=True))[:2]
    assignment = Assignment.objects.create(
        task=task,
        labeler=labeler,
        state="submitted",
        leased_until=timezone.now(),
        presented=shown,
        guideline_version=version,
        ended_at=timezone.now(),
    )
    return Comparison.objects.create(
        assignment=assignment,
        labeler=labeler,
        guideline_version=version,
        seconds=9.0,
        prompt=task.prompt,
        response_a_id=shown[0],
        response_b_id=shown[1],
        preference=preference,
        both_bad=preference is None,
    )


def at_level(project: Project, level: int, judge: Judge, **terms: Any) -> Autonomy:
    """Comparisons at a level, past the guard."""
    values: dict[str, Any] = {"level": level, "judge": judge, "fewest": 20, **terms}
    row, _ = Autonomy.objects.update_or_create(project=project, kind="comparison", defaults=values)
    return row


def raise_to(level: int, *, by: User, project: Project, **given: Any) -> Autonomy:
    return change_autonomy(by=by, project=project, kind="comparison", level=level, **given)
