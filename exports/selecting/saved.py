"""Recipes that are kept under a name of their project."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from exports.models import SavedRecipe
from exports.recipe import Recipe, read
from exports.selecting.estimating import check
from projects import audit
from projects.access import STAFF, membership
from projects.errors import Conflict, NotFound
from projects.models import Project, User
from projects.text import clean_name

NAME_LIMIT = 80
MOST_RECIPES = 200


def recipes_of(project: Project) -> QuerySet[SavedRecipe]:
    """By name, with their schedules."""
    rows = SavedRecipe.objects.filter(project=project)
    return rows.select_related("by", "schedule").order_by("name", "pk")


def recipe_for(by: User, pk: int) -> SavedRecipe:
    """A saved recipe of a project whose exports this person may see."""
    rows = SavedRecipe.objects.select_related("project", "by", "schedule")
    # A larger number does not fit the column, and PostgreSQL would say so with an error.
    found = rows.filter(pk=pk, project__memberships__user=by).first() if pk < 2**63 else None
    if found is None:
        raise NotFound("There is no such recipe.")
    membership(by, found.project.slug, roles=STAFF)
    return found


def read_saved(saved: SavedRecipe) -> Recipe:
    return read(saved.data)


def save_recipe(*, by: User, project: Project, name: Any, data: Any) -> SavedRecipe:
    """Keep `data`, which spells out a recipe, under a name that no other has."""
    membership(by, project.slug, roles=STAFF)
    name = clean_name(name, field="name", limit=NAME_LIMIT)
    told = _checked(data)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        kept = SavedRecipe.objects.filter(project=project)
        if kept.filter(name=name).exists():
            raise Conflict(_taken(name))
        if kept.count() >= MOST_RECIPES:
            raise Conflict(f"A project keeps at most {MOST_RECIPES} recipes. Delete one first.")
        saved = SavedRecipe.objects.create(project=project, name=name, data=told, by=by)
        _record("recipe.saved", by, saved, recipe=told)
    return saved


def change_recipe(*, by: User, saved: SavedRecipe, data: Any) -> SavedRecipe:
    """Put another recipe under its name. Exports made by it keep the one they were made by."""
    membership(by, saved.project.slug, roles=STAFF)
    told = _checked(data)
    with transaction.atomic():
        held = _held(saved)
        before, held.data = held.data, told
        _keep(held, by, "data")
        _record("recipe.changed", by, held, before=before, recipe=told)
    return held


def rename_recipe(*, by: User, saved: SavedRecipe, name: Any) -> SavedRecipe:
    membership(by, saved.project.slug, roles=STAFF)
    name = clean_name(name, field="name", limit=NAME_LIMIT)
    try:
        with transaction.atomic():
            held = _held(saved)
            before, held.name = held.name, name
            _keep(held, by, "name")
            _record("recipe.renamed", by, held, before=before)
    except IntegrityError:
        raise Conflict(_taken(name)) from None
    return held


def delete_recipe(*, by: User, saved: SavedRecipe) -> None:
    """With its schedule; what was exported by it stays."""
    membership(by, saved.project.slug, roles=STAFF)
    with transaction.atomic():
        held = _held(saved)
        _record("recipe.deleted", by, held, recipe=held.data)
        held.delete()


def _checked(data: Any) -> dict[str, Any]:
    recipe = read(data)
    check(recipe)
    return recipe.as_dict()


def _held(saved: SavedRecipe) -> SavedRecipe:
    rows = SavedRecipe.objects.select_for_update(of=("self",)).select_related("project")
    found = rows.filter(pk=saved.pk).first()
    if found is None:
        raise NotFound("This recipe was deleted meanwhile.")
    return found


def _keep(held: SavedRecipe, by: User, *fields: str) -> None:
    held.by, held.changed_at = by, timezone.now()
    held.save(update_fields=[*fields, "by", "changed_at"])


def _record(verb: str, by: User, saved: SavedRecipe, **detail: Any) -> None:
    audit.record(verb=verb, by=by, project=saved.project, subject=saved, name=saved.name, **detail)


def _taken(name: str) -> str:
    return f"There is a recipe “{name}” already. Choose another name, or change that one."
