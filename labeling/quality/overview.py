"""What one person can do and has done, for the home and project pages.

Every count stops at a bound, so that these pages cost no more with a million tasks.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from instructions.acknowledging import ChangesForReader, changes_for
from instructions.models import GuidelineVersion
from labeling.assigning.claiming import ALLOWED, SEEN_BEFORE
from labeling.assigning.gates import Barrier, Terms, terms_of
from labeling.models import Assignment, GoldResult, Lane, Task, WorkRules
from labeling.reviewing.verdicts import ReturnedNote, returned_note
from projects.access import STAFF
from projects.models import Membership, Project, User
from workers.models import LanguageModel

COUNTED = 1_000
LISTED = 20
GOLDS_TOLD = 20
# Fewer would say more about chance than about the work.
FEWEST_GOLDS = 3
WORDS = {
    -3: "A is much better",
    -2: "A is better",
    -1: "A is slightly better",
    0: "Equal",
    1: "B is slightly better",
    2: "B is better",
    3: "B is much better",
}
FOR_ALL_KINDS = ("guideline", "acknowledgement", "paused", "daily_cap")
"""Barriers that stand before all work, whatever its kind."""


@dataclass(frozen=True)
class KindOfWork:
    """One button on the home page."""

    kind: str
    label: str
    n_ready: int
    n_drawing: int
    begun: Assignment | None
    barrier: Barrier | None

    @property
    def ready(self) -> str:
        return bounded(self.n_ready, COUNTED)

    @property
    def drawing(self) -> str:
        return bounded(self.n_drawing, COUNTED)

    @property
    def is_waiting(self) -> bool:
        """Whether there is nothing to do before candidates are drawn."""
        return self.n_drawing > 0 and not (self.n_ready or self.begun or self.barrier)


@dataclass(frozen=True)
class Work:
    """What one person can do in one project, and what stands in the way."""

    member: Membership
    project: Project
    has_guideline: bool
    has_prompts: bool
    n_models: int
    kinds: list[KindOfWork]
    left_today: int | None
    changes: ChangesForReader | None
    golds: tuple[int, int] | None
    """Of the last tasks with a known answer: how many were as expected, and of how many."""

    @property
    def barrier(self) -> Barrier | None:
        """What stands before all of the work, told once."""
        found = [kind.barrier for kind in self.kinds if kind.kind != Task.Kind.REVIEW]
        first = found[0] if found else None
        if first is None or first.kind not in FOR_ALL_KINDS:
            return None
        return first if all(each and each.kind == first.kind for each in found) else None

    @property
    def needs_models(self) -> bool:
        return self.n_models < 2 and any(kind.n_drawing for kind in self.kinds)

    @property
    def is_waiting(self) -> bool:
        return any(kind.is_waiting for kind in self.kinds)

    @property
    def is_finished(self) -> bool:
        return not any(kind.n_ready or kind.n_drawing or kind.begun for kind in self.kinds)


@dataclass(frozen=True)
class Returned:
    """Work that waits to be corrected; without a note its labeler took it back themselves."""

    assignment: Assignment
    note: ReturnedNote | None


def work_for(member: Membership) -> Work:
    project = member.project
    lanes = list(Lane.objects.filter(project=project))
    begun = _begun(member)
    terms = {kind: terms_of(member, kind) for kind, _ in _kinds_of(member, lanes)}
    left = [term.left_today for term in terms.values() if term.left_today is not None]
    return Work(
        member=member,
        project=project,
        has_guideline=GuidelineVersion.objects.filter(guideline__project=project).exists(),
        has_prompts=project.prompts.exists(),
        n_models=LanguageModel.objects.up().count(),
        kinds=[
            _kind(terms[kind], kind, label, lanes, begun)
            for kind, label in _kinds_of(member, lanes)
        ],
        left_today=min(left, default=None),
        changes=_changes(member),
        golds=_golds(member, terms),
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
    held = begun.filter(state=Assignment.State.OPEN, opened_at__isnull=False)
    lapsed = begun.filter(
        state=Assignment.State.LAPSED, draft_saved_at__isnull=False, task__is_open=True
    )
    found = (held | lapsed).select_related("task__prompt", "task__project")
    return found.order_by("-created_at", "-pk")


def returned_to(user: User) -> list[Returned]:
    """What waits to be corrected, what was returned by a reviewer first."""
    waiting = Assignment.objects.filter(
        labeler=user, state=Assignment.State.REOPENED, task__project__memberships__user=user
    ).select_related("task__prompt", "task__project")
    found = [Returned(each, returned_note(each)) for each in waiting.order_by("-pk")[:LISTED]]
    return sorted(found, key=lambda each: each.note is None)


def bounded(number: int, bound: int) -> str:
    return f"{bound:,}+" if number > bound else f"{number:,}"


def _kinds_of(member: Membership, lanes: list[Lane]) -> list[tuple[str, str]]:
    """The kinds of work that there are in a project; reviews are for its staff."""
    there = {lane.kind for lane in lanes}
    if member.role not in STAFF:
        there.discard(Task.Kind.REVIEW.value)
    return [(kind, label) for kind, label in Task.Kind.choices if kind in there]


def _kind(
    terms: Terms, kind: str, label: str, lanes: list[Lane], begun: dict[str, Assignment]
) -> KindOfWork:
    drawing = Task.objects.filter(
        project=terms.member.project_id, kind=kind, state=Task.State.DRAWING
    ).order_by()
    return KindOfWork(
        kind=kind,
        label=label,
        n_ready=_n_ready(terms, kind, lanes),
        n_drawing=drawing[: COUNTED + 1].count(),
        begun=begun.get(kind),
        barrier=terms.barrier,
    )


def _begun(member: Membership) -> dict[str, Assignment]:
    """The first task at work of each kind.

    Tasks are fetched by their keys, and projects told by the guideline: joined with tasks, the
    planner may read all of a project's.
    """
    held = Assignment.objects.filter(
        labeler=member.user_id,
        state=Assignment.State.OPEN,
        opened_at__isnull=False,
        guideline_version__guideline__project=member.project_id,
    )
    assignments = sorted(held, key=lambda each: each.pk, reverse=True)
    tasks = Task.objects.in_bulk([each.task_id for each in assignments])
    return {tasks[each.task_id].kind: each for each in assignments}


def _n_ready(terms: Terms, kind: str, lanes: list[Lane]) -> int:
    """How many tasks this member could be given, gold ones left out as they are mixed in."""
    open_to = [
        lane.pk
        for lane in lanes
        if lane.kind == kind
        and lane.is_gold == terms.must_qualify
        and lane.language in ("", *terms.languages)
        and set(lane.skills) <= set(terms.skills)
    ]
    rules: str = " AND ".join(ALLOWED[kind])
    statement = (
        "SELECT count(*) FROM (SELECT 1 FROM labeling_task task"  # noqa: S608 - our own rules
        f" WHERE task.is_open AND task.lane_id = ANY (%(lanes)s) AND {rules}"
        " LIMIT %(most)s) counted"
    )
    values: dict[str, Any] = {
        "lanes": open_to,
        "user": terms.member.user_id,
        "seen": [str(seen) for seen in SEEN_BEFORE.get(kind, ())],
        "most": COUNTED + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.fetchone()[0])


def _changes(member: Membership) -> ChangesForReader | None:
    """What the guideline changed since this member last worked by it."""
    last = (
        Assignment.objects.filter(
            labeler=member.user_id,
            state=Assignment.State.SUBMITTED,
            guideline_version__guideline__project=member.project_id,
        )
        .select_related("guideline_version")
        .defer("guideline_version__text", "guideline_version__html")
        .order_by("-ended_at", "-pk")
        .first()
    )
    last_worked = last.guideline_version if last else None
    return changes_for(user=member.user, project=member.project, last_worked=last_worked)


def _golds(member: Membership, terms: dict[str, Terms]) -> tuple[int, int] | None:
    """Not where the project tells labelers nothing of it."""
    rules = next((each.rules for each in terms.values()), None)
    if rules is None or rules.gold_feedback == WorkRules.GoldFeedback.NEVER:
        return None
    results = GoldResult.objects.filter(
        labeler=member.user_id,
        assignment__guideline_version__guideline__project=member.project_id,
    )
    scores = list(results.order_by("-created_at").values_list("score", flat=True)[:GOLDS_TOLD])
    if len(scores) < FEWEST_GOLDS:
        return None
    return sum(score >= 0.5 for score in scores), len(scores)
