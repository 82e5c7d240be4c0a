"""Comparisons of about three kilobytes each, which PostgreSQL writes by itself."""

from typing import Any

from django.db import connection

from instructions.models import Guideline, GuidelineVersion
from labeling.assigning.lanes import lane_for
from projects.models import Membership, Project, Role, User
from workers.models import LanguageModel

WORDS = "monopsony paperclip harbour ledger patience copper tide lantern "
AT_ONCE = 50_000
_STATEMENTS = (
    """INSERT INTO labeling_prompt (id, project_id, messages, content_hash, external_id, tags,
            language, source, created_at)
        SELECT %(base)s + n, %(project)s, jsonb_build_array(jsonb_build_object('role', 'user',
            'content', n || ': ' || repeat(%(words)s, 8))), n, '', '{}', '', '',
            now()
        FROM generate_series(%(first)s, %(last)s) n""",
    """INSERT INTO workers_generation (id, project_id, model_id, queue, messages, parameters,
            state, attempts, interruptions, not_before, output, finish_reason, usage, served_model,
            revision, cache_key, errors, error, created_at, finished_at)
        SELECT 2 * (%(base)s + n) + side, %(project)s, (%(models)s::bigint[])[side + 1], 'batch',
            '[]', '{"temperature": 0.7, "max_tokens": 512}', 'done', 1, 0, now(),
            n || ', ' || side || ': ' || repeat(%(words)s, 17), 'stop', '{}', '', '',
            '', '[]', '', now(), now()
        FROM generate_series(%(first)s, %(last)s) n, generate_series(0, 1) side""",
    """INSERT INTO labeling_response (id, prompt_id, origin, text, generation_id, model_name,
            created_at)
        SELECT id, id / 2, 'model', output, id, '', now()
        FROM workers_generation
        WHERE id BETWEEN 2 * (%(base)s + %(first)s) AND 2 * (%(base)s + %(last)s) + 1""",
    """INSERT INTO labeling_task (id, project_id, prompt_id, kind, variant, lane_id, state, is_open,
            overlap, n_assigned, n_submitted, n_skipped, is_disputed, cause, clauses, created_at)
        SELECT %(base)s + n, %(project)s, %(base)s + n, 'comparison', '', %(lane)s, 'complete',
            false, 1, 1, 1, 0, false, '', '{}', now()
        FROM generate_series(%(first)s, %(last)s) n""",
    """INSERT INTO labeling_assignment (id, task_id, labeler_id, state, leased_until, presented,
            guideline_version_id, draft, skip_reason, active_seconds, evidence, created_at)
        SELECT %(base)s + n, %(base)s + n, %(labeler)s, 'submitted', now(), '{}', %(version)s,
            '{}', '', 0, '{}', now()
        FROM generate_series(%(first)s, %(last)s) n""",
    """INSERT INTO labeling_comparison (id, assignment_id, labeler_id, guideline_version_id,
            seconds, evidence, cites, created_at, prompt_id, response_a_id, response_b_id, scale,
            preference, both_bad, marks, flags, justification)
        SELECT %(base)s + n, %(base)s + n, %(labeler)s, %(version)s, 30, '{}', '{}', now(),
            %(base)s + n, 2 * (%(base)s + n), 2 * (%(base)s + n) + 1, 'seven', n %% 3 - 3, false,
            '{}', '{}', ''
        FROM generate_series(%(first)s, %(last)s) n""",
)


def seed(n_rows: int) -> Project:
    """A project of its own with `n_rows` comparisons."""
    labeler = User.objects.create(username="bench", pseudonym="bench")
    project = Project.objects.create(slug="bench", name="Bench")
    Membership.objects.create(project=project, user=labeler, role=Role.LABELER)
    version = GuidelineVersion.objects.create(
        guideline=Guideline.objects.create(project=project),
        number=1,
        text="",
        html="",
        published_by=labeler,
    )
    given: dict[str, Any] = {
        "project": project.pk,
        "labeler": labeler.pk,
        "version": version.pk,
        "lane": lane_for(project=project, kind="comparison").pk,
        "models": [LanguageModel.objects.create(name=f"bench-{side}").pk for side in "ab"],
        "words": WORDS,
        # Above whatever else is in the database.
        "base": 1_000_000_000,
    }
    with connection.cursor() as cursor:
        for first in range(1, n_rows + 1, AT_ONCE):
            chunk = given | {"first": first, "last": min(first + AT_ONCE - 1, n_rows)}
            for statement in _STATEMENTS:
                cursor.execute(statement, chunk)
        # What was just written reads as slowly once as it never will again.
        cursor.execute("VACUUM ANALYZE")
    return project
