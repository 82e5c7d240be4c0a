"""How the rows of a recipe are made, and what their files look like."""

from collections.abc import Mapping, Sequence
from typing import Any

from exports.formats import FORMATS, Format, formats_of
from exports.models import Export
from exports.recipe import Recipe, read
from exports.records import (
    Asked,
    Conversation,
    Critique,
    Demonstration,
    Preference,
    Ranked,
    Rated,
    Raw,
    Record,
    Unpaired,
)
from exports.snapshots.passing import Maker
from exports.snapshots.shards import Form
from projects.errors import InvalidInput, Problem

RECORDS: dict[str, type[Record]] = {
    "sft": Demonstration,
    "preferences": Preference,
    "reward": Preference,
    "rankings": Ranked,
    "unpaired": Unpaired,
    "ratings": Rated,
    "critiques": Critique,
    "prompts": Asked,
    "conversations": Conversation,
    "raw": Raw,
}


def recipe_for(export: Export) -> Recipe:
    """Exports of before there were recipes have only their kind and source."""
    told: Mapping[str, Any] = export.recipe or {
        "kind": export.kind,
        "source": export.source,
        "with_machine": export.with_machine,
    }
    return read(told)


def format_of(recipe: Recipe) -> Format:
    return FORMATS[recipe.format]


def check(recipe: Recipe) -> None:
    """Whether its format is there, and can say this kind in files of this type."""
    able = [each.name for each in formats_of(recipe.kind)]
    if recipe.format not in able:
        raise InvalidInput.field("format", f"must for this kind be one of: {', '.join(able)}")
    types = format_of(recipe).file_types
    if recipe.file_type not in types:
        problem = Problem("file_type", f"must for this format be one of: {', '.join(types)}")
        raise InvalidInput(problem)


def form(recipe: Recipe) -> Form:
    return Form(
        file_type=recipe.file_type,
        rows_per_file=recipe.rows_per_file,
        columns=format_of(recipe).columns(recipe.kind),
        record=RECORDS[recipe.kind],
    )


def maker(recipe: Recipe) -> Maker:
    make, mapping = format_of(recipe).accepts[recipe.kind], recipe.mapping

    def rows(record: Any) -> Sequence[dict[str, Any]]:
        return make(record, mapping)

    return rows
