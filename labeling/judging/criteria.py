"""What labelers mark in a comparison beside the preference, of the project's choosing."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify

from labeling.judging.rules import criteria_of
from labeling.models import Criterion
from projects import audit
from projects.access import OWNERS, membership
from projects.checks import check_all, one_of, yes_or_no
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Project, User
from projects.text import clean_name

NAME_LIMIT = 60
DESCRIPTION_LIMIT = 300
KEY_LIMIT = 40
MOST_CRITERIA = 12
UP, DOWN = "up", "down"


def add_criterion(
    *,
    by: User,
    project: Project,
    name: str,
    form: str = Criterion.Form.SIDES,
    description: str = "",
    is_required: bool = False,
) -> Criterion:
    """A new criterion at the end. Its key, made from the name, and its form never change."""
    membership(by, project.slug, roles=OWNERS)
    clean = check_all(
        {
            **_words(name, description, is_required),
            "form": lambda: one_of(form, Criterion.Form.values, field="form"),
        }
    )
    with transaction.atomic():
        held = _locked(project)
        _require_new_name(clean["name"], held)
        if sum(row.retired_at is None for row in held) >= MOST_CRITERIA:
            raise Conflict(f"A project has at most {MOST_CRITERIA} criteria. Retire one first.")
        last = Criterion.objects.filter(project=project).aggregate(last=Max("position"))["last"]
        criterion = Criterion.objects.create(
            project=project,
            key=_key(clean["name"], {row.key for row in held}),
            position=0 if last is None else last + 1,
            **clean,
        )
        audit.record(
            verb="criterion.added", by=by, project=project, subject=criterion, key=criterion.key
        )
    return criterion


def change_criterion(
    *,
    by: User,
    project: Project,
    criterion_id: int,
    name: str,
    description: str = "",
    is_required: bool = False,
) -> Criterion:
    """Other words for a criterion, or whether it is required. Marks made before stay."""
    membership(by, project.slug, roles=OWNERS)
    clean = check_all(_words(name, description, is_required))
    with transaction.atomic():
        held = _locked(project)
        criterion = _find(held, criterion_id)
        _require_new_name(clean["name"], [row for row in held if row != criterion])
        before = {field: getattr(criterion, field) for field in clean}
        if before == clean:
            return criterion
        for field, value in clean.items():
            setattr(criterion, field, value)
        criterion.save(update_fields=list(clean))
        audit.record(
            verb="criterion.changed",
            by=by,
            project=project,
            subject=criterion,
            before=before,
            after=clean,
        )
    return criterion


def retire_criterion(*, by: User, project: Project, criterion_id: int) -> Criterion:
    """Ask for it no longer. Marks made before are kept."""
    return _set_retired(by=by, project=project, criterion_id=criterion_id, is_retired=True)


def bring_back_criterion(*, by: User, project: Project, criterion_id: int) -> Criterion:
    return _set_retired(by=by, project=project, criterion_id=criterion_id, is_retired=False)


def move_criterion(*, by: User, project: Project, criterion_id: int, direction: str) -> None:
    """Change places with the one above or below; at the end of the list nothing happens."""
    membership(by, project.slug, roles=OWNERS)
    if direction not in (UP, DOWN):
        raise InvalidInput.field("direction", f"must be {UP} or {DOWN}")
    with transaction.atomic():
        criterion = _find(_locked(project), criterion_id)
        rows = criteria_of(project)
        if criterion not in rows:
            raise Conflict("This criterion is retired. Bring it back first.")
        at = rows.index(criterion)
        to = at + (1 if direction == DOWN else -1)
        if not 0 <= to < len(rows):
            return
        rows[at], rows[to] = rows[to], rows[at]
        for position, row in enumerate(rows):
            row.position = position
        Criterion.objects.bulk_update(rows, ["position"])
        audit.record(
            verb="criterion.moved", by=by, project=project, subject=criterion, direction=direction
        )


def _set_retired(*, by: User, project: Project, criterion_id: int, is_retired: bool) -> Criterion:
    membership(by, project.slug, roles=OWNERS)
    with transaction.atomic():
        held = _locked(project)
        criterion = _find(held, criterion_id)
        if (criterion.retired_at is not None) == is_retired:
            return criterion
        if not is_retired and len(criteria_of(project)) >= MOST_CRITERIA:
            raise Conflict(f"A project has at most {MOST_CRITERIA} criteria. Retire one first.")
        criterion.retired_at = timezone.now() if is_retired else None
        criterion.save(update_fields=["retired_at"])
        verb = "criterion.retired" if is_retired else "criterion.brought_back"
        audit.record(verb=verb, by=by, project=project, subject=criterion)
    return criterion


def _words(name: Any, description: Any, is_required: Any) -> dict[str, Callable[[], Any]]:
    return {
        "name": lambda: clean_name(name, field="name", limit=NAME_LIMIT),
        "description": lambda: clean_name(
            description, field="description", limit=DESCRIPTION_LIMIT, required=False
        ),
        "is_required": lambda: yes_or_no(is_required, field="is_required"),
    }


def _key(name: str, taken: set[str]) -> str:
    """A short key from the name, with a number where an older criterion has it."""
    base = slugify(name)[:KEY_LIMIT].strip("-_") or "criterion"
    key, number = base, 1
    while key in taken:
        number += 1
        key = f"{base[: KEY_LIMIT - 4]}-{number}"
    return key


def _locked(project: Project) -> list[Criterion]:
    """All criteria, the project held so that two owners cannot add the same one at once."""
    Project.objects.select_for_update().get(pk=project.pk)
    return list(Criterion.objects.filter(project=project).order_by("position", "pk"))


def _find(held: list[Criterion], criterion_id: int) -> Criterion:
    for row in held:
        if row.pk == criterion_id:
            return row
    raise NotFound("There is no such criterion.")


def _require_new_name(name: str, others: list[Criterion]) -> None:
    if any(row.name.casefold() == name.casefold() for row in others):
        raise InvalidInput.field("name", "is the name of another criterion, perhaps a retired one")
