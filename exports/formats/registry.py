"""All formats by name, and which kinds of export each can say."""

from dataclasses import dataclass

from exports.formats.arena import LMSYS
from exports.formats.argilla import ARGILLA
from exports.formats.axolotl import AXOLOTL
from exports.formats.helpsteer import HELPSTEER
from exports.formats.llamafactory import LLAMA_FACTORY
from exports.formats.openai import OPENAI
from exports.formats.plain import DEEPSPEED, HH
from exports.formats.shape import Format
from exports.formats.torch_trainers import NEMO_RL, OPENRLHF, TORCHTUNE, VERL
from exports.formats.touchstone import TOUCHSTONE
from exports.formats.trl import TRL, TRL_IMPLICIT, TRL_TEXT
from exports.recipe import KINDS

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
