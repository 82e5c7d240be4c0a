"""A judgement and all that is written with it, in one statement.

Each of its parts alone would be quicker to read than to send: this is the path that every task
takes. The assignment is locked by then, and the transaction is the caller's.
"""

import json
from typing import Any

from labeling.assigning.queue import VERSION
from labeling.models import Assignment, Comparison, Demonstration, Ranking, Response, Submission
from projects import audit
from projects.compiled import Inserted
from projects.prepared import Prepared

# First the assignment, before its task; the rest is written where it was found as expected. Of a
# correction the task is left as it is: its place was counted the first time.
STATEMENT = """
WITH done AS (
    UPDATE labeling_assignment
    SET state = 'submitted', ended_at = %s, draft = '{{}}', active_seconds = %s,
        evidence = %s::jsonb
    WHERE id = %s AND {version} = COALESCE(%s, {version})
    RETURNING task_id
), {response} judgement AS (
    {judgement} RETURNING id
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
RESPONSE = Inserted(Response, source="FROM done")
JUDGEMENTS: dict[type[Submission], Inserted[Any]] = {
    Demonstration: Inserted(Demonstration, source="FROM response", response_id="response.id"),
    Comparison: Inserted(Comparison, source="FROM done"),
    Ranking: Inserted(Ranking, source="FROM done"),
}
STATEMENTS = {
    kind: Prepared(
        STATEMENT.format(
            version=VERSION,
            response=f"response AS ({RESPONSE.sql} RETURNING id)," if kind is Demonstration else "",
            response_id="(SELECT id FROM response)" if kind is Demonstration else "NULL",
            judgement=inserted.sql,
            audit=audit.inserting(
                subject=f"'{kind._meta.model_name}:' || judgement.id", source="FROM judgement"
            ),
        )
    )
    for kind, inserted in JUDGEMENTS.items()
}


def write_judgement(
    held: Assignment, row: Submission, *, is_correction: bool = False, version: str | None = None
) -> bool:
    """Write `row`, new, with its response; end its assignment, count it, record the deed.

    With the `version` of the assignment that was read, only if that is its version still; False
    where it is not.
    """
    kind = type(row)
    response = row.response if isinstance(row, Demonstration) else None
    deed = f"{row._meta.model_name}.{'corrected' if is_correction else 'submitted'}"
    values = [
        *(row.created_at, held.active_seconds, json.dumps(held.evidence), held.pk, version),
        *(RESPONSE.values(response) if response else ()),
        *JUDGEMENTS[kind].values(row),
        *(is_correction, held.task.project_id, row.labeler_id, deed, "{}", row.created_at),
    ]
    written = STATEMENTS[kind].rows(values)
    if not written:
        return False
    ((row.pk, response_id),) = written
    row._state.adding = False
    if isinstance(row, Demonstration) and response:
        response.pk, response._state.adding = response_id, False
        row.response = response
    return True
