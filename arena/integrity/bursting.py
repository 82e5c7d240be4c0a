"""Whether newcomers' votes look sent just now: looked up at each vote, looked at every second."""

import numpy as np
from django.core.cache import cache
from django.db import connection

from arena.integrity import rows
from arena.integrity.bursts import Burst, find
from arena.integrity.evidence import Bools
from arena.integrity.rows import Looked
from arena.integrity.voters import HISTORY, has_history
from arena.models import Vote
from projects.models import Project

LOOKED_AT = 600
"""So many of the latest votes are looked at while voting; the periodic check looks at all."""
LOOK_SECONDS = 1.0
REMEMBERED_SECONDS = 600

# The index of a voter's votes leaves out nobody's, which has to be said to have it used.
_BUSY = """
    SELECT hashtextextended(voter, 0) FROM unnest(%s::varchar[]) AS voters (voter)
    WHERE (SELECT count(*) FROM (
        SELECT 1 FROM arena_vote WHERE project_id = %s AND arena_vote.voter = voters.voter
            AND arena_vote.voter <> '' LIMIT %s
    ) AS known) >= %s
"""


def is_under_way(*, project_id: int) -> bool:
    """Whether the last look found a burst. Costs one look into the cache."""
    return bool(cache.get(_key(project_id)))


def look(*, project: Project) -> bool:
    """Whether a burst of newcomers' votes is going on; at most about one real look a second."""
    if cache.add(f"{_key(project.pk)}:looked", 1, timeout=LOOK_SECONDS):
        looked = rows.latest(project=project, most=LOOKED_AT)
        cast = looked.cast.only(_newcomers(project, looked))
        remember(project_id=project.pk, bursts=find(cast, looked.expected))
    return is_under_way(project_id=project.pk)


def remember(*, project_id: int, bursts: list[Burst]) -> None:
    if any(burst.is_going_on for burst in bursts):
        cache.set(_key(project_id), 1, timeout=REMEMBERED_SECONDS)
    else:
        cache.delete(_key(project_id))


def is_newcomer(vote: Vote) -> bool:
    """Whether a vote's voter is a browser with little history. Accounts are given by the owner
    and cannot be made by the hundred."""
    if vote.user_id is not None or not vote.voter:
        return False
    earlier = Vote.objects.filter(project_id=vote.project_id, voter=vote.voter)
    return earlier[:HISTORY].count() < HISTORY


def newcomers_of(looked: Looked) -> Bools:
    """Which of the votes were cast by newcomers, as far as these votes tell."""
    return candidates_of(looked) & ~has_history(looked.cast)


def candidates_of(looked: Looked) -> Bools:
    return ~looked.has_account & ~looked.is_import & looked.is_known


def _newcomers(project: Project, looked: Looked) -> Bools:
    """As `newcomers_of`, where older votes are known of too."""
    kept = newcomers_of(looked)
    votes = looked.cast.vote[kept].tolist()
    voters = list(Vote.objects.filter(pk__in=votes).values_list("voter", flat=True).distinct())
    with connection.cursor() as cursor:
        cursor.execute(_BUSY, [voters, project.pk, HISTORY, HISTORY])
        busy = np.array([row[0] for row in cursor.fetchall()], dtype=np.int64)
    return kept & ~np.isin(looked.cast.voter, busy)


def _key(project_id: int) -> str:
    return f"arena:burst:{project_id}"
