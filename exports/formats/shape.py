"""What a format is: for each kind of export how a row is made, what is in it, and how it is read.

A shape makes rows in two steps: `say` takes from a record what is to be said (a conversation, a
pair, a judged answer, a question), `render` spells that in the format's own way. `read` is the way
back: the validator reads every row again and checks what it says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from exports.columns import Column
from exports.formats.conversations import merged
from exports.formats.meaning import Dropped, Judged, Pair, Question, Said, Talk
from exports.formats.reasons import MANY_TURNS, NO_SYSTEM
from exports.recipe import FILE_TYPES, Mappings
from exports.records import Message, Record

Row = dict[str, Any]
Maker = Callable[[Record, Mappings], list[Row]]
Files = Mapping[str, list[str]]
"""The names of an export's data files by split."""
_PROMPTED = (Pair, Judged, Question)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The rows of one kind in one format."""

    say: Callable[[Any, Mappings], list[Any]]
    render: Callable[[Any], Row]
    read: Callable[[Row], Said] | None
    """None: the row says more than conversations, pairs and the like; `check` knows it."""
    columns: tuple[Column, ...]
    check: Callable[[Row], list[str]] | None = None
    has_system: bool = True
    has_turns: bool = True
    """Whether a prompt may be more than one message of the user."""
    forbidden: Callable[[list[Message]], str] | None = None
    """The reason why this format cannot say these messages, or an empty text."""
    optional: frozenset[str] = frozenset()
    """Columns that may hold null."""

    def make(self, record: Record, mapping: Mappings) -> list[Row]:
        """Never an empty list: what has no row raises `Dropped`."""
        return [self.render(self._fitted(said, mapping)) for said in self.say(record, mapping)]

    def said(self, record: Record, mapping: Mappings) -> list[Any]:
        return [self._fitted(said, mapping) for said in self.say(record, mapping)]

    def _fitted(self, said: Any, mapping: Mappings) -> Any:
        """`said` as this shape can say it, or `Dropped`."""
        if isinstance(said, Talk):
            said.messages = self._messages(said.messages, mapping)
        elif isinstance(said, _PROMPTED):
            said.prompt = self._messages(said.prompt, mapping)
            if self.forbidden is not None and (reason := self.forbidden(_answers(said))):
                raise Dropped(reason)
        return said

    def _messages(self, messages: list[Message], mapping: Mappings) -> list[Message]:
        if messages[0]["role"] == "system":
            if mapping.system == "merge":
                messages = merged(messages)
            elif not self.has_system:
                raise Dropped(NO_SYSTEM)
        if not self.has_turns and sum(each["role"] == "user" for each in messages) > 1:
            raise Dropped(MANY_TURNS)
        if self.forbidden is not None and (reason := self.forbidden(messages)):
            raise Dropped(reason)
        return messages


def _answers(said: Pair | Judged | Question) -> list[Message]:
    texts: list[str] = []
    if isinstance(said, Pair):
        texts = [said.chosen, said.rejected]
    elif isinstance(said, Judged):
        texts = [said.answer]
    return [{"role": "assistant", "content": text} for text in texts]


@dataclass(frozen=True, kw_only=True)
class Format:
    name: str
    title: str
    about: str
    shapes: Mapping[str, Shape]
    file_types: tuple[str, ...] = FILE_TYPES
    fewest_rows: int = 1
    """Of a training split, below which its consumer refuses the file."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Of a kind, how to read it with this consumer."""
    make_extras: Callable[[str, Files], dict[str, bytes]] | None = None

    @property
    def accepts(self) -> dict[str, Maker]:
        return {kind: shape.make for kind, shape in self.shapes.items()}

    def columns(self, kind: str) -> tuple[Column, ...]:
        return self.shapes[kind].columns

    def extras(self, kind: str, files: Files) -> dict[str, bytes]:
        """Further files that its consumer looks for beside the data."""
        return self.make_extras(kind, files) if self.make_extras else {}
