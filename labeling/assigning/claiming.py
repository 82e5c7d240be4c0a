"""The statement that finds a labeler's next task and leases it.

It walks the lanes open to the labeler in their order. In each it reads the partial index of open
tasks from where this labeler stopped, and then from the front up to there; it passes over what
others are taking at this moment and what this labeler may not have, takes one, moves the cursor
and writes the assignment. The cost depends on none of: backlog, finished tasks, other projects.

The rows of both lateral joins come in the order of the lanes, as each is read once for every row
before it; the limit stops the walk at the first task found, so that no other row is locked.
"""

import secrets
from datetime import datetime
from typing import Any

from labeling.assigning.gates import Terms
from labeling.models import Assignment, Task
from projects.compiled import Compiled
from projects.prepared import Prepared

# Each rule looks up the rows of the one task it is asked about. Written plainly, the planner turns
# them round, reads everything the labeler ever had, and a claim costs more with each task done:
# OFFSET 0 keeps it from joining, and + 0 from the indexes that begin with the labeler.
NOT_HAD = """
NOT EXISTS (
    SELECT 1 FROM labeling_assignment had
    WHERE had.task_id = task.id AND had.labeler_id + 0 = %(user)s OFFSET 0)
"""

NOT_SEEN = """
NOT EXISTS (
    SELECT 1 FROM labeling_task seen
    WHERE seen.prompt_id = task.prompt_id AND seen.kind = ANY (%(seen)s) AND EXISTS (
        SELECT 1 FROM labeling_assignment opened
        WHERE opened.task_id = seen.id AND opened.labeler_id + 0 = %(user)s
          AND opened.opened_at IS NOT NULL OFFSET 0)
    OFFSET 0)
"""

NOT_WRITTEN = """
NOT EXISTS (
    SELECT 1 FROM labeling_candidate candidate
    JOIN labeling_response response ON response.id = candidate.response_id
    WHERE candidate.task_id = task.id AND response.author_id + 0 = %(user)s OFFSET 0)
"""

NOT_OWN_GOLD = """
NOT EXISTS (
    SELECT 1 FROM labeling_gold gold
    WHERE gold.task_id = task.id AND gold.created_by_id + 0 = %(user)s OFFSET 0)
"""

# A gold task made of finished ones has their answers: who judged those would know it at once.
NOT_TWICE = """
NOT EXISTS (
    SELECT 1 FROM labeling_task twin
    WHERE twin.prompt_id = task.prompt_id AND twin.kind = task.kind AND twin.id <> task.id
      AND (twin.variant LIKE 'gold-%%' OR task.variant LIKE 'gold-%%')
      AND EXISTS (
        SELECT 1 FROM labeling_candidate one JOIN labeling_candidate other
            ON other.response_id = one.response_id
        WHERE one.task_id = twin.id AND other.task_id = task.id OFFSET 0)
      AND EXISTS (
        SELECT 1 FROM labeling_assignment opened
        WHERE opened.task_id = twin.id AND opened.labeler_id + 0 = %(user)s
          AND opened.opened_at IS NOT NULL OFFSET 0)
    OFFSET 0)
"""

NOT_OWN_WORK = """
NOT EXISTS (
    SELECT 1 FROM labeling_assignment own
    WHERE own.id = task.reviewed_id AND own.labeler_id + 0 = %(user)s OFFSET 0)
AND NOT EXISTS (
    SELECT 1 FROM labeling_assignment judged
    WHERE judged.task_id = task.about_id AND judged.labeler_id + 0 = %(user)s OFFSET 0)
"""

SEEN_BEFORE = {
    Task.Kind.DEMONSTRATION.value: (Task.Kind.COMPARISON, Task.Kind.RANKING, Task.Kind.REVIEW),
    Task.Kind.COMPARISON.value: (Task.Kind.REVIEW,),
    Task.Kind.RANKING.value: (Task.Kind.REVIEW,),
}
"""Whoever opened a task of these kinds has seen answers to the prompt, or judgements of them,
and would bring those to a task of the first kind."""

