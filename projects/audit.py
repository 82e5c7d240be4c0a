"""The record of deeds."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from projects.models import Project, User
from projects.prepared import Prepared

# On the path of every submission, where building the statement would cost more than the row.
INSERT = """
INSERT INTO projects_auditevent (project_id, actor_id, verb, subject, detail, created_at)
SELECT %s::bigint, %s::bigint, %s, {subject}, %s::jsonb, %s::timestamptz {source}
"""

INSERT_EACH = """
INSERT INTO projects_auditevent (project_id, actor_id, verb, subject, detail, created_at)
SELECT %s, %s, %s, %s || ':' || key, %s::jsonb, %s FROM unnest(%s::bigint[]) AS key
"""


def inserting(*, subject: str, source: str = "") -> str:
    """The statement for one row, to stand in a longer one whose SQL says what it is about; with
    `source`, such as FROM another part of it, a row for each that is there."""
    return INSERT.format(subject=subject, source=source)


_INSERT = Prepared(inserting(subject="%s"))


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
    _INSERT.rows(values)


def record_each(
    *, verb: str, by: User | None, project: Project, kind: str, keys: Sequence[int], **detail: Any
) -> None:
    """One audit row for each of many rows of one kind, where a deed is told of each by itself."""
    actor = by.pk if by else None
    told = (project.pk, actor, verb, kind, json.dumps(detail), timezone.now(), list(keys))
    with connection.cursor() as cursor:
        cursor.execute(INSERT_EACH, told)
