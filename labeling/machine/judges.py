"""Judges of a project: set up, changed, retired."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from labeling.judging.rules import criteria_of
from labeling.models import Judge, JudgeRun, StressTest, Task
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Project, User
from projects.text import clean_name, clean_text
from workers.models import LanguageModel

NAME_LIMIT = 80
INSTRUCTION_LIMIT = 4_000
LEAST_BUDGET, MOST_BUDGET = 100, 100_000
MOST_JUDGES = 50
BIGGEST_KEY = 2**63 - 1


def judges_of(project: Project) -> list[Judge]:
    """Those in use first, each with its model."""
    rows = Judge.objects.filter(project=project).select_related("model", "created_by")
    return sorted(rows, key=lambda judge: (judge.retired_at is not None, judge.name, judge.pk))


def judge_of(project: Project, pk: int) -> Judge:
    rows = Judge.objects.select_related("model", "project", "created_by")
    found = rows.filter(project=project, pk=pk).first() if pk <= BIGGEST_KEY else None
    if found is None:
        raise NotFound("There is no such judge in this project.")
    return found


def models_to_judge() -> list[LanguageModel]:
    return list(LanguageModel.objects.drawable().order_by("name"))


def add_judge(
    *,
    by: User,
    project: Project,
    name: Any,
    model: Any,
    reads: Any = Judge.Reads.RELEVANT,
    token_budget: Any = 1_500,
    criteria: Sequence[Any] = (),
    instruction: Any = "",
    explains: bool = True,
    follows_percent: Any = 0,
) -> Judge:
    """Set up a judge; `model` is the key of a language model, `criteria` are keys of criteria."""
    membership(by, project.slug, roles=OWNERS)
    judge = Judge(
        project=project,
        name=clean_name(name, field="name", limit=NAME_LIMIT),
        model=_model(model),
        reads=_one_of(reads),
        token_budget=_whole(token_budget, "token_budget", LEAST_BUDGET, MOST_BUDGET),
        criteria=_criteria(project, criteria),
        instruction=clean_text(
            instruction, field="instruction", limit=INSTRUCTION_LIMIT, required=False
        ).strip(),
        explains=explains,
        follows_percent=_whole(follows_percent, "follows_percent", 0, 100),
        created_by=by,
    )
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        _require_room(project, judge.name)
        judge.followed_to = _last_task(project)
        judge.save()
        audit.record(
            verb="judge.added",
            by=by,
            project=project,
            subject=judge,
            name=judge.name,
            model=judge.model.name,
            follows_percent=judge.follows_percent,
        )
    return judge


def change_judge(*, by: User, judge: Judge, follows_percent: Any) -> Judge:
    """How many of the new comparison tasks it judges by itself, from those made from now on."""
    membership(by, judge.project.slug, roles=OWNERS)
    percent = _whole(follows_percent, "follows_percent", 0, 100)
    with transaction.atomic():
        held = Judge.objects.select_for_update(no_key=True).get(pk=judge.pk)
        if held.retired_at is not None:
            raise Conflict("This judge is retired.")
        if not held.follows_percent:
            held.followed_to = _last_task(judge.project)
        held.follows_percent = percent
        held.save(update_fields=["follows_percent", "followed_to"])
        audit.record(
            verb="judge.changed",
            by=by,
            project=judge.project,
            subject=held,
            follows_percent=percent,
        )
    return held


def retire_judge(*, by: User, judge: Judge) -> None:
    """It is asked no more; what it said stays. Its runs are to be cancelled first."""
    membership(by, judge.project.slug, roles=OWNERS)
    with transaction.atomic():
        held = Judge.objects.select_for_update(no_key=True).get(pk=judge.pk)
        if held.retired_at is not None:
            raise Conflict("This judge is retired already.")
        if _is_at_work(held):
            raise Conflict("It is at work. Cancel its runs and tests first.")
        held.retired_at, held.follows_percent = timezone.now(), 0
        held.save(update_fields=["retired_at", "follows_percent"])
        audit.record(verb="judge.retired", by=by, project=judge.project, subject=held)


def _is_at_work(judge: Judge) -> bool:
    asked = JudgeRun.objects.filter(judge=judge, state=JudgeRun.State.RUNNING)
    tested = StressTest.objects.filter(judge=judge, state=StressTest.State.RUNNING)
    return asked.exclude(filters__has_key="follows").exists() or tested.exists()


def _require_room(project: Project, name: str) -> None:
    rows = Judge.objects.filter(project=project)
    if rows.filter(name=name).exists():
        raise Conflict(f"There is a judge named {name!r} already.")
    if rows.filter(retired_at=None).count() >= MOST_JUDGES:
        raise Conflict(f"A project has at most {MOST_JUDGES} judges. Retire one first.")


def _last_task(project: Project) -> int:
    return Task.objects.filter(project=project).aggregate(last=Max("pk"))["last"] or 0


def _model(value: Any) -> LanguageModel:
    pk = _whole(value, "model", 1, BIGGEST_KEY)
    found = LanguageModel.objects.drawable().filter(pk=pk).first()
    if found is None:
        raise InvalidInput.field("model", "must be a language model that can be asked")
    return found


def _one_of(value: Any) -> str:
    if value not in Judge.Reads.values:
        raise InvalidInput.field("reads", f"must be one of {', '.join(Judge.Reads.values)}")
    return str(value)


def _criteria(project: Project, values: Sequence[Any]) -> list[str]:
    known = [criterion.key for criterion in criteria_of(project)]
    is_list = isinstance(values, list | tuple)
    if not is_list or not all(isinstance(value, str) and value in known for value in values):
        raise InvalidInput.field("criteria", "must be criteria of the project")
    return [key for key in known if key in values]


def _whole(value: Any, field: str, low: int, high: int) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not low <= value <= high:
        raise InvalidInput.field(field, f"must be a whole number from {low:,} to {high:,}")
    return int(value)
