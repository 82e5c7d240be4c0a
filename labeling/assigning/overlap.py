"""How many labelers work on a task, changed while they do."""

from collections.abc import Iterable

from django.db import connection, transaction

from labeling.models import Task
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import InvalidInput
from projects.models import Project, User

MOST_OVERLAP = 1_000

# Gold tasks and reviews have an overlap of their own.
ASKED = """
task.project_id = %(project)s AND task.kind <> 'review'
AND (%(tasks)s::bigint[] IS NULL OR task.id = ANY (%(tasks)s))
"""
SCOPE = f"""
FROM labeling_task task JOIN labeling_lane lane ON lane.id = task.lane_id
WHERE {ASKED} AND task.state <> 'retired' AND NOT lane.is_gold
"""
# In the order of the keys, as wherever several tasks are locked, so that none wait in a ring. By
# nothing that may change: a task that is being moved would be passed over, whatever it has become.
HOLD = f"""
SELECT count(*) FROM (
    SELECT 1 FROM labeling_task task WHERE {ASKED} ORDER BY task.id FOR UPDATE
) held
"""  # noqa: S608 - our own conditions
BEYOND = f"SELECT count(*) {SCOPE} AND task.n_assigned > %(overlap)s"
# What has come since, and is with more labelers already, keeps what it came with.
CHANGE = f"""
UPDATE labeling_task changed
SET overlap = %(overlap)s,
    state = CASE WHEN changed.state NOT IN ('ready', 'complete') THEN changed.state
                 WHEN changed.n_submitted < %(overlap)s THEN 'ready' ELSE 'complete' END,
    is_open = changed.state IN ('ready', 'complete') AND changed.n_assigned < %(overlap)s
WHERE changed.overlap <> %(overlap)s AND changed.n_assigned <= %(overlap)s
  AND changed.id IN (SELECT task.id {SCOPE})
"""  # noqa: S608 - our own conditions
WHICH = "RETURNING changed.id"


def set_overlap(
    *, by: User, project: Project, overlap: int, tasks: Iterable[Task] | None = None
) -> int:
    """Have so many labelers work on these tasks; without tasks, on all of the project's.

    Of the whole project new tasks are made with it too. Raising it opens complete tasks again;
    lowering it below what is held or submitted already is refused, and nothing changes. Returns
    how many tasks changed.
    """
    membership(by, project.slug, roles=OWNERS)
    is_whole = isinstance(overlap, int) and not isinstance(overlap, bool)
    if not is_whole or not 1 <= overlap <= MOST_OVERLAP:
        raise InvalidInput.field("overlap", f"must be a whole number from 1 to {MOST_OVERLAP:,}")
    pks = None if tasks is None else [task.pk for task in tasks]
    values = {"project": project.pk, "overlap": overlap, "tasks": pks}
    with transaction.atomic(), connection.cursor() as cursor:
        if pks is None:
            Project.objects.filter(pk=project.pk).update(overlap=overlap)
        cursor.execute(HOLD, values)
        cursor.execute(BEYOND, values)
        (n_beyond,) = cursor.fetchone()
        if n_beyond:
            rule = (
                f"must not be below the labelers who have a task or submitted it already: "
                f"{n_beyond:,} task{'' if n_beyond == 1 else 's'} would have too many"
            )
            raise InvalidInput.field("overlap", rule)
        # Of the whole project the trail tells once; of tasks that were picked, of each.
        which = "" if pks is None else WHICH
        cursor.execute(CHANGE + which, values)
        n_changed = int(cursor.rowcount)
        if which:
            changed = [pk for (pk,) in cursor.fetchall()]
            audit.record_each(
                verb="task.overlap_changed",
                by=by,
                project=project,
                kind="task",
                keys=changed,
                overlap=overlap,
            )
        audit.record(
            verb="overlap.changed",
            by=by,
            project=project,
            subject=project,
            overlap=overlap,
            tasks=n_changed,
        )
    return n_changed
