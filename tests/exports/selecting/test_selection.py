"""What is selected, beside the same worked out row by row."""

from random import Random
from typing import Any

import pytest

from arena.models import Vote
from exports import recipe as recipes
from exports.models import Quarantine, QuarantinedJudgement
from exports.reading import read
from exports.recipe import Recipe
from exports.selecting.filters import known, meaningless
from exports.selecting.selection import Selected, selected
from exports.selecting.sources import sources_of
from labeling.models import Comparison, Demonstration, Ranking
from projects.models import Project
from tests.exports.selecting.reference import Facts, expected
from tests.exports.selecting.world import START, World
from tests.factories import make_project
from tests.labeling.reviewed import make_rules

pytestmark = pytest.mark.django_db

KINDS = ("sft", "preferences", "rankings", "ratings", "conversations", "prompts", "raw")


@pytest.fixture(params=range(2))
def world(db: None, request: Any) -> World:
    # Another project beside it, none of whose rows may show.
    World(Random(99), make_project(), n_tasks=2)
    return World(Random(request.param), make_project())


def check(world: World, facts: Facts, data: dict[str, Any], rule: str = "majority") -> Selected:
    """The selection, found equal to that of the reference."""
    recipe = recipes.read(data)
    found = selected(world.project, recipe)
    kept, dropped = expected(facts, recipe, sources_of(recipe), rule)
    assert {source: keys.tolist() for source, keys in found.ids.items()} == kept
    assert found.dropped == dropped
    assert found.n_selected + found.dropped.total() == found.n_judgements
    return found


def each_filter(world: World) -> list[dict[str, Any]]:
    people = [person.pseudonym for person in world.people]
    return [
        {"guideline_versions": [1, 3]},
        {"valid_under_current": True},
        {"reviewed": "accepted"},
        {"reviewed": "unreviewed"},
        {"minimum_agreement": 0.6},
        {"minimum_agreement": 1},
        {"judgements": "consensus"},
        {"labelers": [people[0], "v-" + "a1" * 8, "judge Clara", "nobody"]},
        {"not_labelers": [people[0], people[1], "v-" + "b2" * 8, "judge Clara"]},
        {"models": [world.models[0].name, "elsewhere-7b"]},
        {"models": ["never heard of"]},
        {"tags": ["maths", "poems"]},
        {"languages": ["de"]},
        {"languages": ["", "en"]},
        {"autonomy_levels": [1, 3]},
        {"autonomy_levels": [2, 5]},
        {"since": "2026-03-06"},
        {"until": "2026-03-10"},
        {"since": "2026-03-04", "until": "2026-03-12"},
        {"minimum_vote_weight": 0.5},
        {"rounds": [1, 3]},
        {"rounds": [0]},
        {"rounds": [2], "since": "2026-03-05"},
        {"rounds": [9]},
    ]


def test_every_filter_alone_is_as_worked_out_row_by_row(world: World) -> None:
    facts = Facts(world.project)
    for kind in KINDS:
        told = {"kind": kind, "with_machine": "with_machine" in known(Recipe(kind=kind))}
        found = check(world, facts, told)
        assert all(len(keys) for keys in found.ids.values())
        for chosen in each_filter(world):
            asked = told | {"selection": chosen}
            if not meaningless(recipes.read(asked)):
                check(world, facts, asked)


def test_filters_together_are_as_worked_out_row_by_row(world: World) -> None:
    random, facts = Random(7), Facts(world.project)
    filters = each_filter(world)
    for rule in ("majority", "adjudicated"):
        make_rules(world.project, consensus=rule)
        for _ in range(12):
            chosen: dict[str, Any] = {}
            for each in random.sample(filters, 3):
                chosen |= each
            if chosen.get("since", "") >= chosen.get("until", "9"):
                del chosen["until"]
            source = random.choice(["all", "comparisons", "rankings", "votes"])
            check(
                world, facts, {"kind": "preferences", "source": source, "selection": chosen}, rule
            )


def test_what_is_held_back_is_nothing_else_than_in_the_records(world: World) -> None:
    found = selected(world.project, Recipe(kind="preferences", with_machine=True))
    assert sum(found.n_found.values()) == (
        Comparison.objects.current().filter(prompt__project=world.project).count()
        + Ranking.objects.current().filter(prompt__project=world.project).count()
        + Vote.objects.filter(project=world.project).count()
        + found.n_found["judge"]
    )
    raw = selected(world.project, Recipe(kind="raw"))
    assert raw.n_found["demonstration"] == len(raw.ids["demonstration"])
    everything = Demonstration.objects.filter(prompt__project=world.project).count()
    assert raw.n_found["demonstration"] == everything


def test_what_is_chosen_is_what_records_do_not_hold_back(world: World) -> None:
    for kind in recipes.KINDS:
        recipe = Recipe(kind=kind, with_machine=True)
        keys = selected(world.project, recipe).ids.items()
        chosen = {f"{source}-{key}" for source, found in keys for key in found.tolist()}
        records = read(kind, world.project, with_machine=True)
        told = {record.id: record.held_back for record in records}
        of_judgements = {
            name.rsplit("-", name.count("-") - 1)[0] for name in told if not told[name]
        }
        assert of_judgements <= chosen
        if kind not in ("ratings", "critiques"):
            # Of comparisons without ratings, and of fixes of what is no demonstration, there is
            # nothing to tell.
            assert of_judgements == chosen


def test_what_is_in_quarantine_is_left_out_until_it_is_released(world: World) -> None:
    before = selected(world.project, Recipe(kind="preferences"))
    taken = {source: int(keys[0]) for source, keys in before.ids.items()}
    held = Quarantine.objects.create(
        project=world.project, by=world.owner, reason="Odd.", n_judgements=len(taken)
    )
    for source, key in taken.items():
        QuarantinedJudgement.objects.create(quarantine=held, source=source, judgement=key)
    found = selected(world.project, Recipe(kind="preferences"))
    assert found.dropped["in quarantine"] == len(taken)
    for source, key in taken.items():
        assert found.ids[source].tolist() == before.ids[source][1:].tolist(), (source, key)
    assert selected(world.project, Recipe(kind="raw")).dropped.total() == 0
    held.released_at, held.released_by, held.release_reason = START, world.owner, "Checked."
    held.save()
    assert selected(world.project, Recipe(kind="preferences")).dropped == before.dropped


def test_critiques_are_chosen_by_who_said_them_and_when(world: World) -> None:
    everything = selected(world.project, Recipe(kind="critiques"))
    assert list(everything.ids) == ["repair", "review"]
    assert everything.n_selected
    by_reviewer = {"labelers": [world.reviewer.pseudonym]}
    found = selected(world.project, recipes.read({"kind": "critiques", "selection": by_reviewer}))
    assert found.ids["review"].tolist() == everything.ids["review"].tolist()
    refused = {"not_labelers": [world.reviewer.pseudonym]}
    found = selected(world.project, recipes.read({"kind": "critiques", "selection": refused}))
    assert (found.n_selected, found.n_judgements) == (0, everything.n_judgements)
    early = {"until": "2026-03-01"}
    found = selected(world.project, recipes.read({"kind": "critiques", "selection": early}))
    assert found.n_selected == 0


def test_an_empty_project_has_nothing_of_any_kind(project: Project) -> None:
    for kind in KINDS:
        chosen = {"judgements": "consensus", "minimum_agreement": 0.5}
        found = selected(project, recipes.read({"kind": kind, "selection": chosen}))
        assert (found.n_judgements, found.n_selected, found.dropped.total()) == (0, 0, 0)
