"""Prompts on their way in: copied to a table of the transaction's own, then told apart and kept.

Everything that has to look at all rows at once is done by PostgreSQL, so that an import holds one
row at a time however many there are.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection

from labeling.assigning.lanes import lane_for
from labeling.intake.prompt_files import Problems, PromptRow
from labeling.models import Task
from projects.errors import Conflict, InvalidInput, Problem
from projects.models import Project

MOST_LANES = 200
"""Different (priority, language, skills) in one import, a queue each."""

MANY = 10_000
"""Rows after which PostgreSQL's picture of the tables is renewed."""

REPORT_EVERY = 1_000

Progress = Callable[[int], None]
"""Told how many rows have been read."""

_COLUMNS = (
    "line, external_id, content_hash, messages, tags, source, language, priority, skills, overlap"
)
_CREATE = """
DROP TABLE IF EXISTS pg_temp.prompt_staging;
CREATE TEMPORARY TABLE prompt_staging (
    id bigint NOT NULL DEFAULT nextval(pg_get_serial_sequence('labeling_prompt', 'id')),
    is_known boolean NOT NULL DEFAULT false,
    line bigint, external_id text, content_hash text, messages jsonb, tags varchar[], source text,
    language text, priority smallint, skills varchar[], overlap smallint
) ON COMMIT DROP
"""
_REPEATS = """
WITH first AS (
    SELECT DISTINCT ON (external_id) external_id, line, content_hash
    FROM prompt_staging WHERE external_id <> '' ORDER BY external_id, line
)
SELECT again.line, again.external_id, first.line
FROM prompt_staging again JOIN first USING (external_id)
WHERE again.content_hash <> first.content_hash ORDER BY again.line
"""
_DROP_REPEATS = """
DELETE FROM prompt_staging WHERE line IN (
    SELECT line FROM (
        SELECT line, row_number() OVER (
            PARTITION BY external_id, CASE WHEN external_id = '' THEN content_hash END
            ORDER BY line
        ) AS n
        FROM prompt_staging
    ) counted WHERE n > 1
)
"""
_CLASHES = """
SELECT staged.line, staged.external_id
FROM prompt_staging staged
JOIN labeling_prompt here
  ON here.project_id = %(project)s AND here.external_id = staged.external_id
WHERE staged.external_id <> '' AND here.content_hash <> staged.content_hash
ORDER BY staged.line
"""
_KNOWN = (
    """
UPDATE prompt_staging staged SET id = here.id, is_known = true, language = here.language
FROM labeling_prompt here
WHERE here.project_id = %(project)s AND staged.external_id <> ''
  AND here.external_id = staged.external_id
""",
    """
UPDATE prompt_staging staged SET id = here.id, is_known = true, language = here.language
FROM labeling_prompt here
WHERE here.project_id = %(project)s AND staged.external_id = '' AND here.external_id = ''
  AND here.content_hash = staged.content_hash
""",
)
_INSERT_PROMPTS = """
INSERT INTO labeling_prompt
    (id, project_id, messages, content_hash, external_id, tags, source, language, created_at)
SELECT id, %(project)s, messages, content_hash, external_id, tags, source, language, now()
FROM prompt_staging WHERE NOT is_known
ON CONFLICT DO NOTHING
"""
_LANES = "SELECT DISTINCT priority, language, skills FROM prompt_staging LIMIT %s"
_INSERT_TASKS = """
INSERT INTO labeling_task
    (project_id, prompt_id, kind, variant, lane_id, state, is_open, overlap, n_assigned,
     n_submitted, n_skipped, is_disputed, cause, clauses, created_at)
SELECT %(project)s, staged.id, lane.kind, '', lane.id,
    CASE WHEN lane.kind = %(ready)s THEN 'ready' ELSE 'drawing' END, lane.kind = %(ready)s,
    coalesce(staged.overlap, %(overlap)s), 0, 0, 0, false, '', '{}', now()
FROM prompt_staging staged
JOIN labeling_lane lane
  ON lane.id = ANY(%(lanes)s) AND lane.priority = staged.priority
 AND lane.language = staged.language AND lane.skills = staged.skills
ORDER BY staged.line, lane.kind
ON CONFLICT (prompt_id, kind, variant) DO NOTHING
"""


def stage(rows: Iterable[PromptRow], progress: Progress | None) -> int:
    """Copy the rows to the staging table. Returns how many there were."""
    number = 0
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        with cursor.copy(f"COPY prompt_staging ({_COLUMNS}) FROM STDIN") as copy:
            for number, row in enumerate(rows, start=1):
                copy.write_row(
                    (
                        row.line,
                        row.external_id,
                        row.content_hash,
                        row.canonical,
                        row.tags,
                        row.source,
                        row.language,
                        row.priority,
                        row.skills,
                        row.overlap,
                    )
                )
                if progress is not None and number % REPORT_EVERY == 0:
                    progress(number)
        cursor.execute("ANALYZE pg_temp.prompt_staging")
    return number


def recognise(project: Project, problems: Problems) -> None:
    """Tell new prompts from those that are here; name every external id that means two things.

    Of what stands twice among the rows the first one stays.
    """
    values = {"project": project.pk}
    with connection.cursor() as cursor:
        cursor.execute(_REPEATS)
        for line, external_id, first in cursor:
            rule = f"“{external_id}” stands on line {first} with another conversation"
            problems.add(Problem("external_id", rule, line=line))
        cursor.execute(_DROP_REPEATS)
        cursor.execute(_CLASHES, values)
        for line, external_id in cursor:
            rule = f"“{external_id}” is here already with another conversation"
            problems.add(Problem("external_id", rule, line=line))
        for statement in _KNOWN:
            cursor.execute(statement, values)


def keep_prompts(project: Project) -> int:
    """Store the new ones. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM prompt_staging WHERE NOT is_known")
        (wanted,) = cursor.fetchone() or (0,)
        cursor.execute(_INSERT_PROMPTS, {"project": project.pk})
        if cursor.rowcount != wanted:
            raise Conflict("Some of these prompts came in meanwhile. Import the file again.")
        return int(wanted)


def keep_tasks(project: Project, kinds: list[str]) -> int:
    """Tasks of these kinds for the prompts that lack them; drawn kinds wait for candidates."""
    with connection.cursor() as cursor:
        lanes = _lanes(cursor, project, kinds)
        values: dict[str, Any] = {
            "project": project.pk,
            "overlap": project.overlap,
            "ready": Task.Kind.DEMONSTRATION.value,
            "lanes": lanes,
        }
        cursor.execute(_INSERT_TASKS, values)
        made = int(cursor.rowcount)
        if made >= MANY:
            cursor.execute("ANALYZE labeling_prompt, labeling_task")
        cursor.execute("DROP TABLE pg_temp.prompt_staging")
    return made


def _lanes(cursor: Any, project: Project, kinds: list[str]) -> list[int]:
    cursor.execute(_LANES, [MOST_LANES + 1])
    combinations = cursor.fetchall()
    if len(combinations) > MOST_LANES:
        rule = (
            f"and priority and language together make more than {MOST_LANES} different queues; "
            "use fewer, broader skills"
        )
        raise InvalidInput.field("skills", rule)
    return [
        lane_for(project=project, kind=kind, priority=priority, language=language, skills=skills).pk
        for priority, language, skills in combinations
        for kind in kinds
    ]
