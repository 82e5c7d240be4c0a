"""The rules a project works by."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models.base import ModelState

from labeling.models import Comparison, Criterion, WorkRules
from projects import audit
from projects.access import OWNERS, membership
from projects.checks import check_all, number_from, one_of, yes_or_no
from projects.compiled import Compiled
from projects.errors import InvalidInput
from projects.models import Membership, Project, Role, User
from projects.text import clean_name, clean_text

MOST_FLAGS = 20
FLAG_LIMIT = 40
CHOICES = {
    "scale": Comparison.Scale,
    "gold_feedback": WorkRules.GoldFeedback,
    "review_mode": WorkRules.ReviewMode,
    "consensus": WorkRules.Consensus,
}
SWITCHES = (
    "justify_always",
    "justify_strong",
    "justify_disputed",
    "demonstrations_go_on",
    "review_shows_names",
)
RANGES = {
    "ranking_size": (2, 9),
    "set_aside_after_skips": (0, 1_000),
    "daily_cap": (0, 100_000),
    "idle_seconds": (10, 3_600),
    "gold_percent": (0, 100),
    "pause_below_percent": (0, 100),
    "pause_after_golds": (1, 1_000),
    "qualify_percent": (0, 100),
    "qualify_golds": (1, 1_000),
    "review_percent": (0, 100),
}
NAMES = (*CHOICES, *SWITCHES, *RANGES, "safety_flags")

_RULES = Compiled(lambda project: WorkRules.objects.filter(project=project), project=int)


def rules_of(project: Project) -> WorkRules:
    """The project's rules, those it was read with if it was; unsaved defaults where it never
    changed them."""
    known = project._state.fields_cache
    rules = known["work_rules"] if "work_rules" in known else _RULES.first(project=project.pk)
    return rules or _unchanged(project)


def _unchanged(project: Project) -> WorkRules:
    """The defaults, unsaved. On the path of every task, where Django's way of making a row takes
    as long as reading one."""
    rules = WorkRules.__new__(WorkRules)
    rules._state = ModelState()
    rules.__dict__ |= {field.attname: field.get_default() for field in WorkRules._meta.fields}
    # By key: with the project itself it would become what that was read with.
    rules.project_id = project.pk
    return rules


def shows_names(member: Membership) -> bool:
    """Whether this one of the staff sees who did what; to owners it is always told."""
    return member.role == Role.OWNER or rules_of(member.project).review_shows_names


def criteria_of(project: Project) -> list[Criterion]:
    """What labelers mark beside the preference, in order; retired ones left out."""
    return list(
        Criterion.objects.filter(project=project, retired_at=None).order_by("position", "pk")
    )


def change_rules(*, by: User, project: Project, **changes: Any) -> WorkRules:
    """Change any of the rules; they hold for what is judged from now on.

    Names every broken rule at once; nothing changes then.
    """
    membership(by, project.slug, roles=OWNERS)
    clean = check_all({name: _check(name, value) for name, value in changes.items()})
    with transaction.atomic():
        WorkRules.objects.get_or_create(project_id=project.pk)
        rules = WorkRules.objects.select_for_update().get(project_id=project.pk)
        changed = {name: value for name, value in clean.items() if getattr(rules, name) != value}
        if not changed:
            return rules
        before = {name: getattr(rules, name) for name in changed}
        for name, value in changed.items():
            setattr(rules, name, value)
        rules.save(update_fields=list(changed))
        audit.record(
            verb="rules.changed",
            by=by,
            project=project,
            subject=rules,
            before=before,
            after=changed,
        )
    return rules


def _check(name: str, value: Any) -> Callable[[], Any]:
    if name in CHOICES:
        return lambda: one_of(value, CHOICES[name].values, field=name)
    if name in SWITCHES:
        return lambda: yes_or_no(value, field=name)
    if name in RANGES:
        return lambda: number_from(value, *RANGES[name], field=name)
    if name == "safety_flags":
        return lambda: _safety_flags(value)
    return lambda: _refuse(name)


def _refuse(name: str) -> None:
    raise InvalidInput.field(name, "is not a rule of a project")


def _safety_flags(value: Any) -> list[str]:
    """One a line, or a list; written twice is once."""
    field = "safety_flags"
    if isinstance(value, str):
        value = clean_text(value, field=field, limit=4_000, required=False).split("\n")
    if not isinstance(value, list):
        raise InvalidInput.field(field, "must be a list")
    if len(value) > 10 * MOST_FLAGS:
        raise InvalidInput.field(field, f"must be at most {MOST_FLAGS}")
    kept: dict[str, str] = {}
    for line in value:
        flag = clean_name(line, field=field, limit=FLAG_LIMIT, required=False)
        if flag:
            kept.setdefault(flag.casefold(), flag)
    flags = list(kept.values())
    if len(flags) > MOST_FLAGS:
        raise InvalidInput.field(field, f"must be at most {MOST_FLAGS}, are {len(flags)}")
    return flags
