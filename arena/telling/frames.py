"""Two replies told at one pace: joint frames, in which nothing tells the models apart.

A frame holds equally many new characters of both sides. Nothing is shown before both sides have
text; where one side has nothing new, both wait; where one side has ended and is shown whole, the
other goes on alone, evenly. How much a frame holds depends on both sides alike,
never on which is A. A position, sent as the frame's id, is all that is needed to go on from it to
the character.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import orjson

TICK_SECONDS = 0.1
HORIZON_TICKS = 10
LEAST_CHARACTERS = 4
PADDED_TO = 256
PAUSE_TICKS = 15
LONGEST_PAUSE_TICKS = 60
PAUSE_TO_WAIT = 3.0
ENDING_TICKS = 5
SLOWED_TO = 0.8
_ID = re.compile(r"([0-9]{1,6}):([0-9]{1,9}):([0-9]{1,9})", re.ASCII)


class Extent(NamedTuple):
    """How much there is of a reply so far."""

    characters: int
    is_finished: bool = False


class Side(NamedTuple):
    """A reply so far."""

    text: str
    is_finished: bool = False

    @property
    def extent(self) -> Extent:
        return Extent(len(self.text), self.is_finished)


NO_SIDE = Side("", is_finished=True)
"""In the place of B where a conversation has one model."""


class Position(NamedTuple):
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

    def fits(self, attempts: int, a: Extent, b: Extent) -> bool:
        """Whether telling can go on from here."""
        return (
            self.attempts == attempts
            and self.shown_a <= a.characters
            and self.shown_b <= b.characters
        )

    def is_before(self, other: Position) -> bool:
        """Whether less was shown, in the same attempt."""
        is_elsewhere = (self.shown_a, self.shown_b) != (other.shown_a, other.shown_b)
        is_within = self.shown_a <= other.shown_a and self.shown_b <= other.shown_b
        return self.attempts == other.attempts and is_elsewhere and is_within


class Frame(NamedTuple):
    """New characters of both sides, and the position once they are shown."""

    a: str
    b: str
    position: Position

    def json(self) -> str:
        """Always the same keys, and a length rounded up so that it says little."""
        bare = orjson.dumps({"a": self.a, "b": self.b, "pad": ""})
        missing = -len(bare) % PADDED_TO
        return f'{bare[:-2].decode()}{" " * missing}"}}'


def pace(available: int, *, horizon: int = HORIZON_TICKS) -> int:
    """How many of the `available` characters to show now, so that they last about `horizon`."""
    return min(available, max(LEAST_CHARACTERS, math.ceil(available / horizon)))


class Rhythm:
    """How fast a turn is told.

    While both are told the slower model sets the pace. Once one side is told whole, the other must
    not betray whether it is the slower, still being written, or the quicker, long there: after a
    pause, in which the slower gets ahead of what is shown, it goes on evenly and somewhat slower
    than both did. Where the models are named there is nothing to hide, and `is_blind` is false.

    Whoever comes late, or again, goes on in the rhythm that `retold` works out.
    """

    def __init__(self, *, is_blind: bool = True) -> None:
        self._is_blind = is_blind
        self._ticks = self._characters = 0
        self._last = self._idle = self._longest = 0
        self._due = 0.0
        self.has_begun = False
        self.is_resting = False
        """Whether nothing was shown at this tick although there was something."""

    @property
    def ending_ticks(self) -> int:
        """How long to wait after the last frame: the reply written last is known to be at its end
        a little later than one that was long there."""
        return ENDING_TICKS if self._is_blind and self.has_begun else 0

    def anew(self) -> Rhythm:
        """The same, with nothing told yet."""
        return Rhythm(is_blind=self._is_blind)

    def wait(self, ticks: int) -> None:
        """So many ticks went by without anything to show."""
        self._idle += ticks

    def joint(self, left_a: int, left_b: int, *, is_draining: bool) -> int:
        """Characters of either side now. A side that is all there is drained without slowing
        down, or the other would pile up meanwhile and show that it did."""
        count = pace(min(left_a, left_b))
        if is_draining:
            count = max(count, min(left_a, left_b, self._last))
        if count:
            self.has_begun = True
            self._ticks += 1 + self._idle
            self._characters += count
            self._longest = max(self._longest, self._idle)
            self._last, self._idle = count, 0
        return count

    def alone(self, left: int) -> int:
        """Characters now of the one side that is not told whole yet."""
        count = self._evenly(left) if self._is_blind else pace(left)
        self.has_begun = True
        self.is_resting = not count
        return count

    @property
    def _pause(self) -> int:
        """In ticks. Where both waited long, the slower one may stall yet longer once more."""
        return min(max(PAUSE_TICKS, round(PAUSE_TO_WAIT * self._longest)), LONGEST_PAUSE_TICKS)

    def _evenly(self, left: int) -> int:
        if not self._characters:
            return min(left, LEAST_CHARACTERS)
        # From the last joint frame on, whenever it was learnt that the reply is at its end.
        if self._idle < self._pause:
            self._idle += 1
            return 0
        # A few ordinary ticks more in the mean: the fewer there were the less they say.
        characters = self._characters + HORIZON_TICKS * LEAST_CHARACTERS
        a_tick = SLOWED_TO * characters / (self._ticks + HORIZON_TICKS)
        self._due = min(self._due, 1.0) + a_tick
        count = min(left, int(self._due))
        self._due -= count
        return count


def advance(a: Extent, b: Extent, at: Position, rhythm: Rhythm) -> Position | None:
    """How far to show at this tick, or None where both have to wait or all is shown."""
    left_a, left_b = a.characters - at.shown_a, b.characters - at.shown_b
    rhythm.is_resting = False
    n_a = n_b = 0
    if a.is_finished and not left_a:
        n_b = rhythm.alone(left_b) if left_b else 0
    elif b.is_finished and not left_b:
        n_a = rhythm.alone(left_a) if left_a else 0
    else:
        shorter = a if left_a < left_b else b
        n_a = n_b = rhythm.joint(left_a, left_b, is_draining=shorter.is_finished)
    if not n_a and not n_b:
        return None
    return Position(at.attempts, at.shown_a + n_a, at.shown_b + n_b)


def next_frame(a: Side, b: Side, at: Position, rhythm: Rhythm) -> Frame | None:
    """What to show at this tick, or None where both have to wait or all is shown."""
    to = advance(a.extent, b.extent, at, rhythm)
    return None if to is None else frame_between(a, b, at, to)


def frame_between(a: Side, b: Side, at: Position, to: Position) -> Frame:
    return Frame(a.text[at.shown_a : to.shown_a], b.text[at.shown_b : to.shown_b], to)


def has_ended(a: Extent, b: Extent, at: Position) -> bool:
    """Whether both replies are finished and shown whole."""
    both = a.is_finished and b.is_finished
    return both and at.shown_a == a.characters and at.shown_b == b.characters
