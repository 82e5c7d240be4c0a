"""A judgement and all that is written with it, in one statement.

Each of its parts alone would be quicker to read than to send: this is the path that every task
takes. The assignment is locked by then, and the transaction is the caller's.
"""

import json
from typing import Any

from labeling.models import Assignment, Comparison, Demonstration, Ranking, Response, Submission
from projects import audit
from projects.compiled import Inserted, preparing

# A correction leaves the task as it is: its place was counted the first time.
STATEMENT = """
WITH {response} judgement AS (
    {judgement} RETURNING id
), done AS (
    UPDATE labeling_assignment
    SET state = 'submitted', ended_at = %s, draft = '{{}}', active_seconds = %s,
        evidence = %s::jsonb
    WHERE id = %s
    RETURNING task_id
), counted AS (
    UPDATE labeling_task task
    SET n_submitted = n_submitted + 1,
        state = CASE WHEN n_submitted + 1 >= overlap AND state IN ('ready', 'set_aside')
                THEN 'complete' ELSE state END
    FROM done WHERE task.id = done.task_id AND NOT %s
), told AS (
    {audit}
)
SELECT judgement.id, {response_id} FROM judgement
"""
RESPONSE = Inserted(Response)
JUDGEMENTS: dict[type[Submission], Inserted[Any]] = {
    Demonstration: Inserted(Demonstration, response_id="(SELECT id FROM response)"),
    Comparison: Inserted(Comparison),
    Ranking: Inserted(Ranking),
}
STATEMENTS = {
    kind: STATEMENT.format(
        response=f"response AS ({RESPONSE.sql} RETURNING id)," if kind is Demonstration else "",
        response_id="(SELECT id FROM response)" if kind is Demonstration else "NULL",
        judgement=inserted.sql,
        audit=audit.inserting(
            subject=f"(SELECT '{kind._meta.model_name}:' || id FROM judgement)"  # noqa: S608
        ),
    )
    for kind, inserted in JUDGEMENTS.items()
}


def write_judgement(held: Assignment, row: Submission, *, is_correction: bool) -> None:
    """Write `row`, new, with its response; end its assignment, count it, record the deed."""
    kind = type(row)
    response = row.response if isinstance(row, Demonstration) else None
    deed = f"{row._meta.model_name}.{'corrected' if is_correction else 'submitted'}"
    values = [
        *(RESPONSE.values(response) if response else ()),
        *JUDGEMENTS[kind].values(row),
        *(row.created_at, held.active_seconds, json.dumps(held.evidence), held.pk, is_correction),
        *(held.task.project_id, row.labeler_id, deed, "{}", row.created_at),
    ]
    with preparing() as cursor:
        cursor.execute(STATEMENTS[kind], values)
        row.pk, response_id = cursor.fetchone()
    row._state.adding = False
    if isinstance(row, Demonstration) and response:
        response.pk, response._state.adding = response_id, False
        row.response = response
