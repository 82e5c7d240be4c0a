"""Two replies told at one pace: joint frames, in which nothing tells the models apart.

A frame holds equally many new characters of both sides. Nothing is shown before both sides have
text; where one side has nothing new, both wait; where one side has ended and is shown whole, the
other goes on alone. How much a frame holds depends on both sides alike, never on which is A.
A position, sent as the frame's id, is all that is needed to go on from it to the character.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass

TICK_SECONDS = 0.1
HORIZON_TICKS = 10
LEAST_CHARACTERS = 4
PADDED_TO = 256
_ID = re.compile(r"([0-9]{1,6}):([0-9]{1,9}):([0-9]{1,9})", re.ASCII)


@dataclass(frozen=True)
class Side:
    """A reply so far."""

    text: str
    is_finished: bool = False


@dataclass(frozen=True)
class Position:
    """How much was shown: characters of A and of B, and in which attempt.

    `attempts` counts those of both sides together. It changes when either side began again, and
    does not say which.
    """

    attempts: int = 0
    shown_a: int = 0
    shown_b: int = 0

    def __str__(self) -> str:
        return f"{self.attempts}:{self.shown_a}:{self.shown_b}"

    @classmethod
    def parse(cls, text: str) -> Position | None:
        """The position a frame's id stands for, or None if it is not one."""
        match = _ID.fullmatch(text)
        return cls(*(int(number) for number in match.groups())) if match else None

    def fits(self, attempts: int, a: Side, b: Side) -> bool:
        """Whether telling can go on from here."""
        return (
            self.attempts == attempts
            and self.shown_a <= len(a.text)
            and self.shown_b <= len(b.text)
        )


@dataclass(frozen=True)
class Frame:
    """New characters of both sides, and the position once they are shown."""

    a: str
    b: str
    position: Position

    def json(self) -> str:
        """Always the same keys, and a length rounded up so that it says little."""
        bare = _dump(self.a, self.b, "")
        missing = -len(bare.encode()) % PADDED_TO
        return _dump(self.a, self.b, " " * missing)


def _dump(a: str, b: str, pad: str) -> str:
    return json.dumps({"a": a, "b": b, "pad": pad}, ensure_ascii=False, separators=(",", ":"))


def pace(available: int, *, horizon: int = HORIZON_TICKS) -> int:
    """How many of the `available` characters to show now, so that they last about `horizon`."""
    return min(available, max(LEAST_CHARACTERS, math.ceil(available / horizon)))


def next_frame(a: Side, b: Side, at: Position, *, horizon: int = HORIZON_TICKS) -> Frame | None:
    """What to show next, or None where both have to wait or all is shown."""
    left_a, left_b = len(a.text) - at.shown_a, len(b.text) - at.shown_b
    n_a = n_b = pace(min(left_a, left_b), horizon=horizon)
    if a.is_finished and not left_a:
        n_a, n_b = 0, pace(left_b, horizon=horizon)
    elif b.is_finished and not left_b:
        n_a, n_b = pace(left_a, horizon=horizon), 0
    if not n_a and not n_b:
        return None
    to_a, to_b = at.shown_a + n_a, at.shown_b + n_b
    return Frame(
        a.text[at.shown_a : to_a], b.text[at.shown_b : to_b], Position(at.attempts, to_a, to_b)
    )


def has_ended(a: Side, b: Side, at: Position) -> bool:
    """Whether both replies are finished and shown whole."""
    both = a.is_finished and b.is_finished
    return both and at.shown_a == len(a.text) and at.shown_b == len(b.text)
