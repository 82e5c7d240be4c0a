"""What the arena's pages show beside an input that was refused."""

from collections.abc import Mapping
from dataclasses import dataclass

from projects.errors import InvalidInput, TouchstoneError

NAMES = {
    "message": "The message",
    "mode": "The way of conversing",
    "model_a": "The first model",
    "model_b": "The second model",
    "agreed": "What you agree to",
    "proof": "The calculation",
    "token": "The page",
}


@dataclass(frozen=True)
class Draft:
    """What was typed or chosen, and why it was not taken. `number` is the turn it was meant to
    replace, 0 for a new one."""

    message: str = ""
    error: str = ""
    number: int = 0
    model_a: str = ""
    model_b: str = ""

    @classmethod
    def refused(
        cls, posted: Mapping[str, str], error: TouchstoneError, *, number: int = 0
    ) -> "Draft":
        said = str(error)
        if isinstance(error, InvalidInput):
            told = [f"{NAMES.get(each.field, each.field)} {each.rule}" for each in error.problems]
            said = f"{'; '.join(told)}."
        return cls(
            posted.get("message", "").replace("\0", ""),
            said,
            number,
            posted.get("model_a", "").replace("\0", ""),
            posted.get("model_b", "").replace("\0", ""),
        )
