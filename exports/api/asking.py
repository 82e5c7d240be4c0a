"""Recipes that come in over the API."""

from collections.abc import Mapping
from typing import Any

from exports.pages.form import checked
from exports.recipe import Recipe
from projects.errors import InvalidInput, Problem


def recipe_from(given: Any, *, field: str = "recipe") -> Recipe:
    """Raises InvalidInput that names each problem's place in the whole request."""
    if not isinstance(given, Mapping):
        raise InvalidInput.field(field, "must be an object")
    try:
        return checked(dict(given))
    except InvalidInput as error:
        raise InvalidInput(*(_inside(problem, field) for problem in error.problems)) from None


def _inside(problem: Problem, field: str) -> Problem:
    return Problem(f"{field}.{problem.field}" if problem.field else field, problem.rule)
