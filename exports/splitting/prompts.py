"""The map of one project, and with it all that looks at the texts of its records."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import orjson
from django.db import connection

from exports.hygiene.benchmarks import named, sequences_in
from exports.hygiene.languages import Filed
from exports.hygiene.met import one_in
from exports.hygiene.scanning import Scans
from exports.reading.copying import keys_by, rows_of
from exports.recipe import Recipe, Splits
from exports.records import Message
from exports.splitting.arrivals import arrived
from exports.splitting.held import Held
from exports.splitting.looking import Looking
from exports.splitting.mapping import SplitMap
from projects.models import Project

AT_ONCE = 2_000
HELD_OUT = """
SELECT prompt_id FROM exports_heldout
WHERE project_id = %(project)s AND prompt_id IS NOT NULL ORDER BY 1
"""
PROMPTS = "SELECT messages::text FROM labeling_prompt WHERE id = ANY(%(keys)s::bigint[])"
FILED = """
SELECT messages::text, language FROM labeling_prompt
WHERE project_id = %(project)s AND language <> '' ORDER BY id
"""


def split_map(
    project: Project,
    splits: Splits,
    *,
    until: int | None = None,
    held: Held | None = None,
    check: Callable[[], None] = lambda: None,
) -> SplitMap:
    """The same for every recipe with these splits. To be called in the transaction that the
    records are read in; it has to be closed. What came after the arrivals `until` is in no split;
    None: it is taken as what arrives next. `held` was held out then; None: what is now. A million
    prompts take minutes: `check` is called on the way and may raise.

    Without splits only what is held out is read, and where nothing is, every prompt trains.
    """
    found = SplitMap(splits, is_whole=until is not None)
    for messages in _said(held or held_in(project)):
        found.hold(messages)
    if splits.are_some:
        for messages in arrived(project, until=until):
            check()
            found.add(messages)
    return found


def held_in(project: Project) -> Held:
    texts = project.held_out.filter(prompt=None).order_by("pk")
    return Held(keys_by(HELD_OUT, {"project": project.pk}), [each.asked for each in texts])


def _said(held: Held) -> Iterator[list[Message]]:
    for (messages,) in rows_of(PROMPTS, {}, held.prompts):
        yield orjson.loads(messages)
    yield from held.texts


def _filed(project: Project) -> Filed:
    filed = Filed()
    with connection.chunked_cursor() as cursor:
        cursor.execute(FILED, {"project": project.pk})
        while rows := cursor.fetchmany(AT_ONCE):
            for messages, language in rows:
                filed.add(orjson.loads(messages), language)
    return filed


def looking(
    project: Project,
    recipe: Recipe,
    *,
    n_records: int,
    until: int | None = None,
    held: Held | None = None,
    check: Callable[[], None] = lambda: None,
) -> Looking:
    """What looks at the records of a recipe, of which there are so many; the others as in
    `split_map`. To be called in the transaction that they are read in; it has to be closed."""
    names = recipe.hygiene.decontaminate
    scans = Scans(
        recipe.hygiene,
        benchmarks=sequences_in(project, names) if names else None,
        filed=_filed(project) if recipe.hygiene.language_check else None,
        counting=one_in(n_records),
        expected=n_records,
    )
    splits = split_map(project, recipe.splits, until=until, held=held, check=check)
    return Looking(scans, splits, named(project, names))
