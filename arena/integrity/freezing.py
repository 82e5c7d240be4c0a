"""A board that stands still: its last good state is shown until an owner has looked."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from arena.models import ArenaRules, RatingRun
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import Conflict
from projects.models import Project, User
from projects.text import clean_name

WHY_LIMIT = 300


def freeze(*, project: Project, why: str, good_until: datetime, by: User | None = None) -> bool:
    """Let the boards stand still as they were at `good_until`; whether they moved until now.

    `by` is None where the periodic check does it.
    """
    if by is not None:
        membership(by, project.slug, roles=OWNERS)
    why = clean_name(why, field="why", limit=WHY_LIMIT)
    with transaction.atomic():
        rules = _locked(project)
        if rules.frozen_at is not None:
            return False
        rules.frozen_at, rules.frozen_why = timezone.now(), why
        rules.frozen_run = _last_run(project, good_until)
        rules.save(update_fields=["frozen_at", "frozen_why", "frozen_run"])
        audit.record(verb="board.frozen", by=by, project=project, subject=rules, why=why)
    return True


def unfreeze(*, by: User, project: Project, why: str) -> None:
    """Let the boards go on. What was cast until now raises no alarm again."""
    membership(by, project.slug, roles=OWNERS)
    why = clean_name(why, field="why", limit=WHY_LIMIT)
    with transaction.atomic():
        rules = _locked(project)
        if rules.frozen_at is None:
            raise Conflict("The board is not standing still.")
        before = rules.frozen_why
        rules.frozen_at, rules.frozen_why, rules.frozen_run = None, "", None
        rules.unfrozen_at = timezone.now()
        rules.save(update_fields=["frozen_at", "frozen_why", "frozen_run", "unfrozen_at"])
        audit.record(
            verb="board.unfrozen", by=by, project=project, subject=rules, why=why, frozen_why=before
        )


def _locked(project: Project) -> ArenaRules:
    ArenaRules.objects.get_or_create(project=project)
    return ArenaRules.objects.select_for_update().get(project=project)


def _last_run(project: Project, good_until: datetime) -> RatingRun | None:
    """The last state of the main board that was recorded by then, or the first of all."""
    runs = RatingRun.objects.filter(project=project, board="")
    before = runs.filter(computed_at__lte=good_until).order_by("-computed_at", "-pk").first()
    return before or runs.order_by("computed_at", "pk").first()
