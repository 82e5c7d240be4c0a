"""Which choices have a meaning for what an export is made of: asked by the check of a recipe and by
the form, and held against what selection does by a test."""

from dataclasses import fields, replace

from exports.reading import CHOSEN
from exports.recipe import Recipe, Selection
from exports.selecting.sources import Source, has_choice, sources_of
from projects.errors import Problem

ANYTHING = frozenset({"rounds", "since", "until", "tags", "languages"})
SAID = ANYTHING | {"labelers", "not_labelers"}
GUIDED = SAID | {"guideline_versions", "valid_under_current"}
JUDGED = GUIDED | {"models", "autonomy_levels"}
SUBMITTED = JUDGED | {"reviewed", "judgements"}
KNOWN: dict[Source, frozenset[str]] = {
    "demonstration": SUBMITTED,
    "comparison": SUBMITTED | {"minimum_agreement"},
    "ranking": SUBMITTED | {"minimum_agreement"},
    "judge": JUDGED,
    "vote": SAID | {"models", "minimum_vote_weight"},
    "repair": GUIDED,
    "review": GUIDED,
    "prompt": ANYTHING,
}
"""The fields of `Selection` by which the records of each source are chosen."""
MACHINE = "with_machine"


def known(recipe: Recipe) -> frozenset[str]:
    """The filters that one of its sources knows at least, and `with_machine` where judges can have
    a part in it."""
    found = frozenset[str]().union(*(KNOWN[source] for source in sources_of(recipe)))
    with_judges = sources_of(replace(recipe, with_machine=True))
    return found | {MACHINE} if "judge" in with_judges else found


def meaningless(recipe: Recipe) -> list[Problem]:
    """What it chooses by that none of its sources knows."""
    allowed = known(recipe)
    told = [
        f"selection.{each.name}"
        for each in fields(Selection)
        if each.name not in allowed and getattr(recipe.selection, each.name) != each.default
    ]
    if recipe.with_machine and MACHINE not in allowed:
        told.append(MACHINE)
    if recipe.source != "all" and not set(sources_of(recipe)) <= set(CHOSEN[recipe.source]):
        told.append("source")
    is_of_some = has_choice(recipe.kind) and recipe.source != "all"
    what = f"{recipe.kind} of {recipe.source}" if is_of_some else recipe.kind
    return [Problem(name, f"has no meaning for {what}") for name in told]
