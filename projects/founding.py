"""Beginning a project and changing what holds for all of it."""

import re
from typing import Any

from django.db import IntegrityError, transaction

from projects import audit
from projects.access import OWNERS, membership
from projects.errors import Conflict, InvalidInput, NotPermitted, Problem
from projects.models import ArenaAccess, Membership, Project, Role, User
from projects.text import clean_name, clean_text

SLUG_LIMIT = 60
NAME_LIMIT = 120
DESCRIPTION_LIMIT = 4_000
TAKEN = frozenset({"new"})
RANGES = {
    "overlap": (1, 20),
    "candidates_per_prompt": (2, 9),
    "lease_minutes": (1, 1_440),
}

_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


def create_project(*, by: User | None, owner: User, slug: str, name: str = "") -> Project:
    """A new project with its first owner. `by=None` is the command line."""
    if by is not None and not by.is_staff:
        raise NotPermitted("Only staff may begin a project.")
    slug = clean_text(slug, field="slug", limit=SLUG_LIMIT).strip()
    if not _SLUG.fullmatch(slug):
        rule = "may hold small letters a-z, digits, and single hyphens or underscores between them"
        raise InvalidInput.field("slug", rule)
    if slug in TAKEN:
        raise InvalidInput.field("slug", f"cannot be “{slug}”, which is a page of its own")
    name = clean_name(name or slug, field="name", limit=NAME_LIMIT)
    try:
        with transaction.atomic():
            project = Project.objects.create(slug=slug, name=name)
            Membership.objects.create(project=project, user=owner, role=Role.OWNER)
            audit.record(
                verb="project.created", by=by, project=project, subject=project, owner=owner.pk
            )
    except IntegrityError as error:
        raise Conflict(f"There is a project at “{slug}” already.") from error
    return project


def change_settings(*, by: User, project: Project, **changes: Any) -> Project:
    """Change any of name, description, arena_access and the numbers of RANGES.

    Names every broken rule at once; nothing changes then.
    """
    membership(by, project.slug, roles=OWNERS)
    clean = _checked(changes)
    with transaction.atomic():
        locked = Project.objects.select_for_update().get(pk=project.pk)
        changed = {name: value for name, value in clean.items() if getattr(locked, name) != value}
        if not changed:
            return locked
        before = {name: getattr(locked, name) for name in changed}
        for name, value in changed.items():
            setattr(locked, name, value)
        locked.save(update_fields=list(changed))
        audit.record(
            verb="project.changed",
            by=by,
            project=locked,
            subject=locked,
            before=before,
            after=changed,
        )
    return locked


def _checked(changes: dict[str, Any]) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    problems: list[Problem] = []
    for field, value in changes.items():
        try:
            clean[field] = _setting(field, value)
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(*problems)
    return clean


def _setting(field: str, value: Any) -> str | int:
    if field == "name":
        return clean_name(value, field=field, limit=NAME_LIMIT)
    if field == "description":
        return clean_text(value, field=field, limit=DESCRIPTION_LIMIT, required=False).strip()
    if field == "arena_access":
        if value not in ArenaAccess.values:
            raise InvalidInput.field(field, f"must be one of {', '.join(ArenaAccess.values)}")
        return str(value)
    if field in RANGES:
        return _whole_number(field, value)
    raise InvalidInput.field(field, "is not a setting of a project")


def _whole_number(field: str, value: Any) -> int:
    low, high = RANGES[field]
    text = str(value).strip()
    if len(text) > 9 or not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise InvalidInput.field(field, f"must be a whole number from {low} to {high}")
    return int(text)
