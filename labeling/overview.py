"""What is to be done and what was done, for the home and project pages."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from instructions.publish import current_version
from labeling.models import Assignment, Comparison, Demonstration, Task
from labeling.queue import counts
from projects.models import Membership, Project, User
from workers.models import LanguageModel

COUNTED = 1_000
RECENT = 10
HAD = (Assignment.State.OPEN, Assignment.State.SUBMITTED, Assignment.State.SKIPPED)
WORDS = {
    -3: "A is much better",
    -2: "A is better",
    -1: "A is slightly better",
    0: "Equal",
    1: "B is slightly better",
    2: "B is better",
    3: "B is much better",
}


@dataclass(frozen=True)
class KindOfWork:
    """One button on the home page. Counts stop at COUNTED, so that a long queue costs no more."""

    kind: str
    label: str
    n_ready: int
    n_drawing: int
    begun: Assignment | None

    @property
    def ready(self) -> str:
        return f"{COUNTED:,}+" if self.n_ready > COUNTED else str(self.n_ready)

    @property
    def drawing(self) -> str:
        return f"{COUNTED:,}+" if self.n_drawing > COUNTED else str(self.n_drawing)


@dataclass(frozen=True)
class Work:
    """What one person can do in one project, and what stands in the way."""

    member: Membership
    project: Project
    has_guideline: bool
    has_prompts: bool
    n_models: int
    kinds: list[KindOfWork]

    @property
    def needs_models(self) -> bool:
        return self.n_models < 2 and any(kind.n_drawing for kind in self.kinds)

    @property
    def is_finished(self) -> bool:
        return not any(kind.n_ready or kind.n_drawing or kind.begun for kind in self.kinds)


def work_for(member: Membership) -> Work:
    project, user = member.project, member.user
    return Work(
        member=member,
        project=project,
        has_guideline=current_version(project) is not None,
        has_prompts=project.prompts.exists(),
        n_models=LanguageModel.objects.up().count(),
        kinds=[_kind(user, project, kind, label) for kind, label in Task.Kind.choices],
    )


def works_of(user: User) -> list[Work]:
    members = Membership.objects.filter(user=user).select_related("project", "user")
    return [work_for(member) for member in members.order_by("project__name", "pk")]


def done_today(user: User) -> int:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return Assignment.objects.filter(
        labeler=user, state=Assignment.State.SUBMITTED, ended_at__gte=midnight
    ).count()


def drafts_of(user: User) -> QuerySet[Assignment]:
    """Work that was begun: leases held, and lapsed ones with a draft whose task has room."""
    begun = Assignment.objects.filter(labeler=user, task__project__memberships__user=user)
    held = begun.filter(state=Assignment.State.OPEN)
    lapsed = begun.filter(
        state=Assignment.State.LAPSED, draft_saved_at__isnull=False, task__is_open=True
    )
    found = (held | lapsed).select_related("task__prompt", "task__project")
    return found.order_by("-created_at", "-pk")


def funnel(project: Project) -> list[dict[str, Any]]:
    """Each kind of task with its numbers by state."""
    totals = counts(project)
    return [
        {
            "kind": kind,
            "label": label,
            "total": sum(totals[kind][state] for state in Task.State.values),
            "busy": totals[kind][Task.State.READY] - totals[kind]["open"],
            **totals[kind],
        }
        for kind, label in Task.Kind.choices
    ]


def recent(project: Project) -> list[dict[str, Any]]:
    """The last judgements of the project, newest first."""
    made = {"prompt__project": project}
    demonstrations = Demonstration.objects.filter(**made).select_related(
        "prompt", "labeler", "response"
    )
    comparisons = Comparison.objects.filter(**made).select_related("prompt", "labeler")
    rows: list[Demonstration | Comparison] = [
        *demonstrations.order_by("-pk")[:RECENT],
        *comparisons.order_by("-pk")[:RECENT],
    ]
    rows.sort(key=lambda row: row.created_at, reverse=True)
    return [_told(row) for row in rows[:RECENT]]


def _told(row: Demonstration | Comparison) -> dict[str, Any]:
    if isinstance(row, Demonstration):
        said = row.response.text[:120]
    else:
        said = "Both are bad" if row.preference is None else WORDS[row.preference]
    return {
        "kind": row._meta.verbose_name,
        "prompt": str(row.prompt),
        "by": row.labeler.username,
        "said": said,
        "created_at": row.created_at,
    }


def _kind(user: User, project: Project, kind: str, label: str) -> KindOfWork:
    tasks = Task.objects.filter(project=project, kind=kind)
    had = Assignment.objects.filter(task=OuterRef("pk"), labeler=user, state__in=HAD)
    begun = Assignment.objects.filter(
        labeler=user, task__project=project, task__kind=kind, state=Assignment.State.OPEN
    )
    return KindOfWork(
        kind=kind,
        label=label,
        n_ready=tasks.filter(~Exists(had), is_open=True)[: COUNTED + 1].count(),
        n_drawing=tasks.filter(state=Task.State.DRAWING)[: COUNTED + 1].count(),
        begun=begun.order_by("pk").first(),
    )
