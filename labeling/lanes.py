"""The lanes tasks wait in, and who may walk them."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from labeling.models import Labeler, Lane, Task
from projects.access import STAFF
from projects.models import Membership, Project, TaskKind, User


def lane_for(
    *,
    project: Project,
    kind: str,
    priority: int = Lane.Priority.NORMAL,
    language: str = "",
    skills: Iterable[str] = (),
    is_gold: bool = False,
) -> Lane:
    """The lane of such tasks; it is made when the first of them comes."""
    lane, _ = Lane.objects.get_or_create(
        project=project,
        kind=kind,
        priority=priority,
        language=language,
        skills=sorted(set(skills)),
        is_gold=is_gold,
    )
    return lane


def lanes_open_to(member: Membership, kind: str) -> list[Lane]:
    """The lanes of this kind with open tasks that this member may have, the most urgent first."""
    if kind == TaskKind.REVIEW and member.role not in STAFF:
        return []
    languages, skills = _abilities(member.user, member.project)
    open_tasks = Task.objects.filter(lane=OuterRef("pk"), is_open=True)
    return list(
        Lane.objects.filter(
            Q(language="") | Q(language__in=languages),
            Exists(open_tasks),
            project=member.project,
            kind=kind,
            skills__contained_by=skills,
        ).order_by("-priority", "pk")
    )


def _abilities(user: User, project: Project) -> tuple[list[str], list[str]]:
    found = Labeler.objects.filter(project=project, user=user).first()
    return ([], []) if found is None else (found.languages, found.skills)
