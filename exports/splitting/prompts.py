"""The map of one project, from all its prompts in the order they arrived."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
from django.db import connection

from exports.hygiene.benchmarks import named, sequences_in
from exports.hygiene.languages import Filed
from exports.hygiene.met import one_in
from exports.hygiene.scanning import Scans
from exports.recipe import Recipe, Splits
from exports.records import Message
from exports.splitting.looking import Looking
from exports.splitting.mapping import SplitMap
from projects.models import Project

AT_ONCE = 2_000
# Prompts of votes arrive with their vote: a battle without one is in no export.
ARRIVED = """
SELECT messages, message, is_held_out FROM (
    SELECT p.created_at, 0 AS kind, p.id AS key, p.messages::text, NULL AS message,
           h.id IS NOT NULL AS is_held_out
    FROM labeling_prompt p LEFT JOIN exports_heldout h ON h.prompt_id = p.id
    WHERE p.project_id = %(project)s
    UNION ALL
    SELECT v.created_at, 1, t.id, NULL, t.message, false
    FROM arena_vote v JOIN arena_turn t ON t.battle_id = v.battle_id AND t.parent_id IS NULL
    WHERE v.project_id = %(project)s
) AS arrived ORDER BY created_at, kind, key
"""
HELD_OUT = """
SELECT p.messages::text, NULL, true
FROM exports_heldout h JOIN labeling_prompt p ON p.id = h.prompt_id
WHERE h.project_id = %(project)s ORDER BY p.created_at, p.id
"""


FILED = """
SELECT messages::text, language FROM labeling_prompt
WHERE project_id = %(project)s AND language <> '' ORDER BY id
"""


def split_map(project: Project, splits: Splits) -> SplitMap:
    """The same for every recipe with these splits. To be called in the transaction that the
    records are read in; it has to be closed.

    Without splits only what is held out is read, and where nothing is, every prompt trains.
    """
    found = SplitMap(splits)
    is_split = splits.validation + splits.test > 0
    for messages, is_held_out in _prompts(project, ARRIVED if is_split else HELD_OUT):
        found.add(messages, is_held_out=is_held_out)
    return found


def _prompts(project: Project, statement: str) -> Iterator[tuple[list[Message], bool]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, {"project": project.pk})
        while rows := cursor.fetchmany(AT_ONCE):
            for messages, message, is_held_out in rows:
                if messages is None:
                    yield [{"role": "user", "content": message}], is_held_out
                else:
                    yield orjson.loads(messages), is_held_out


def _filed(project: Project) -> Filed:
    filed = Filed()
    with connection.chunked_cursor() as cursor:
        cursor.execute(FILED, {"project": project.pk})
        while rows := cursor.fetchmany(AT_ONCE):
            for messages, language in rows:
                filed.add(orjson.loads(messages), language)
    return filed


def looking(project: Project, recipe: Recipe, *, n_records: int) -> Looking:
    """What looks at the records of a recipe, of which there are so many. To be called in the
    transaction that they are read in; it has to be closed."""
    names = recipe.hygiene.decontaminate
    scans = Scans(
        recipe.hygiene,
        benchmarks=sequences_in(project, names) if names else None,
        filed=_filed(project) if recipe.hygiene.language_check else None,
        counting=one_in(n_records),
        expected=n_records,
    )
    return Looking(scans, split_map(project, recipe.splits), named(project, names))
