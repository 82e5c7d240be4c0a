"""What rows say, whatever their format, and how it is said that there is nothing to say."""

from msgspec import Struct

from exports.records import Message


class Dropped(Exception):
    """This record has no row in this format; the message is one of `exports.formats.reasons`."""

    @property
    def reason(self) -> str:
        return str(self)


class Unreadable(ValueError):
    """A row that is not of its format."""


class Talk(Struct, gc=False):
    """A conversation that ends with the answer to learn."""

    messages: list[Message]


class Pair(Struct, gc=False):
    prompt: list[Message]
    chosen: str
    rejected: str
    margin: float = 0.0
    """How much better `chosen` is, 1 to 3; 0: as good."""
    group: str = ""
    """Pairs of one ranking share it."""


class Judged(Struct, gc=False):
    """One answer that is wanted or not."""

    prompt: list[Message]
    answer: str
    is_desirable: bool


class Question(Struct, gc=False):
    prompt: list[Message]
    id: str = ""


Said = Talk | Pair | Judged | Question
