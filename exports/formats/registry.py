"""All formats by name, and which kinds of export each can say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from exports.formats.arena import LMSYS
from exports.formats.argilla import ARGILLA
from exports.formats.axolotl import AXOLOTL
from exports.formats.helpsteer import HELPSTEER
from exports.formats.llamafactory import LLAMA_FACTORY
from exports.formats.openai import OPENAI
from exports.formats.plain import DEEPSPEED, HH
from exports.formats.saying import pairs, unsaid_pairs
from exports.formats.shape import Format
from exports.formats.torch_trainers import NEMO_RL, OPENRLHF, TORCHTUNE, VERL
from exports.formats.touchstone import TOUCHSTONE
from exports.formats.trl import TRL, TRL_IMPLICIT, TRL_TEXT
from exports.recipe import KINDS, Recipe
from exports.records import Ranked

FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        TRL,
        TRL_IMPLICIT,
        TRL_TEXT,
        OPENAI,
        AXOLOTL,
        LLAMA_FACTORY,
        TORCHTUNE,
        OPENRLHF,
        VERL,
        NEMO_RL,
        HH,
        DEEPSPEED,
        ARGILLA,
        LMSYS,
        HELPSTEER,
        TOUCHSTONE,
    )
}


@dataclass(frozen=True)
class Possible:
    """A row of the table of formats: whether each kind is possible, in the order of KINDS."""

    format: Format
    kinds: tuple[bool, ...]


def possible() -> list[Possible]:
    return [
        Possible(each, tuple(kind in each.shapes for kind in KINDS)) for each in FORMATS.values()
    ]


def formats_of(kind: str) -> list[Format]:
    """Those that can say this kind, TRL first where it can."""
    return [each for each in FORMATS.values() if kind in each.shapes]


def unsaid(recipe: Recipe) -> Callable[[Any], Mapping[str, int]] | None:
    """Pairs of rankings that have no row, though others of the same ranking have."""
    if recipe.kind != "rankings" or FORMATS[recipe.format].shapes[recipe.kind].say is not pairs:
        return None

    def untold(record: Ranked) -> dict[str, int]:
        found = unsaid_pairs(record, recipe.mapping)
        return {f"{reason} (a pair of a ranking)": number for reason, number in found.items()}

    return untold
