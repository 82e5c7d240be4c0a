"""A project's tasks for its staff: which there are, narrowed, the newest first.

A page costs the same with a thousand tasks and with a million: tasks are walked by an index, lane
by lane and state by state, from where the page begins. What only the prompt tells (a tag, a text)
is looked for among LOOKED_THROUGH tasks at a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from labeling.assigning.lanes import LANGUAGE_LIMIT, SKILL_LIMIT
from labeling.assigning.queue import BIGGEST_KEY
from labeling.intake.prompt_files import PRIORITIES
from labeling.models import Lane, Task
from projects.errors import InvalidInput, NotFound
from projects.models import Membership, Project, Role
from projects.text import clean_name, clean_text

COUNTED = 1_000
LOOKED_THROUGH = 20_000
STEP = 1_000
TEXT_LIMIT = 200
TAG_LIMIT = 60
# Of one state, but not said by an equality: the planner would then take the order of the primary
# key to be as good, and walk all other projects' tasks to find the few of a small one.
BY_LANE = """
FROM unnest(%(lanes)s::bigint[]) AS lanes (id)
CROSS JOIN unnest(%(states)s::text[]) AS states (state)
CROSS JOIN LATERAL (
    SELECT one.id, one.prompt_id FROM labeling_task one
    WHERE one.lane_id = lanes.id AND one.state >= states.state
      AND (one.state, one.id) < (states.state, %(before)s::bigint)
    ORDER BY one.state DESC, one.id DESC LIMIT %(looked)s) task
"""
DISPUTED = """
FROM labeling_task task
WHERE task.project_id = %(project)s AND task.is_disputed AND task.id < %(before)s
  AND task.lane_id = ANY (%(lanes)s) AND task.state = ANY (%(states)s)
"""
OF_LABELER = """
FROM labeling_assignment own JOIN labeling_task task ON task.id = own.task_id
WHERE own.labeler_id = %(labeler)s AND own.task_id < %(before)s
  AND task.lane_id = ANY (%(lanes)s) AND task.state = ANY (%(states)s)
"""
SELECT = """
WITH looked AS MATERIALIZED (
    SELECT task.id, task.prompt_id {source} ORDER BY task.id DESC LIMIT %(looked)s
)
SELECT ARRAY(
    SELECT looked.id FROM looked {prompts} ORDER BY looked.id DESC LIMIT %(most)s
), (SELECT count(*) FROM looked), (SELECT min(id) FROM looked)
"""
# One by one by their keys, which OFFSET 0 holds the planner to: it would read all there are.
PROMPTS = """
CROSS JOIN LATERAL (
    SELECT tags, external_id, messages FROM labeling_prompt
    WHERE labeling_prompt.id = looked.prompt_id OFFSET 0) prompt
WHERE (%(tag)s = '' OR prompt.tags @> ARRAY[%(tag)s]::varchar[])
  AND (%(text)s = '' OR prompt.external_id = %(text)s OR EXISTS (
      SELECT 1 FROM jsonb_array_elements(prompt.messages) message
      WHERE message ->> 'content' ILIKE %(pattern)s))
