"""Which reviews wait and which are done, and what could be sent to review."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from labeling.models import Assignment, Review, Task
from labeling.reviewing.asking import GOLD, WAITING
from projects.errors import InvalidInput
from projects.models import Project, User

JUDGED = (Task.Kind.DEMONSTRATION, Task.Kind.COMPARISON, Task.Kind.RANKING)
MOST_PICKS = 500


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; empty is everything. Unknown values are taken as empty."""

    kind: str = ""
    cause: str = ""
    verdict: str = ""
    labeler: int | None = None

    @classmethod
    def read(cls, given: Mapping[str, str], labelers: QuerySet[User]) -> "Filters":
        labeler = given.get("labeler", "")
        pks = set(labelers.values_list("pk", flat=True)) if labeler.isdecimal() else set()
        chosen = int(labeler) if labeler.isdecimal() and len(labeler) < 19 else None
        return cls(
            kind=_known(given.get("kind", ""), [kind.value for kind in JUDGED]),
            cause=_known(given.get("cause", ""), Task.Cause.values),
            verdict=_known(given.get("verdict", ""), Review.Verdict.values),
            labeler=chosen if chosen in pks else None,
        )


def waiting(project: Project, filters: Filters) -> QuerySet[Task]:
    """Reviews still to be done, the oldest first."""
    found = Task.objects.filter(project=project, kind=Task.Kind.REVIEW, state__in=WAITING)
    return _narrowed(found, filters).select_related(*ABOUT).order_by("seq", "pk")


def done(project: Project, filters: Filters) -> QuerySet[Review]:
    """Verdicts given, the newest first."""
    tasks = _narrowed(Task.objects.filter(project=project, kind=Task.Kind.REVIEW), filters)
    found = Review.objects.filter(assignment__task__in=tasks)
    if filters.verdict:
        found = found.filter(verdict=filters.verdict)
    related = ("prompt", "labeler", "reviewed__task", "reviewed__labeler", "about")
    return found.select_related(*related).order_by("-pk")


def submitted(project: Project, filters: Filters) -> QuerySet[Assignment]:
    """What could be sent to review: submitted, and no review of it waits. The newest first."""
    pending = Task.objects.filter(reviewed=OuterRef("pk"), state__in=WAITING)
    found = Assignment.objects.filter(
        ~Exists(pending),
        task__project=project,
        task__kind__in=[filters.kind] if filters.kind else JUDGED,
        state=Assignment.State.SUBMITTED,
    ).exclude(task__variant__startswith=GOLD)
    if filters.labeler is not None:
        found = found.filter(labeler=filters.labeler)
    return found.select_related("task__prompt", "labeler").order_by("-ended_at", "-pk")


def disputed(project: Project, filters: Filters) -> QuerySet[Task]:
    """Tasks on which labelers disagree and that nobody has settled or is to settle."""
    looked_at = Task.objects.filter(about=OuterRef("pk"))
    found = Task.objects.filter(~Exists(looked_at), project=project, is_disputed=True)
    if filters.kind:
        found = found.filter(kind=filters.kind)
    return found.select_related("prompt").order_by("-pk")


def picked(project: Project, pks: list[str]) -> QuerySet[Assignment]:
    """The submissions of this project picked by their keys; others are left out."""
    return Assignment.objects.filter(task__project=project, pk__in=_keys(pks))


def picked_tasks(project: Project, pks: list[str]) -> QuerySet[Task]:
    """The disputed tasks picked by their keys; others are left out."""
    return Task.objects.filter(project=project, is_disputed=True, pk__in=_keys(pks))


ABOUT = ("prompt", "reviewed__task", "reviewed__labeler", "about")


def _narrowed(tasks: QuerySet[Task], filters: Filters) -> QuerySet[Task]:
    if filters.kind:
        of_one = tasks.filter(reviewed__task__kind=filters.kind)
        tasks = of_one | tasks.filter(about__kind=filters.kind)
    if filters.cause:
        tasks = tasks.filter(cause=filters.cause)
    if filters.labeler is not None:
        tasks = tasks.filter(reviewed__labeler=filters.labeler)
    return tasks


def _keys(pks: list[str]) -> list[int]:
    if not pks:
        raise InvalidInput.field("pick", "choose at least one")
    if len(pks) > MOST_PICKS or not all(pk.isdecimal() and len(pk) < 19 for pk in pks):
        raise InvalidInput.field("pick", f"must be at most {MOST_PICKS} of the rows shown")
    return [int(pk) for pk in pks]


def _known(value: str, allowed: list[str]) -> str:
    return value if value in allowed else ""
