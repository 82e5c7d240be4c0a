"""The record of deeds."""

import json
from typing import Any

from django.utils import timezone

from projects.compiled import preparing
from projects.models import Project, User

# On the path of every submission, where building the statement would cost more than the row.
INSERT = """
INSERT INTO projects_auditevent (project_id, actor_id, verb, subject, detail, created_at)
VALUES (%s, %s, %s, %s, %s::jsonb, %s)
"""


def record(
    *, verb: str, by: User | None, project: Project | None = None, subject: Any = "", **detail: Any
) -> None:
    """Write one audit row. Call inside the transaction of the deed itself."""
    if hasattr(subject, "_meta"):
        subject = f"{subject._meta.model_name}:{subject.pk}"
    values: tuple[Any, ...] = (
        project and project.pk,
        by and by.pk,
        verb,
        str(subject),
        json.dumps(detail),
        timezone.now(),
    )
    with preparing() as cursor:
        cursor.execute(INSERT, values)
