"""What was told of a turn by some moment, worked out from when its texts came.

Nobody needs to have listened. A browser that comes back, another process and whoever only asks how
the turn stands all go by the one telling that a browser there from the beginning would have heard.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from arena.telling import frames
from arena.telling.frames import Extent, Position, Rhythm, advance, has_ended

LONGEST_SECONDS = 900.0
"""After the first text all counts as told."""


@dataclass(frozen=True)
class Came:
    """From `at` on, in seconds, there were so many characters of this attempt."""

    at: float
    attempt: int
    characters: int
    is_finished: bool = False


@dataclass(frozen=True)
class Retold:
    """How a turn stands in being told."""

    shown: Position = field(default_factory=Position)
    rhythm: Rhythm = field(default_factory=Rhythm)
    due: float | None = None
    """When there is next something to show; None before the first frame."""
    ended_at: float | None = None


def retell(a: Sequence[Came], b: Sequence[Came], *, by: float = math.inf) -> Retold:
    """The telling of two replies up to the moment `by`, of models that are not named.

    Of each reply what came, in order. With both finished and no `by` the end is always known.
    """
    if not a or not b:
        return Retold()
    latest = min(a[0].at, b[0].at) + LONGEST_SECONDS
    found = _retell(_Growing(a), _Growing(b), by=min(by, latest))
    if found.ended_at is None and by >= latest:
        return Retold(_whole(a[-1], b[-1]), found.rhythm, found.due, latest)
    return found


class _Growing:
    """A reply as it comes, asked for moments one after the other."""

    def __init__(self, came: Sequence[Came]) -> None:
        self._came, self._next = came, 0
        self.attempt, self.extent = 0, Extent(0)

    def grow(self, now: float) -> None:
        while self._next < len(self._came) and self._came[self._next].at <= now:
            latest = self._came[self._next]
            self.attempt = latest.attempt
            self.extent = Extent(latest.characters, latest.is_finished)
            self._next += 1

    @property
    def grows_at(self) -> float:
        return self._came[self._next].at if self._next < len(self._came) else math.inf


def _retell(a: _Growing, b: _Growing, *, by: float) -> Retold:
    """As `stream.tell` would, on a clock of its own."""
    at, rhythm, now = Position(), Rhythm(), min(a.grows_at, b.grows_at)
    said = now
    while now <= by:
        a.grow(now)
        b.grow(now)
        attempts = a.attempt + b.attempt
        if not at.fits(attempts, a.extent, b.extent):
            at, rhythm = Position(attempts), rhythm.anew()
        to = advance(a.extent, b.extent, at, rhythm)
        if to is not None:
            at, said, now = to, now, now + frames.TICK_SECONDS
        elif has_ended(a.extent, b.extent, at):
            return Retold(at, rhythm, now, said + rhythm.ending_ticks * frames.TICK_SECONDS)
        elif rhythm.is_resting:
            now += frames.TICK_SECONDS
        else:
            more_at = min(a.grows_at, b.grows_at)
            if more_at > by:
                break
            now = _after_waiting(rhythm, now, more_at)
    return Retold(at, rhythm, now if rhythm.has_begun else None)


def _after_waiting(rhythm: Rhythm, now: float, more_at: float) -> float:
    if not rhythm.has_begun:
        return more_at
    ticks = max(1, math.ceil((more_at - now) / frames.TICK_SECONDS))
    rhythm.wait(ticks)
    return now + ticks * frames.TICK_SECONDS


def _whole(a: Came, b: Came) -> Position:
    return Position(a.attempt + b.attempt, a.characters, b.characters)
