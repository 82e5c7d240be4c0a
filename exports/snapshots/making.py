"""How the rows of a recipe are made, and what their files look like."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from exports.formats import FORMATS, Dropped, Format
from exports.formats.rankings import answers_in
from exports.formats.validity import problems
from exports.known_tokenizers import ruler_of
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
from exports.selecting.estimating import check as check_rows
from exports.snapshots.passing import Maker
from exports.snapshots.shards import Form
from projects.errors import InvalidInput, Problem

NOT_VALID = "its row would not be valid in this format"
ALL_OF = 10_000
ONE_IN = 10
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
    """Whether rows can be chosen and made by it, and written in files of this type."""
    check_rows(recipe)
    ruler_of(recipe)
    types = format_of(recipe).file_types
    if recipe.file_type not in types:
        problem = Problem("file_type", f"must for this format be one of: {', '.join(types)}")
        raise InvalidInput(problem)


def form(recipe: Recipe) -> Form:
    unit = "tokens" if recipe.tokenizer else "characters"
    return Form(
        unit=unit,
        file_type=recipe.file_type,
        rows_per_file=recipe.rows_per_file,
        columns=format_of(recipe).columns(recipe.kind),
        record=RECORDS[recipe.kind],
        answers_in=answers_in(recipe),
    )


def maker(recipe: Recipe) -> Maker:
    """Makes rows, and looks with the eyes of the validator at what it made: at all of the first
    rows and then at one in ten, since looking takes three times as long as making."""
    make, mapping = format_of(recipe).accepts[recipe.kind], recipe.mapping
    wrong = partial(problems, recipe.format, recipe.kind)
    n_made = 0

    def rows(record: Any) -> Sequence[dict[str, Any]]:
        nonlocal n_made
        made = make(record, mapping)
        n_made += 1
        if (n_made <= ALL_OF or n_made % ONE_IN == 0) and any(map(wrong, made)):
            raise Dropped(NOT_VALID)
        return made

    return rows
