"""Whether and how answers are checked in a project, and which tasks have it."""

import secrets
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling.models import Assignment, CheckArm, CheckRules, Demonstration, Task
from projects import audit
from projects.access import OWNERS, membership
from projects.checks import check_all, number_from, yes_or_no
from projects.errors import InvalidInput
from projects.models import Project, User
from workers.models import LanguageModel

RANGES = {
    "off_percent": (0, 90),
    "most_checks": (1, 20),
    "token_budget": (800, 100_000),
}
NAMES = ("is_on", "model", *RANGES)
MEASURED = ("is_on", "model_id", "off_percent")
"""What changes whom is compared with whom; the comparison begins anew with it."""


def check_rules_of(project: Project) -> CheckRules:
    """The project's rules; unsaved defaults, with everything off, where it has none."""
    found = CheckRules.objects.select_related("model").filter(project=project.pk).first()
    return found or CheckRules(project_id=project.pk)


def change_check_rules(*, by: User, project: Project, **changes: Any) -> CheckRules:
    """Change any of the rules; names every broken one at once. `model` is a key, or empty."""
    membership(by, project.slug, roles=OWNERS)
    clean = check_all({name: partial(_check, name, value) for name, value in changes.items()})
    if "model" in clean:
        clean["model_id"] = clean.pop("model")
    with transaction.atomic():
        CheckRules.objects.get_or_create(project_id=project.pk)
        rules = CheckRules.objects.select_for_update().get(project_id=project.pk)
        changed = {name: value for name, value in clean.items() if getattr(rules, name) != value}
        if clean.get("is_on", rules.is_on) and clean.get("model_id", rules.model_id) is None:
            raise InvalidInput.field("model", "is needed before checks can be on")
        if not changed:
            return rules
        before = {name: getattr(rules, name) for name in changed}
        for name, value in changed.items():
            setattr(rules, name, value)
        if any(name in MEASURED for name in changed):
            rules.measured_since = timezone.now()
        rules.save()
        audit.record(
            verb="check_rules.changed",
            by=by,
            project=project,
            subject=rules,
            before=before,
            after=changed,
        )
    return rules


def arm_of(assignment: Assignment) -> str:
    """Whether this assignment has the check ("on", "off"); empty where checks are not on.

    Drawn once, when its labeler first comes to it, and kept. What was submitted before there were
    checks has no arm, nor has any other kind of task.
    """
    task = assignment.task
    if task.kind != Task.Kind.DEMONSTRATION:
        return ""
    rules = check_rules_of(task.project)
    if not rules.is_on:
        return ""
    found = CheckArm.objects.filter(assignment=assignment.pk).first()
    return found.arm if found else _drawn(assignment, rules)


def _drawn(assignment: Assignment, rules: CheckRules) -> str:
    is_begun = Demonstration.objects.filter(assignment=assignment.pk).exists()
    if assignment.state != Assignment.State.OPEN or is_begun:
        return ""
    is_off = secrets.randbelow(100) < rules.off_percent
    # Of two pages opened at once one draws, and both have what it drew.
    row, _ = CheckArm.objects.get_or_create(
        assignment_id=assignment.pk,
        defaults={
            "arm": CheckArm.Arm.OFF if is_off else CheckArm.Arm.ON,
            "off_percent": rules.off_percent,
        },
    )
    return row.arm


def _check(name: str, value: Any) -> Any:
    if name == "is_on":
        return yes_or_no(value, field=name)
    if name == "model":
        return _model(value)
    if name in RANGES:
        return number_from(value, *RANGES[name], field=name)
    raise InvalidInput.field(name, "is not a rule of checks")


def _model(value: Any) -> int | None:
    if value in (None, ""):
        return None
    pk = number_from(value, 1, 999_999_999, field="model")
    if not LanguageModel.objects.drawable().filter(pk=pk).exists():
        raise InvalidInput.field("model", "is not a language model that text can be asked of")
    return pk
