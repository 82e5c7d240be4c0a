"""What rows say, whatever their format, and how it is said that there is nothing to say."""

from dataclasses import dataclass

from exports.records import Message


class Dropped(Exception):
    """This record has no row in this format; the message is one of `exports.formats.reasons`."""

    @property
    def reason(self) -> str:
        return str(self)


class Unreadable(ValueError):
    """A row that is not of its format."""


@dataclass(slots=True)
class Talk:
    """A conversation that ends with the answer to learn."""

    messages: list[Message]


@dataclass(slots=True)
class Pair:
    prompt: list[Message]
    chosen: str
    rejected: str
    margin: float = 0.0
    """How much better `chosen` is, 1 to 3; 0: as good."""
    group: str = ""
    """Pairs of one ranking share it."""


@dataclass(slots=True)
class Judged:
    """One answer that is wanted or not."""

    prompt: list[Message]
    answer: str
    is_desirable: bool


@dataclass(slots=True)
class Question:
    prompt: list[Message]
    id: str = ""


Said = Talk | Pair | Judged | Question
