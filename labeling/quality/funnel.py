"""What became of a project's tasks and what was submitted last, for its owners and reviewers."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from labeling.judging.told import said
from labeling.models import Comparison, Demonstration, Ranking, Task
from labeling.quality.overview import bounded
from projects.models import Project

COUNTED = 10_000
RECENT = 10
KINDS: dict[str, type[Demonstration | Comparison | Ranking]] = {
    "demonstration": Demonstration,
    "comparison": Comparison,
    "ranking": Ranking,
}
# Each number by an index and with a bound, so that a million tasks cost no more than ten thousand.
BY_STATE = """
SELECT kind, state, (
    SELECT count(*) FROM (
        SELECT 1 FROM labeling_task
        WHERE project_id = %(project)s AND kind = kinds.kind AND state = states.state
        LIMIT %(most)s) counted)
FROM unnest(%(kinds)s::text[]) AS kinds (kind)
CROSS JOIN unnest(%(states)s::text[]) AS states (state)
"""
OPEN = """
SELECT lane.kind, sum((
    SELECT count(*) FROM (
        SELECT 1 FROM labeling_task
        WHERE lane_id = lane.id AND is_open LIMIT %(most)s) counted))
FROM labeling_lane lane WHERE lane.project_id = %(project)s GROUP BY lane.kind
"""
# Version by version, as work is found by the guideline version it was done under.
LAST_SUBMITTED = """
SELECT found.kind, found.id
FROM instructions_guideline guideline
JOIN instructions_guidelineversion version ON version.guideline_id = guideline.id
CROSS JOIN LATERAL (
    SELECT assignment.id, assignment.ended_at, task.kind
    FROM labeling_assignment assignment JOIN labeling_task task ON task.id = assignment.task_id
    WHERE assignment.guideline_version_id = version.id AND assignment.ended_at IS NOT NULL
      AND assignment.state IN ('submitted', 'reopened') AND task.kind <> 'review'
    ORDER BY assignment.ended_at DESC LIMIT %(most)s) found
WHERE guideline.project_id = %(project)s
ORDER BY found.ended_at DESC, found.id DESC LIMIT %(most)s
"""


@dataclass(frozen=True)
class KindInNumbers:
    """The tasks of one kind by state, each number up to COUNTED."""

    kind: str
    label: str
    n_open: int
    states: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def n_busy(self) -> int:
        return max(0, self.states["ready"] - self.n_open)

    @property
    def told(self) -> dict[str, str]:
        """The numbers as they are shown."""
        numbers = self.states | {"open": self.n_open, "busy": self.n_busy, "total": self.total}
        return {name: bounded(number, COUNTED) for name, number in numbers.items()}


def funnel(project: Project) -> list[KindInNumbers]:
    """Each kind of task that there is, with its numbers by state."""
    values: dict[str, Any] = {
        "project": project.pk,
        "kinds": [str(kind) for kind in Task.Kind.values],
        "states": [str(state) for state in Task.State.values],
        "most": COUNTED + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(BY_STATE, values)
        numbers = {(kind, state): number for kind, state, number in cursor.fetchall()}
        cursor.execute(OPEN, values)
        n_open = {kind: int(number) for kind, number in cursor.fetchall()}
    found = [
        KindInNumbers(
            kind=kind,
            label=label,
            n_open=n_open.get(kind, 0),
            states={state: numbers[kind, state] for state in Task.State.values},
        )
        for kind, label in Task.Kind.choices
    ]
    return [kind for kind in found if kind.total]


def n_prompts(project: Project) -> str:
    return bounded(project.prompts.all()[: COUNTED + 1].count(), COUNTED)


def recent(project: Project) -> list[dict[str, Any]]:
    """The last judgements of the project's labelers, as they submitted them, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_SUBMITTED, {"project": project.pk, "most": RECENT})
        found = [(kind, pk) for kind, pk in cursor.fetchall() if kind in KINDS]
    rows = {kind: _rows(kind, [pk for of, pk in found if of == kind]) for kind in KINDS}
    return [_told(kind, rows[kind][pk]) for kind, pk in found if pk in rows[kind]]


def _rows(kind: str, pks: list[int]) -> dict[int, Demonstration | Comparison | Ranking]:
    """The last row of each of these assignments."""
    if not pks:
        return {}
    also = ("response",) if kind == "demonstration" else ("assignment",)
    rows = KINDS[kind]._default_manager.select_related("prompt", "labeler", *also)
    return {row.assignment_id: row for row in rows.filter(assignment__in=pks).order_by("pk")}


def _told(kind: str, row: Demonstration | Comparison | Ranking) -> dict[str, Any]:
    return {
        "kind": kind,
        "prompt": str(row.prompt),
        "by": row.labeler.username,
        "said": said(row, row.assignment.presented if isinstance(row, Ranking) else ()),
        "created_at": row.created_at,
    }
