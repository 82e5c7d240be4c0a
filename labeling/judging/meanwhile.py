"""What a project stopped asking for while somebody had a task open.

Their form still shows it, so what they marked there is dropped and nothing is refused for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.models import Assignment, Criterion, WorkRules
from projects.models import AuditEvent, Project


def marks_still_asked(project: Project, criteria: Sequence[Criterion], marks: Any) -> Any:
    """Marks as they were sent, less those of criteria that are retired."""
    if not isinstance(marks, Mapping) or marks.keys() <= {each.key for each in criteria}:
        return marks
    retired = Criterion.objects.filter(project=project, retired_at__isnull=False)
    gone = set(retired.values_list("key", flat=True))
    return {key: mark for key, mark in marks.items() if key not in gone}


def flags_still_raised(assignment: Assignment, rules: WorkRules, flags: Any) -> Any:
    """Safety flags by side as they were sent, less those removed since the task was given."""
    if not isinstance(flags, Mapping) or not all(isinstance(f, list) for f in flags.values()):
        return flags
    if all(flag in rules.safety_flags for raised in flags.values() for flag in raised):
        return flags
    gone = _removed_since(assignment) - set(rules.safety_flags)
    return {
        side: [flag for flag in raised if not isinstance(flag, str) or flag not in gone]
        for side, raised in flags.items()
    }


def _removed_since(assignment: Assignment) -> set[str]:
    trail = AuditEvent.objects.filter(
        project=assignment.task.project_id,
        created_at__gte=assignment.created_at,
        verb="rules.changed",
    )
    before = trail.values_list("detail__before__safety_flags", flat=True)
    return {flag for flags in before for flag in flags or []}
