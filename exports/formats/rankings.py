"""Rankings whose rows are pairs: what of one has no row, and which answers stand in each row."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from exports.formats.registry import FORMATS
from exports.formats.saying import answers_by_row, pairs, unsaid_pairs
from exports.recipe import Recipe
from exports.records import Candidate, Ranked


def unsaid(recipe: Recipe) -> Callable[[Any], Counter[str]] | None:
    """Pairs of rankings that have no row, though others of the same ranking have."""

    def untold(record: Ranked) -> Counter[str]:
        found = unsaid_pairs(record, recipe.mapping)
        return Counter({f"{why} (a pair of a ranking)": n for why, n in found.items()})

    return untold if _is_in_pairs(recipe) else None


def answers_in(recipe: Recipe) -> Callable[[Any], Sequence[Sequence[Candidate]]] | None:
    """Of each row of a record the answers in it; None where a row holds all that its record has."""
    return partial(answers_by_row, mapping=recipe.mapping) if _is_in_pairs(recipe) else None


def _is_in_pairs(recipe: Recipe) -> bool:
    return recipe.kind == "rankings" and FORMATS[recipe.format].shapes["rankings"].say is pairs