"""


@dataclass(frozen=True)
class Filters:
    """What a list of tasks is narrowed to; empty is everything."""

    kind: str = ""
    state: str = ""
    priority: str = ""
    language: str = ""
    skill: str = ""
    tag: str = ""
    text: str = ""
    labeler: int | None = None
    disputed: bool = False

    @property
    def asks_prompts(self) -> bool:
        return bool(self.tag or self.text)

    @property
    def query(self) -> dict[str, str]:
        """As they stand in an address; read again they are the same."""
        given = {
            name: str(value) for name, value in vars(self).items() if value and value is not True
        }
        return given | ({"disputed": "1"} if self.disputed else {})


@dataclass(frozen=True)
class Found:
    """`following` is where to go on, or None at the end. `is_cut` says that only the prompts of
    LOOKED_THROUGH tasks were looked at."""

    pks: list[int]
    following: int | None
    is_cut: bool = False


def filters_from(given: Mapping[str, Any]) -> Filters:
    """From a form's or an address's fields. Raises InvalidInput naming the field, so that a
    filter that is not understood never widens what is changed."""
    disputed = given.get("disputed", "")
    if disputed not in ("", "0", "1"):
        raise InvalidInput.field("disputed", "must be 1 or nothing")
    text = clean_text(given.get("text", ""), field="text", limit=TEXT_LIMIT, required=False)
    return Filters(
        kind=_one_of(given, "kind", Task.Kind.values),
        state=_one_of(given, "state", Task.State.values),
        priority=_one_of(given, "priority", list(PRIORITIES)),
        language=_name(given, "language", LANGUAGE_LIMIT).lower(),
        skill=_name(given, "skill", SKILL_LIMIT),
        tag=_name(given, "tag", TAG_LIMIT),
        text=text.strip(),
        labeler=number_from(given, "labeler"),
        disputed=disputed == "1",
    )


def number_from(given: Mapping[str, Any], name: str) -> int | None:
    """A key in an address or a form; None where there is none."""
    value = given.get(name, "")
    if value == "":
        return None
    is_number = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19
    if not is_number:
        raise InvalidInput.field(name, "must be a whole number")
    return int(value)


def find(
    project: Project,
    filters: Filters,
    *,
    most: int,
    before: int | None = None,
    with_gold: bool = False,
) -> Found:
    """The keys of at most `most` of these tasks, the newest first, from below the key `before`."""
    values: dict[str, Any] = {
        "project": project.pk,
        "lanes": [lane.pk for lane in _lanes(project, filters, with_gold=with_gold)],
        "states": [filters.state] if filters.state else [str(s) for s in Task.State.values],
        "labeler": filters.labeler,
        "before": before or BIGGEST_KEY,
        "most": most + 1,
        "tag": filters.tag,
        "text": filters.text,
        "pattern": f"%{_escaped(filters.text)}%",
    }
    if filters.asks_prompts:
        return _looked_for(filters, values, most)
    pks, _, _ = _read(filters, values | {"looked": most + 1})
    return Found(pks[:most], pks[most - 1] if len(pks) > most else None)


def _looked_for(filters: Filters, values: dict[str, Any], most: int) -> Found:
    """Some tasks at a time: asked for all at once, the planner would read the whole table."""
    step = min(STEP, LOOKED_THROUGH)
    found: list[int] = []
    for _ in range(LOOKED_THROUGH // step):
        pks, n_looked, last = _read(filters, values | {"looked": step})
        found += pks
        if len(found) > most:
            return Found(found[:most], found[most - 1])
        if n_looked < step:
            return Found(found, None)
        values["before"] = last
    return Found(found, values["before"], is_cut=True)


def _read(filters: Filters, values: dict[str, Any]) -> tuple[list[int], int, int | None]:
    """The keys found, among how many tasks, and the last key looked at."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(filters), values)
        pks, n_looked, last = cursor.fetchone()
    return pks, n_looked, last


def counted(project: Project, filters: Filters, *, with_gold: bool = False) -> int:
    """How many tasks these are, up to COUNTED and one. Not for what only the prompts tell."""
    found = find(project, filters, most=COUNTED, with_gold=with_gold)
    return len(found.pks) + (found.following is not None)


def in_order(pks: Sequence[int]) -> QuerySet[Task]:
    """The tasks with these keys as a page shows them, the newest first."""
    return Task.objects.filter(pk__in=pks).select_related("prompt", "lane").order_by("-pk")


def task_for(member: Membership, pk: int) -> Task:
    """A task of the project; gold ones are their owners' alone, or reviewers would know them."""
    found = None
    if pk <= BIGGEST_KEY:
        tasks = Task.objects.select_related("project", "prompt", "lane", "reviewed")
        found = tasks.filter(project=member.project, pk=pk).first()
    if found is None or (found.lane.is_gold and member.role != Role.OWNER):
        raise NotFound("There is no such task in this project.")
    return found


def abilities(project: Project) -> tuple[list[str], list[str]]:
    """The languages and the skills that tasks of this project name."""
    lanes = Lane.objects.filter(project=project)
    languages = {lane.language for lane in lanes} - {""}
    return sorted(languages), sorted({skill for lane in lanes for skill in lane.skills})


def _lanes(project: Project, filters: Filters, *, with_gold: bool) -> QuerySet[Lane]:
    lanes = Lane.objects.filter(project=project).only("pk")
    if not with_gold:
        lanes = lanes.filter(is_gold=False)
    if filters.kind:
        lanes = lanes.filter(kind=filters.kind)
    if filters.priority:
        lanes = lanes.filter(priority=PRIORITIES[filters.priority])
    if filters.language:
        lanes = lanes.filter(language=filters.language)
    if filters.skill:
        lanes = lanes.filter(skills__contains=[filters.skill])
    return lanes


def _statement(filters: Filters) -> str:
    source = BY_LANE
    if filters.labeler is not None:
        source = OF_LABELER + (" AND task.is_disputed" if filters.disputed else "")
    elif filters.disputed:
        source = DISPUTED
    return SELECT.format(source=source, prompts=PROMPTS if filters.asks_prompts else "")


def _escaped(text: str) -> str:
    """The text itself, where ILIKE would read its signs as a pattern."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _one_of(given: Mapping[str, Any], name: str, allowed: Sequence[str]) -> str:
    value = given.get(name, "")
    if value != "" and value not in allowed:
        raise InvalidInput.field(name, f"must be one of {', '.join(allowed)}")
    return str(value)


def _name(given: Mapping[str, Any], name: str, limit: int) -> str:
    return clean_name(given.get(name, ""), field=name, limit=limit, required=False)