ALLOWED = {
    Task.Kind.DEMONSTRATION.value: (NOT_HAD, NOT_SEEN),
    Task.Kind.COMPARISON.value: (NOT_HAD, NOT_SEEN, NOT_WRITTEN, NOT_OWN_GOLD, NOT_TWICE),
    Task.Kind.RANKING.value: (NOT_HAD, NOT_SEEN, NOT_WRITTEN, NOT_OWN_GOLD, NOT_TWICE),
    Task.Kind.REVIEW.value: (NOT_HAD, NOT_OWN_WORK),
}

CANDIDATES = """
ARRAY(
    SELECT candidate.response_id FROM labeling_candidate candidate
    WHERE candidate.task_id = picked.id AND candidate.response_id IS NOT NULL
    ORDER BY gen_random_uuid())
"""
# gen_random_uuid() draws from the cryptographic source, so nobody can guess the sides.
PRESENTED = {
    Task.Kind.COMPARISON.value: f"({CANDIDATES})[1:2]",
    Task.Kind.RANKING.value: CANDIDATES,
}

# Neither limited nor ordered, and counted where EXISTS would do: to look for the first only would
# tempt the planner away from the labeler's index, and there are only a few.
UNFINISHED = """
SELECT held.id, held.state, held.opened_at IS NULL, held.draft_saved_at IS NULL
FROM labeling_assignment held JOIN labeling_task begun ON begun.id = held.task_id
WHERE held.labeler_id = %(user)s AND begun.project_id = %(project)s AND begun.kind = %(kind)s
  AND held.state IN ('open', 'lapsed') AND (held.state = 'open' OR begun.is_open)
"""
"""A labeler's leases of a kind in a project, and the lapsed ones with room left."""

# The rows it writes stand under their tables' names for what reads the assignment after it.
CLAIM = """
WITH picked AS MATERIALIZED (
    SELECT found.id, found.seq, walk.lane_id
    FROM (
        SELECT lane.id AS lane_id, pass.from_front
        FROM labeling_lane lane CROSS JOIN (VALUES (false), (true)) AS pass (from_front)
        WHERE lane.project_id = %(project)s AND lane.kind = %(kind)s
          AND (lane.language = '' OR lane.language = ANY (%(languages)s))
          AND lane.skills <@ %(skills)s::varchar[]
          AND lane.is_gold = ANY (%(golds)s)
          AND (%(beside)s OR 0 = (SELECT count(*) FROM ({unfinished}) unfinished))
        ORDER BY array_position(%(golds)s, lane.is_gold), lane.priority DESC, lane.id,
            pass.from_front
        OFFSET 0
    ) walk
    CROSS JOIN LATERAL (
        SELECT COALESCE((
            SELECT seq FROM labeling_queuecursor
            WHERE user_id = %(user)s AND lane_id = walk.lane_id), 0) AS seq
        OFFSET 0
    ) place
    CROSS JOIN LATERAL (
        SELECT task.id, task.seq
        FROM labeling_task task
        WHERE task.is_open AND task.lane_id = walk.lane_id
          AND task.seq > CASE WHEN walk.from_front THEN 0 ELSE place.seq END
          AND task.seq <= CASE WHEN walk.from_front THEN place.seq ELSE 9223372036854775807 END
          AND {allowed}
        ORDER BY task.seq
        LIMIT 1
        FOR UPDATE OF task SKIP LOCKED
    ) found
    LIMIT 1
), labeling_task AS (
    UPDATE labeling_task task
    SET n_assigned = task.n_assigned + 1, is_open = task.n_assigned + 1 < task.overlap
    FROM picked WHERE task.id = picked.id
    RETURNING task.*
), moved AS (
    INSERT INTO labeling_queuecursor (user_id, lane_id, seq)
    SELECT %(user)s, picked.lane_id, picked.seq FROM picked
    ON CONFLICT ON CONSTRAINT one_cursor_each DO UPDATE SET seq = EXCLUDED.seq
), labeling_assignment AS (
    INSERT INTO labeling_assignment (
        task_id, labeler_id, state, leased_until, presented, guideline_version_id, draft,
        skip_reason, opened_at, active_seconds, evidence, created_at)
    SELECT picked.id, %(user)s, 'open', %(until)s, {presented}, %(version)s, '{{}}', '',
        %(opened_at)s, 0, '{{}}', %(now)s
    FROM picked JOIN labeling_task taken ON taken.id = picked.id
    RETURNING *
)
"""
CLAIMS = {
    kind: CLAIM.format(
        unfinished=UNFINISHED,
        allowed=" AND ".join(rules),
        presented=PRESENTED.get(kind, "'{}'::bigint[]"),
    )
    for kind, rules in ALLOWED.items()
}
"""By kind; a SELECT from labeling_assignment belongs after it."""

