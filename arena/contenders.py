"""Which models take part in an arena, how, and since when: told to everybody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q

from arena.models import Contender, ContenderChange
from projects import audit
from projects.access import OWNERS, membership
from projects.checks import check_all, decimal_from, yes_or_no
from projects.errors import InvalidInput, NotFound
from projects.models import ArenaAccess, Project, User
from projects.text import clean_text
from workers.models import Endpoint, LanguageModel

LEAST_WEIGHT, MOST_WEIGHT = 0.05, 20.0
WHY_LIMIT = 200
What = ContenderChange.What


@dataclass(frozen=True)
class Entrant:
    """A model of this arena, and what keeps it from meeting others, in words; "" if nothing."""

    model: LanguageModel
    weight: float
    is_paused: bool
    is_members_only: bool
    away: str

    def meets(self, *, is_member: bool) -> bool:
        return not self.away and (is_member or not self.is_members_only)

    @property
    def exclusion(self) -> str:
        """Why not everybody meets it now; "" where everybody does."""
        return self.away or ("Members of the project only" if self.is_members_only else "")


def entrants(*, project: Project) -> list[Entrant]:
    """Every model that takes part here, also those that cannot be met now."""
    models = LanguageModel.objects.filter(is_in_arena=True, endpoint__isnull=False)
    said = {row.model_id: row for row in Contender.objects.filter(project=project)}
    return [
        _entrant(model, said.get(model.pk) or Contender(project=project, model=model))
        for model in models.select_related("endpoint").order_by("pk")
    ]


def change(
    *, by: User, project: Project, model_id: int, why: str = "", **changes: Any
) -> Contender:
    """Weigh, pause or restrict a model. Every change is a line of the public register."""
    membership(by, project.slug, roles=OWNERS)
    why = clean_text(why, field="why", limit=WHY_LIMIT, required=False).strip()
    clean = check_all({name: _check(name, value) for name, value in changes.items()})
    with transaction.atomic():
        # One change at a time in an arena, so that the register is in order.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        model = LanguageModel.objects.filter(pk=model_id, is_in_arena=True).first()
        if model is None:
            raise NotFound("There is no such model in this arena.")
        row, _ = Contender.objects.get_or_create(project=project, model=model)
        changed = {name: value for name, value in clean.items() if getattr(row, name) != value}
        if not changed:
            return row
        for name, value in changed.items():
            setattr(row, name, value)
        row.save(update_fields=list(changed))
        _register(project, row, changed, why, by)
        audit.record(
            verb="contender.changed", by=by, project=project, subject=row, why=why, **changed
        )
    return row


def keep_register() -> int:
    """Note which models entered an open arena or left it since the last look; how many did."""
    open_arenas = Project.objects.exclude(arena_access=ArenaAccess.CLOSED).order_by("pk")
    return sum(_note_entries(project) for project in open_arenas)


def register_of(project: Project) -> Sequence[ContenderChange]:
    """Every line of the register, the newest first."""
    lines = ContenderChange.objects.filter(project=project)
    return list(lines.select_related("model").order_by("-pk"))


def _entrant(model: LanguageModel, row: Contender) -> Entrant:
    return Entrant(model, row.weight, row.is_paused, row.is_members_only, _away(model, row))


def _away(model: LanguageModel, row: Contender) -> str:
    endpoint = model.endpoint
    if row.is_paused:
        return "Paused by the owner"
    if not model.is_active or endpoint is None or not endpoint.is_active:
        return "Switched off"
    return "Its server is not answering" if endpoint.health == Endpoint.Health.DOWN else ""


def _check(name: str, value: Any) -> Any:
    if name == "weight":
        return lambda: decimal_from(value, LEAST_WEIGHT, MOST_WEIGHT, field=name)
    if name in ("is_paused", "is_members_only"):
        return lambda: yes_or_no(value, field=name)
    raise InvalidInput.field(name, "cannot be changed of a model in an arena")


def _register(
    project: Project, row: Contender, changed: dict[str, Any], why: str, by: User
) -> None:
    deeds = {
        "weight": What.WEIGHED,
        "is_paused": What.PAUSED if row.is_paused else What.RESUMED,
        "is_members_only": What.RESTRICTED if row.is_members_only else What.OPENED,
    }
    ContenderChange.objects.bulk_create(
        ContenderChange(
            project=project, model=row.model, what=deeds[name], weight=row.weight, why=why, by=by
        )
        for name in changed
    )


def _note_entries(project: Project) -> int:
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        here = set(
            LanguageModel.objects.filter(
                is_in_arena=True, is_active=True, endpoint__is_active=True
            ).values_list("pk", flat=True)
        )
        noted = _noted(project)
        lines = [
            *_lines(project, here - noted, What.ENTERED),
            *_lines(project, noted - here, What.LEFT),
        ]
        ContenderChange.objects.bulk_create(lines)
    return len(lines)


def _noted(project: Project) -> set[int]:
    """The models that by the register are in."""
    moves = ContenderChange.objects.filter(
        Q(what=What.ENTERED) | Q(what=What.LEFT), project=project
    )
    latest = moves.order_by("model_id", "-pk").distinct("model_id").values_list("model_id", "what")
    return {pk for pk, what in latest if what == What.ENTERED}


def _lines(project: Project, pks: Iterable[int], what: str) -> list[ContenderChange]:
    weights = dict(
        Contender.objects.filter(project=project, model__in=pks).values_list("model_id", "weight")
    )
    return [
        ContenderChange(project=project, model_id=pk, what=what, weight=weights.get(pk, 1.0))
        for pk in sorted(pks)
    ]
