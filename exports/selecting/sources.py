"""Where the records of each kind of export come from."""

from exports.reading import CHOSEN
from exports.recipe import Recipe

Source = str
"""demonstration, comparison, ranking, judge, vote, prompt, repair or review."""

SUBMITTED = ("demonstration", "comparison", "ranking")
_FIXED: dict[str, tuple[Source, ...]] = {
    "sft": ("demonstration",),
    "rankings": ("ranking",),
    "ratings": ("comparison",),
    "critiques": ("repair", "review"),
    "prompts": ("prompt",),
    "conversations": ("vote",),
}


def sources_of(recipe: Recipe) -> tuple[Source, ...]:
    """In the order in which they are read; what judges settled alone only where it is asked for."""
    found = _FIXED.get(recipe.kind)
    if found is None:
        found = CHOSEN[recipe.source]
        if recipe.kind == "raw" and recipe.source == "all":
            found = ("demonstration", *found)
    return tuple(each for each in found if each != "judge" or recipe.with_machine)


def has_choice(kind: str) -> bool:
    """Whether a recipe of this kind can name its sources."""
    return kind not in _FIXED
