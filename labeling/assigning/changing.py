"""What a project's staff does with tasks that were picked from a list, or with one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from labeling.assigning import settling
from labeling.assigning.lanes import MOST_SKILLS, SKILL_LIMIT, move_tasks
from labeling.assigning.overlap import set_overlap
from labeling.intake.prompt_files import PRIORITIES
from labeling.models import Assignment, Task
from labeling.reviewing.asking import GOLD, ask_adjudication, ask_review
from projects.access import OWNERS, STAFF, membership
from projects.errors import InvalidInput
from projects.models import Project, User
from projects.text import clean_text

MOST_CHANGED = 10_000
MOST_SETTLED = 500
SETTLED_KINDS = (Task.Kind.COMPARISON, Task.Kind.RANKING)
MOST_DIGITS = 6


@dataclass(frozen=True)
class Done:
    """How many tasks were changed (or reviews asked for), of how many, and in words."""

    number: int
    of: int
    said: str


@dataclass(frozen=True)
class Action:
    """Something to do with tasks; `needs` names the value that it takes."""

    label: str
    done: str
    is_for_owners: bool = True
    needs: str = ""


ACTIONS: dict[str, Action] = {
    **{
        f"priority:{name}": Action(f"Priority: {name}", f"moved to {name} priority")
        for name in reversed(PRIORITIES)
    },
    "language": Action("Set the language", "given their language", needs="language"),
    "skills": Action("Set the skills", "given their skills", needs="skills"),
    "overlap": Action("Set the overlap", "given their overlap", needs="overlap"),
    "put_back": Action("Put back in the queue", "put back"),
    "draw_again": Action("Draw candidates again", "to be drawn again"),
    "retire": Action("Retire", "retired"),
    "review": Action("Send to review", "sent to review", is_for_owners=False),
    "settle": Action("Have settled by a reviewer", "to be settled", is_for_owners=False),
}


def change_tasks(
    *, by: User, project: Project, action: str, value: str = "", tasks: Sequence[int]
) -> Done:
    """Do one of ACTIONS with the tasks of this project that have these keys.

    `value` is the language, the skills (separated by commas) or the overlap to set.
    """
    known = ACTIONS.get(action) if isinstance(action, str) else None
    if known is None:
        membership(by, project.slug, roles=STAFF)
        raise InvalidInput.field("action", "choose what to do with them")
    membership(by, project.slug, roles=OWNERS if known.is_for_owners else STAFF)
    if not tasks:
        raise InvalidInput.field("pick", "choose at least one task")
    if len(tasks) > MOST_CHANGED:
        raise InvalidInput.field("pick", f"must be at most {MOST_CHANGED:,} tasks")
    verb = _VERBS[action.partition(":")[0]]
    number = verb(by, project, Task.objects.filter(project=project, pk__in=tasks), action, value)
    return Done(number, len(tasks), known.done)


def change_task(
    *,
    by: User,
    task: Task,
    priority: Any = None,
    language: Any = None,
    skills: Any = None,
    overlap: Any = None,
) -> Task:
    """Change how one task waits and for how many; what is None stays as it is."""
    project = task.project
    membership(by, project.slug, roles=OWNERS)
    moves = priority is not None or language is not None or skills is not None
    with transaction.atomic():
        if moves or overlap is None:
            number = None if priority is None else _priority(priority)
            move_tasks(
                by=by,
                project=project,
                tasks=[task],
                priority=number,
                language=language,
                skills=skills,
            )
        if overlap is not None:
            set_overlap(by=by, project=project, tasks=[task], overlap=overlap)
    return Task.objects.select_related("lane", "prompt", "project").get(pk=task.pk)


def _priority(name: Any) -> int:
    if not isinstance(name, str) or name not in PRIORITIES:
        raise InvalidInput.field("priority", f"must be one of {', '.join(PRIORITIES)}")
    return int(PRIORITIES[name])


def _move(by: User, project: Project, tasks: QuerySet[Task], action: str, _: str) -> int:
    priority = _priority(action.partition(":")[2])
    return move_tasks(by=by, project=project, tasks=tasks, priority=priority)


def _name_language(by: User, project: Project, tasks: QuerySet[Task], _: str, value: str) -> int:
    return move_tasks(by=by, project=project, tasks=tasks, language=value)


def _name_skills(by: User, project: Project, tasks: QuerySet[Task], _: str, value: str) -> int:
    limit = 2 * MOST_SKILLS * SKILL_LIMIT
    text = clean_text(value, field="skills", limit=limit, required=False)
    skills = [part.strip() for part in text.split(",") if part.strip()]
    return move_tasks(by=by, project=project, tasks=tasks, skills=skills)


def _overlap(by: User, project: Project, tasks: QuerySet[Task], _: str, value: str) -> int:
    text = value.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise InvalidInput.field("overlap", "must be a whole number of labelers")
    return set_overlap(by=by, project=project, tasks=tasks, overlap=int(text))


def _settling(
    verb: Callable[..., int],
) -> Callable[[User, Project, QuerySet[Task], str, str], int]:
    def settle(by: User, project: Project, tasks: QuerySet[Task], _: str, __: str) -> int:
        return verb(by=by, project=project, tasks=list(tasks.values_list("pk", flat=True)))

    return settle


def _review(by: User, project: Project, tasks: QuerySet[Task], _: str, __: str) -> int:
    submitted = Assignment.objects.filter(task__in=tasks, state=Assignment.State.SUBMITTED)
    return ask_review(by=by, project=project, assignments=submitted.only("pk"))


def _settle(by: User, project: Project, tasks: QuerySet[Task], _: str, __: str) -> int:
    judged = tasks.filter(kind__in=SETTLED_KINDS, n_submitted__gt=0)
    found = list(judged.exclude(variant__startswith=GOLD).select_related("project").order_by("pk"))
    if len(found) > MOST_SETTLED:
        raise InvalidInput.field("pick", f"must be at most {MOST_SETTLED} tasks to settle")
    with transaction.atomic():
        made = [ask_adjudication(by=by, task=task, cause=_cause(task)) for task in found]
    return len([task for task in made if task is not None])


def _cause(task: Task) -> str:
    return Task.Cause.DISPUTED if task.is_disputed else Task.Cause.ASKED


_VERBS: dict[str, Callable[[User, Project, QuerySet[Task], str, str], int]] = {
    "priority": _move,
    "language": _name_language,
    "skills": _name_skills,
    "overlap": _overlap,
    "put_back": _settling(settling.put_back),
    "draw_again": _settling(settling.draw_again),
    "retire": _settling(settling.retire),
    "review": _review,
    "settle": _settle,
}
