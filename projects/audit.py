"""The record of deeds."""

from typing import Any

from projects.models import AuditEvent, Project, User


def record(
    *, verb: str, by: User | None, project: Project | None = None, subject: Any = "", **detail: Any
) -> None:
    """Write one audit row. Call inside the transaction of the deed itself."""
    if hasattr(subject, "_meta"):
        subject = f"{subject._meta.model_name}:{subject.pk}"
    AuditEvent.objects.create(
        project=project, actor=by, verb=verb, subject=str(subject), detail=detail
    )
