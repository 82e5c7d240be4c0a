"""What owners do with many tasks at once: retire them, put them back, have them drawn again.

What cannot be done to a task leaves it out and is counted by the caller; nobody's work is lost:
what was judged stands, and whoever has a task may still submit it.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from labeling.assigning.candidates import DRAWN_AGAIN_FROM, DRAWN_KINDS
from labeling.assigning.places import put_back_all
from labeling.models import Candidate, Flag, Gold, Task
from projects import audit
from projects.access import OWNERS, membership
from projects.models import Project, User

RETIRED_FROM = (
    Task.State.DRAWING,
    Task.State.READY,
    Task.State.FAILED,
    Task.State.SET_ASIDE,
)
PUT_BACK_FROM = (Task.State.SET_ASIDE, Task.State.RETIRED)


def retire(*, by: User, project: Project, tasks: Iterable[int]) -> int:
    """Give these tasks to nobody any more; returns how many were retired. Complete ones stay."""
    membership(by, project.slug, roles=OWNERS)
    with transaction.atomic():
        pks = _held(project, tasks, Q(state__in=RETIRED_FROM))
        Task.objects.filter(pk__in=pks).update(state=Task.State.RETIRED, is_open=False)
        Gold.objects.filter(task__in=pks, retired_at=None).update(retired_at=timezone.now())
        _resolve(by, pks, Flag.Outcome.RETIRED)
        audit.record_each(verb="task.retired", by=by, project=project, kind="task", keys=pks)
    return len(pks)


def put_back(*, by: User, project: Project, tasks: Iterable[int]) -> int:
    """Let tasks that were set aside or retired be given again; returns how many.

    What has no candidates to judge is drawn first. Left out: gold tasks that were retired.
    """
    membership(by, project.slug, roles=OWNERS)
    with transaction.atomic():
        retired_gold = Q(state=Task.State.RETIRED, lane__is_gold=True)
        pks = _held(project, tasks, Q(state__in=PUT_BACK_FROM) & ~retired_gold)
        Task.objects.filter(pk__in=pks).update(n_skipped=0)
        undrawn = list(_undrawn(pks).values_list("pk", flat=True))
        _draw(undrawn)
        put_back_all(sorted(set(pks) - set(undrawn)))
        _resolve(by, pks, Flag.Outcome.QUEUED)
        audit.record_each(verb="task.put_back", by=by, project=project, kind="task", keys=pks)
    return len(pks)


def draw_again(*, by: User, project: Project, tasks: Iterable[int]) -> int:
    """Draw the candidates of tasks that failed or were set aside anew; returns of how many.

    Left out: kinds that have none, and gold tasks, whose expected judgement is about theirs.
    """
    membership(by, project.slug, roles=OWNERS)
    with transaction.atomic():
        drawable = Q(state__in=DRAWN_AGAIN_FROM, kind__in=DRAWN_KINDS, lane__is_gold=False)
        pks = _held(project, tasks, drawable)
        _draw(pks)
        _resolve(by, pks, Flag.Outcome.DRAWN_AGAIN)
        audit.record_each(
            verb="candidates.drawn_again", by=by, project=project, kind="task", keys=pks
        )
    return len(pks)


def _held(project: Project, tasks: Iterable[int], which: Q) -> list[int]:
    """Those of the tasks that this can be done to, locked in the order of their keys.

    Reviews are left to the review pages.
    """
    found = Task.objects.select_for_update(of=("self",)).filter(
        which, project=project, pk__in=list(tasks)
    )
    held = found.exclude(kind=Task.Kind.REVIEW).order_by("pk")
    return list(held.values_list("pk", flat=True))


def _undrawn(pks: list[int]) -> QuerySet[Task]:
    """Comparisons and rankings that lack a response to judge."""
    candidates = Candidate.objects.filter(task=OuterRef("pk"))
    is_awaited = Exists(candidates.filter(response=None))
    return Task.objects.filter(is_awaited | ~Exists(candidates), pk__in=pks, kind__in=DRAWN_KINDS)


def _draw(pks: list[int]) -> None:
    Candidate.objects.filter(task__in=pks).delete()
    Task.objects.filter(pk__in=pks).update(state=Task.State.DRAWING, is_open=False, n_skipped=0)


def _resolve(by: User, pks: list[int], outcome: str) -> None:
    Flag.objects.filter(task__in=pks, resolved_at=None).update(
        resolved_at=timezone.now(), resolved_by=by, outcome=outcome
    )
