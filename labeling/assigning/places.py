"""The places of a task: each is taken by a lease or a submission, and no other module counts them.

Where an assignment and its task are both locked, the assignment is locked first.
"""

from collections import Counter
from collections.abc import Sequence

from django.db.models import Case, F, Q, Value, When

from labeling.models import Task

HAS_ROOM_AFTER = Case(When(n_assigned__lt=F("overlap") - 1, then=Value(True)), default=Value(False))


def take(task_id: int) -> bool:
    """Take one place of an open task, if it is still open."""
    return bool(
        Task.objects.filter(pk=task_id, is_open=True).update(
            n_assigned=F("n_assigned") + 1, is_open=HAS_ROOM_AFTER
        )
    )


def give_back(task_ids: Sequence[int]) -> None:
    """Free one place a mention. In order of the keys, so that two of these cannot deadlock."""
    if not task_ids:
        # Django builds a query before it sees that it asks for nothing.
        return
    mentions = Counter(task_ids)
    for task in Task.objects.select_for_update().filter(pk__in=mentions).order_by("pk"):
        task.n_assigned -= mentions[task.pk]
        task.is_open = task.state == Task.State.READY
        task.save(update_fields=["n_assigned", "is_open"])


def note_skip(task_id: int, *, is_leased: bool, most_skips: int) -> bool:
    """Count a skip, freeing the place it held; returns whether the task is now set aside."""
    task = Task.objects.select_for_update().get(pk=task_id)
    task.n_skipped += 1
    task.n_assigned -= 1 if is_leased else 0
    is_set_aside = task.state == Task.State.READY and 0 < most_skips <= task.n_skipped
    if is_set_aside:
        task.state = Task.State.SET_ASIDE
    task.is_open = task.state == Task.State.READY and task.n_assigned < task.overlap
    task.save(update_fields=["n_skipped", "n_assigned", "state", "is_open"])
    return is_set_aside


def set_aside(task_id: int, *, is_leased: bool) -> None:
    """Give nobody this task until its project's staff settles it; frees the place that was held.

    Those who have it now may still submit.
    """
    task = Task.objects.select_for_update().get(pk=task_id)
    task.n_assigned -= 1 if is_leased else 0
    if task.state == Task.State.READY:
        task.state = Task.State.SET_ASIDE
    task.is_open = False
    task.save(update_fields=["n_assigned", "state", "is_open"])


def put_back(task: Task) -> None:
    """Ready again, or complete where nothing is missing. The caller holds the task's lock."""
    is_complete = task.n_submitted >= task.overlap
    task.state = Task.State.COMPLETE if is_complete else Task.State.READY
    task.is_open = not is_complete and task.n_assigned < task.overlap
    task.save(update_fields=["state", "is_open"])


def put_back_all(task_ids: Sequence[int]) -> None:
    """As `put_back`, for many. The caller holds their locks."""
    held = Task.objects.filter(pk__in=task_ids)
    wanted, with_room = Q(n_submitted__lt=F("overlap")), Q(n_assigned__lt=F("overlap"))
    held.exclude(wanted).update(state=Task.State.COMPLETE, is_open=False)
    held.filter(wanted & with_room).update(state=Task.State.READY, is_open=True)
    held.filter(wanted).exclude(with_room).update(state=Task.State.READY, is_open=False)
