"""Which mappings mean something: a kind has to know what is mapped, and a format has to heed it."""

from exports.formats.registry import FORMATS
from exports.formats.saying import judged, pairs, questions, talks
from exports.recipe import CHOICES, Recipe
from projects.errors import Problem

KEPT = {"ties": ("drop",), "both_bad": ("drop",), "system": ("keep",)}
"""What is usual, and all that is left where nothing can be mapped."""
WITH_TIES = ("preferences", "reward", "rankings")


def heeded(kind: str, format_name: str) -> dict[str, tuple[str, ...]]:
    """Of each mapping the values that mean something, the usual one first."""
    say = FORMATS[format_name].shapes[kind].say
    can = {
        # Formats that say a tie as a tie have no use for it, single answers no word.
        "ties": kind in WITH_TIES and say is pairs,
        "both_bad": kind == "unpaired",
        # Our own columns and their like keep prompts as they were.
        "system": say in (talks, pairs, judged, questions),
    }
    return {name: CHOICES[f"mapping.{name}"] if can[name] else KEPT[name] for name in KEPT}


def mapping_problems(recipe: Recipe) -> list[Problem]:
    """Mappings that would do nothing, which a card would tell as done."""
    return [
        Problem(f"mapping.{name}", f"must for this kind and format be: {', '.join(values)}")
        for name, values in heeded(recipe.kind, recipe.format).items()
        if getattr(recipe.mapping, name) not in values
    ]