# One claim at a time for one person in a project, so that two tabs cannot take two tasks. It is a
# statement before the claim, as what a statement sees is settled before it waits.
ONE_CLAIM = Prepared("SELECT pg_advisory_xact_lock(%(project)s, %(user)s)")

# A guideline may be hundreds of pages, and no lease needs them, nor when all came to be.
LEFT_OUT = (
    *("guideline_version__text", "guideline_version__html", "task__created_at"),
    *("task__prompt__created_at", "task__project__created_at", "task__project__description"),
)
WITH_ITS_TASK = Assignment.objects.select_related(
    "task__project", "task__prompt", "guideline_version"
).defer(*LEFT_OUT)
_LEASED = Compiled(WITH_ITS_TASK.all)


def lease_next(
    terms: Terms,
    kind: str,
    *,
    now: datetime,
    until: datetime,
    is_ahead: bool = False,
    beside_others: bool = True,
) -> Assignment | None:
    """Lease the next task of this kind, if there is one; not `beside_others`: only to a labeler
    who has nothing unfinished of this kind.

    Never given are: a task this labeler had; a review of their own submission, or the settling
    of a task they had; responses they wrote; a gold task they made, or one with answers that they
    judged before; a demonstration where they opened a comparison, a ranking or a review of the
    same prompt, and a comparison or a ranking where they opened a review of it.
    """
    values: dict[str, Any] = {
        "user": terms.member.user_id,
        "beside": beside_others,
        "project": terms.member.project_id,
        "kind": kind,
        "languages": terms.languages,
        "skills": terms.skills,
        "golds": _golds(terms, kind),
        "seen": [str(seen) for seen in SEEN_BEFORE.get(kind, ())],
        "version": terms.version_id,
        "now": now,
        "until": until,
        "opened_at": None if is_ahead else now,
    }
    leased = _LEASED.first(before=CLAIMS[kind], behind=ONE_CLAIM, **values)
    if leased is not None:
        leased.labeler = terms.member.user
    return leased


def has_seen(assignment: Assignment) -> bool:
    """Whether since this task was held ready its labeler opened another that would bias it."""
    return Assignment.objects.filter(
        labeler=assignment.labeler_id,
        opened_at__isnull=False,
        task__prompt=assignment.task.prompt_id,
        task__kind__in=SEEN_BEFORE.get(assignment.task.kind, ()),
    ).exists()


def _golds(terms: Terms, kind: str) -> list[bool]:
    """In which lanes to look, and in which first: gold ones or the others.

    The same statement serves both, so that its time does not tell what was found.
    """
    if terms.must_qualify:
        return [True]
    percent = terms.rules.gold_percent
    if not percent or kind not in Terms.KINDS_WITH_GOLD:
        return [False]
    return [True, False] if secrets.randbelow(100) < percent else [False, True]
