"""Recipes kept under a name."""

from typing import Any

import pytest

from exports.models import SavedRecipe, Schedule
from exports.selecting.saved import (
    change_recipe,
    delete_recipe,
    read_saved,
    recipe_for,
    recipes_of,
    rename_recipe,
    save_recipe,
)
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, User

pytestmark = pytest.mark.django_db

PLAIN = {"kind": "preferences"}
CHOSEN = {"kind": "preferences", "selection": {"tags": ["maths"], "since": "2026-01-01"}}


@pytest.fixture
def saved(project: Project, owner: User) -> SavedRecipe:
    return save_recipe(by=owner, project=project, name="Weekly", data=PLAIN)


def verbs(project: Project) -> list[str]:
    events = AuditEvent.objects.filter(project=project, verb__startswith="recipe.")
    return list(events.order_by("pk").values_list("verb", flat=True))


def test_a_recipe_is_kept_without_what_goes_without_saying(
    project: Project, reviewer: User
) -> None:
    told = CHOSEN | {"format": "trl", "splits": {"test": 0}}
    kept = save_recipe(by=reviewer, project=project, name=" Maths ", data=told)
    assert (kept.name, kept.data, kept.by) == ("Maths", CHOSEN, reviewer)
    assert read_saved(kept).selection.tags == ("maths",)
    assert verbs(project) == ["recipe.saved"]


def test_a_name_stands_for_one_recipe(project: Project, owner: User, saved: SavedRecipe) -> None:
    other = save_recipe(by=owner, project=project, name="Daily", data=CHOSEN)
    with pytest.raises(Conflict, match="“Weekly” already"):
        save_recipe(by=owner, project=project, name="Weekly", data=CHOSEN)
    with pytest.raises(Conflict, match="“Weekly” already"):
        rename_recipe(by=owner, saved=other, name="Weekly")
    assert [each.name for each in recipes_of(project)] == ["Daily", "Weekly"]


def test_it_is_changed_and_renamed_by_whoever_does_it(
    project: Project, reviewer: User, saved: SavedRecipe
) -> None:
    before = saved.changed_at
    change_recipe(by=reviewer, saved=saved, data=CHOSEN)
    renamed = rename_recipe(by=reviewer, saved=saved, name="Maths")
    assert (renamed.name, renamed.data, renamed.by) == ("Maths", CHOSEN, reviewer)
    assert renamed.changed_at > before
    assert verbs(project) == ["recipe.saved", "recipe.changed", "recipe.renamed"]


def test_it_goes_with_its_schedule(project: Project, owner: User, saved: SavedRecipe) -> None:
    Schedule.objects.create(recipe=saved, next_at=saved.created_at, by=owner)
    delete_recipe(by=owner, saved=saved)
    assert (SavedRecipe.objects.count(), Schedule.objects.count()) == (0, 0)
    assert verbs(project) == ["recipe.saved", "recipe.deleted"]
    with pytest.raises(NotFound):
        change_recipe(by=owner, saved=saved, data=PLAIN)


@pytest.mark.parametrize(
    ("name", "data", "field"),
    [
        ("", PLAIN, "name"),
        ("a\0b", PLAIN, "name"),
        ("\ud800", PLAIN, "name"),
        ("x" * 81, PLAIN, "name"),
        (7, PLAIN, "name"),
        ("Odd", {"kind": "odd"}, "kind"),
        ("Odd", [], ""),
        ("Odd", {"kind": "sft", "format": "no-such"}, "format"),
        ("Odd", {"kind": "sft", "selection": {"since": "yesterday"}}, "selection.since"),
        ("Odd", {"kind": "sft", "splits": {"test": 1e400}}, "splits.test"),
    ],
)
def test_what_is_no_recipe_is_refused_by_its_field(
    project: Project, owner: User, name: Any, data: Any, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        save_recipe(by=owner, project=project, name=name, data=data)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert not SavedRecipe.objects.exists()


def test_labelers_keep_none_and_strangers_find_none(
    project: Project, labeler: User, stranger: User, saved: SavedRecipe
) -> None:
    with pytest.raises(NotPermitted):
        save_recipe(by=labeler, project=project, name="Mine", data=PLAIN)
    with pytest.raises(NotPermitted):
        recipe_for(labeler, saved.pk)
    with pytest.raises(NotFound):
        recipe_for(stranger, saved.pk)
    with pytest.raises(NotFound):
        recipe_for(labeler, 10**30)
    assert recipe_for(saved.by, saved.pk) == saved
