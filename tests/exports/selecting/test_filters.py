"""Every filter with every kind and source: it chooses, or it is refused."""

from dataclasses import fields
from random import Random
from typing import Any

import pytest

from exports.recipe import KINDS, SOURCES, Recipe, Selection, everything, read
from exports.selecting.estimating import check
from exports.selecting.filters import known
from exports.selecting.selection import selected
from exports.selecting.sources import has_choice, sources_of
from labeling.models import Demonstration
from projects.errors import InvalidInput
from tests.exports.judgements import make_repair
from tests.exports.selecting.world import World
from tests.factories import make_project

pytestmark = pytest.mark.django_db
FORMAT = "touchstone"


def choosing(world: World) -> dict[str, Any]:
    """Of every filter a choice that not everything of the world passes."""
    people = [*world.people, world.reviewer]
    return {
        "rounds": [1],
        "guideline_versions": [1],
        "valid_under_current": True,
        "reviewed": "accepted",
        "minimum_agreement": 1,
        "judgements": "consensus",
        "labelers": ["nobody"],
        "not_labelers": [*(person.pseudonym for person in people), "v-" + "a1" * 8],
        "models": ["never heard of"],
        "tags": ["maths"],
        "languages": ["de"],
        "autonomy_levels": [2],
        "since": "2030-01-01",
        "until": "2026-03-01",
        "minimum_vote_weight": 0.5,
    }


def refused(told: dict[str, Any]) -> list[tuple[str, str]]:
    try:
        check(read(told))
    except InvalidInput as error:
        return [(problem.field, problem.rule) for problem in error.problems]
    return []


def test_every_filter_has_an_effect_or_is_refused() -> None:
    world = World(Random(1), make_project(), n_tasks=16)
    for made in Demonstration.objects.filter(supersedes=None).order_by("pk")[:3]:
        make_repair(made)
    wanted = choosing(world)
    assert wanted.keys() == {each.name for each in fields(Selection)}
    # What is chosen depends on the sources alone.
    n_selected: dict[Any, int] = {}

    def number(told: dict[str, Any]) -> int:
        asked = read(told)
        key = sources_of(asked), kind == "raw", asked.selection
        if key not in n_selected:
            n_selected[key] = selected(world.project, asked).n_selected
        return n_selected[key]

    for kind in KINDS:
        for source in SOURCES if has_choice(kind) else ("all",):
            told = {"kind": kind, "format": FORMAT, "source": source}
            for name, value in wanted.items():
                asked = told | {"selection": {name: value}}
                if name in known(read(told)):
                    assert refused(asked) == []
                    assert number(asked) < number(told), (kind, source, name)
                else:
                    what = kind if source == "all" else f"{kind} of {source}"
                    assert refused(asked) == [(f"selection.{name}", f"has no meaning for {what}")]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_usual_is_never_refused(kind: str) -> None:
    assert refused(everything(Recipe(kind=kind, format=FORMAT))) == []


@pytest.mark.parametrize(
    ("told", "field", "rule"),
    [
        ({"kind": "prompts", "source": "votes"}, "source", "has no meaning for prompts"),
        ({"kind": "sft", "source": "rankings"}, "source", "has no meaning for sft"),
        ({"kind": "sft", "with_machine": True}, "with_machine", "has no meaning for sft"),
        (
            {"kind": "reward", "source": "votes", "with_machine": True},
            "with_machine",
            "has no meaning for reward of votes",
        ),
    ],
)
def test_a_source_that_is_in_no_part_of_it_is_refused(
    told: dict[str, Any], field: str, rule: str
) -> None:
    assert refused(told | {"format": FORMAT}) == [(field, rule)]


def test_naming_the_only_source_of_a_kind_is_no_fault() -> None:
    for kind, source in (("conversations", "votes"), ("ratings", "comparisons")):
        assert refused({"kind": kind, "format": FORMAT, "source": source}) == []


def test_everything_that_is_wrong_is_told_at_once() -> None:
    told = {"kind": "prompts", "format": "hh", "selection": {"models": ["x"], "labelers": ["y"]}}
    assert [field for field, _ in refused(told)] == [
        "selection.labelers", "selection.models", "format",
    ]  # fmt: skip
