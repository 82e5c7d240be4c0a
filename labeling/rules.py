"""The rules a project works by."""

from labeling.models import Criterion, WorkRules
from projects.models import Project


def rules_of(project: Project) -> WorkRules:
    """The project's rules; unsaved defaults where it never changed them."""
    return WorkRules.objects.filter(project=project).first() or WorkRules(project=project)


def criteria_of(project: Project) -> list[Criterion]:
    """What labelers mark beside the preference, in order; retired ones left out."""
    return list(
        Criterion.objects.filter(project=project, retired_at=None).order_by("position", "pk")
    )
