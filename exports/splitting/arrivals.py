"""The prompts of a project in the order in which its exports met them.

Times do not tell: votes are imported with the date that their file says, and what a long
transaction stores shows with a time that others have been seen after.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson
from django.db import connection, transaction
from django.db.models import Max

from exports.reading.copying import Ints, keys_by, rows_of
from exports.records import Message
from projects.models import Project

_NEW_PROMPTS = """
SELECT id FROM labeling_prompt WHERE project_id = %(project)s
EXCEPT SELECT unnest(prompts) FROM exports_arrivals WHERE project_id = %(project)s ORDER BY 1
"""
# Prompts of votes arrive with their vote: a battle without one is in no export.
_NEW_VOTES = """
SELECT id FROM arena_vote WHERE project_id = %(project)s
EXCEPT SELECT unnest(votes) FROM exports_arrivals WHERE project_id = %(project)s ORDER BY 1
"""
_KEEP = f"""
INSERT INTO exports_arrivals (project_id, number, prompts, votes)
SELECT %(project)s, %(number)s, prompts, votes
FROM (SELECT ARRAY({_NEW_PROMPTS}) AS prompts, ARRAY({_NEW_VOTES}) AS votes) AS new
WHERE cardinality(prompts) + cardinality(votes) > 0
"""  # noqa: S608
_KEPT = """
SELECT key FROM exports_arrivals, unnest({name}) AS key
WHERE project_id = %(project)s AND number = %(number)s ORDER BY 1
"""
_PROMPTS = """
SELECT messages::text FROM labeling_prompt WHERE id = ANY(%(keys)s::bigint[]) ORDER BY id
"""
_OF_VOTES = """
SELECT t.message FROM arena_vote v
JOIN arena_turn t ON t.battle_id = v.battle_id AND t.parent_id IS NULL
WHERE v.id = ANY(%(keys)s::bigint[]) ORDER BY v.id, t.id
"""
_LOCK_CLASS = 7_302


def keep_arrivals(project: Project) -> int:
    """Write down what has come since this was last done; the number of the last arrivals, 0 where
    nothing ever came. To be called before the transaction that a snapshot is read in begins."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, project.pk % 2**31]
            )
            number = _last(project) + 1
            cursor.execute(_KEEP, {"project": project.pk, "number": number})
        return _last(project)


def arrived(project: Project, *, until: int | None) -> Iterator[list[Message]]:
    """Prompts in order, with those of the arrivals `until`; None: all there are, and after them
    what was not written down yet."""
    last = _last(project) if until is None else until
    for number in range(1, last + 1):
        given = {"project": project.pk, "number": number}
        prompts, votes = (keys_by(_KEPT.format(name=name), given) for name in ("prompts", "votes"))
        yield from _said(prompts, votes)
    if until is None:
        given = {"project": project.pk}
        yield from _said(keys_by(_NEW_PROMPTS, given), keys_by(_NEW_VOTES, given))


def _last(project: Project) -> int:
    return project.arrivals.aggregate(last=Max("number"))["last"] or 0


def _said(prompts: Ints, votes: Ints) -> Iterator[list[Message]]:
    for (messages,) in rows_of(_PROMPTS, {}, prompts, is_streamed=True):
        yield orjson.loads(messages)
    for (message,) in rows_of(_OF_VOTES, {}, votes, is_streamed=True):
        yield [{"role": "user", "content": message}]
