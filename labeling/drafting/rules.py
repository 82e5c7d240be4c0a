"""What models do in a project's demonstrations."""

from typing import Any

from django.db import transaction

from labeling.models import DraftingRules
from projects import audit
from projects.access import OWNERS, membership
from projects.checks import check_all, number_from, yes_or_no
from projects.errors import InvalidInput
from projects.models import Project, User
from workers.models import LanguageModel

MOST_DRAFTS = 5
MOST_WRITERS = 50
RANGES = {"n_drafts": (0, MOST_DRAFTS), "most_draws": (1, 200), "most_seconds": (10, 600)}


def drafting_rules_of(project: Project) -> DraftingRules:
    """The project's rules of drafting; unsaved defaults where it never changed them."""
    rules = DraftingRules.objects.filter(project=project.pk).first()
    return rules or DraftingRules(project_id=project.pk)


def writers_of(rules: DraftingRules) -> list[LanguageModel]:
    """The models that may write drafts and are up, by key."""
    up = LanguageModel.objects.up().select_related("endpoint").order_by("pk")
    chosen = chosen_writers(rules)
    return [model for model in up if not chosen or model.pk in chosen]


def chosen_writers(rules: DraftingRules) -> list[int]:
    """The models that were chosen, by key; none where any may write."""
    keys = rules.writers.order_by("pk").values_list("pk", flat=True) if rules.pk else ()
    return list(keys)


def change_drafting_rules(*, by: User, project: Project, **changes: Any) -> DraftingRules:
    """Change any of the rules, `writers` being the keys of models; they hold from now on.

    Names every broken rule at once; nothing changes then.
    """
    membership(by, project.slug, roles=OWNERS)
    clean = check_all({name: _check(name, value) for name, value in changes.items()})
    chosen = clean.pop("writers", None)
    with transaction.atomic():
        DraftingRules.objects.get_or_create(project_id=project.pk)
        rules = DraftingRules.objects.select_for_update().get(project_id=project.pk)
        before = {name: getattr(rules, name) for name in clean}
        before_writers = chosen_writers(rules)
        after: dict[str, Any] = {
            name: value for name, value in clean.items() if before[name] != value
        }
        for name, value in after.items():
            setattr(rules, name, value)
        rules.save(update_fields=list(after))
        if chosen is not None and chosen != before_writers:
            rules.writers.set(chosen)
            before["writers"], after["writers"] = before_writers, chosen
        if after:
            audit.record(
                verb="drafting.changed",
                by=by,
                project=project,
                subject=rules,
                before={name: before[name] for name in after},
                after=after,
            )
    return rules


def _check(name: str, value: Any) -> Any:
    if name in RANGES:
        return lambda: number_from(value, *RANGES[name], field=name)
    if name == "offers_repair":
        return lambda: yes_or_no(value, field=name)
    if name == "writers":
        return lambda: _writers(value)
    return lambda: _refuse(name)


def _refuse(name: str) -> None:
    raise InvalidInput.field(name, "is not a rule of drafting")


def _writers(value: Any) -> list[int]:
    """Keys of models, as a form or a client sends them; those that exist."""
    if not isinstance(value, list) or len(value) > MOST_WRITERS:
        raise InvalidInput.field("writers", f"must be a list of at most {MOST_WRITERS} models")
    keys = {number_from(each, 1, 10**9 - 1, field="writers") for each in value}
    known = sorted(LanguageModel.objects.filter(pk__in=keys).values_list("pk", flat=True))
    if len(known) < len(keys):
        raise InvalidInput.field("writers", "names a model that is not registered")
    return known
