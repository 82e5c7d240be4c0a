"""The rules an arena works by."""

from arena.models import ArenaRules
from projects.models import Project


def rules_of(project: Project) -> ArenaRules:
    """The arena's rules; unsaved defaults where its owner never changed them."""
    return ArenaRules.objects.filter(project=project).first() or ArenaRules(project=project)
