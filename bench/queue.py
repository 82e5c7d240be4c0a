"""What a claim and a submission cost, with a short and a long backlog, beside the limit.

    python -m bench.queue [tasks done at each backlog, default 300]

The limit is the same two transactions with equal writes, bare, on the same server in the same
run, in a database of its own.
"""

import sys
import time
from typing import Any

from django.db import connection, transaction

from bench.servers import django_ready

BACKLOGS = (10_000, 200_000)
LABELERS = 8
MESSAGES = '[{"role": "user", "content": "Why?"}]'

CLAIM = (
    "UPDATE labeling_task SET n_assigned = 1, is_open = false WHERE id = %(task)s",
    "INSERT INTO labeling_queuecursor (user_id, lane_id, seq)"
    " SELECT %(user)s, lane_id, seq FROM labeling_task WHERE id = %(task)s"
    " ON CONFLICT ON CONSTRAINT one_cursor_each DO UPDATE SET seq = EXCLUDED.seq",
    "INSERT INTO labeling_assignment (task_id, labeler_id, state, leased_until, presented,"
    " guideline_version_id, draft, skip_reason, opened_at, active_seconds, evidence, created_at)"
    " VALUES (%(task)s, %(user)s, 'open', now(), '{}', %(version)s, '{}', '', now(), 0, '{}',"
    " now()) RETURNING id",
)
SUBMIT = (
    "WITH response AS (INSERT INTO labeling_response (prompt_id, origin, text, author_id,"
    " model_name, created_at) SELECT task.prompt_id, 'person', 'Answer.', %(user)s, '', now()"
    " FROM labeling_assignment held JOIN labeling_task task ON task.id = held.task_id"
    " WHERE held.id = %(assignment)s RETURNING id, prompt_id)"
    " INSERT INTO labeling_demonstration (assignment_id, labeler_id, guideline_version_id,"
    " seconds, evidence, cites, created_at, prompt_id, response_id)"
    " SELECT %(assignment)s, %(user)s, %(version)s, 1, '{}', '{}', now(), prompt_id, id"
    " FROM response",
    "WITH done AS (UPDATE labeling_assignment SET state = 'submitted', ended_at = now()"
    " WHERE id = %(assignment)s RETURNING task_id)"
    " UPDATE labeling_task SET n_submitted = 1, state = 'complete' FROM done WHERE id = task_id",
    "INSERT INTO projects_auditevent (project_id, actor_id, verb, subject, detail, created_at)"
    " VALUES (%(project)s, %(user)s, 'demonstration.submitted', '', '{}', now())",
)


def main() -> None:
    n_done = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with django_ready():
        from django.test.utils import setup_databases, teardown_databases

        created = setup_databases(verbosity=0, interactive=False)
        try:
            measure(n_done)
        finally:
            teardown_databases(created, verbosity=0)


def measure(n_done: int) -> None:
    from tests.factories import make_guideline_version, make_member, make_project

    print("  backlog  claim ms  submit ms  tasks/s  limit/s  of it")
    for backlog in BACKLOGS:
        project = make_project(f"bench-{backlog}")
        version = make_guideline_version(project)
        people = [make_member(project) for _ in range(LABELERS)]
        seed(project.pk, backlog + n_done)
        claim_s, submit_s = ours(project, people, n_done)
        rate = n_done / (claim_s + submit_s)
        limit = n_done / bare(project.pk, people[0].pk, version.pk, n_done)
        print(
            f"{backlog:>9,} {1000 * claim_s / n_done:>9.2f} {1000 * submit_s / n_done:>10.2f}"
            f" {rate:>8.0f} {limit:>8.0f} {rate / limit:>6.0%}"
        )


def seed(project: int, number: int, *, first: int = 1) -> None:
    """Prompts with an open demonstration task each, made by the database itself.

    Later ones, numbered from `first`, wait in the lane of the earlier ones.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO labeling_lane (project_id, kind, priority, language, skills, is_gold)"
            " VALUES (%s, 'demonstration', 0, '', '{}', false)"
            " ON CONFLICT ON CONSTRAINT one_lane_each DO UPDATE SET priority = 0 RETURNING id",
            [project],
        )
        (lane,) = cursor.fetchone()
        cursor.execute(
            "WITH prompt AS (INSERT INTO labeling_prompt (project_id, messages, content_hash,"
            " external_id, tags, language, source, created_at) SELECT %s, %s::jsonb, n::text, '',"
            " '{}', '', '', now()"
            " FROM generate_series(%s, %s) n RETURNING id)"
            " INSERT INTO labeling_task (project_id, prompt_id, kind, variant, lane_id, state,"
            " is_open, overlap, n_assigned, n_submitted, n_skipped, is_disputed, cause, clauses,"
            " created_at) SELECT %s, id, 'demonstration', '', %s, 'ready', true, 1, 0, 0,"
            " 0, false, '', '{}', now() FROM prompt ORDER BY id",
            [project, MESSAGES, first, first + number - 1, project, lane],
        )
        cursor.execute("ANALYZE")


def ours(project: Any, people: list[Any], number: int) -> tuple[float, float]:
    """Seconds spent claiming and submitting `number` tasks, the labelers taking turns."""
    from labeling.assigning.queue import claim_next
    from labeling.judging.submissions import submit_demonstration

    claiming = submitting = 0.0
    for i in range(number):
        person = people[i % len(people)]
        start = time.perf_counter()
        assignment = claim_next(by=person, project=project, kind="demonstration")
        middle = time.perf_counter()
        if assignment is None:
            raise RuntimeError("the backlog is empty")
        submit_demonstration(by=person, assignment=assignment, text="Answer.")
        submitting += time.perf_counter() - middle
        claiming += middle - start
    return claiming, submitting


def bare(project: int, user: int, version: int, number: int) -> float:
    """Seconds for the same writes of `number` tasks, known beforehand, without any reading."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM labeling_task WHERE project_id = %s AND is_open"
            " ORDER BY seq DESC LIMIT %s",
            [project, number],
        )
        tasks = cursor.fetchall()
        start = time.perf_counter()
        for (task,) in tasks:
            values = {"task": task, "project": project, "user": user, "version": version}
            with transaction.atomic():
                for statement in CLAIM:
                    cursor.execute(statement, values)
                (values["assignment"],) = cursor.fetchone()
            with transaction.atomic():
                for statement in SUBMIT:
                    cursor.execute(statement, values)
        return time.perf_counter() - start


if __name__ == "__main__":
    main()
