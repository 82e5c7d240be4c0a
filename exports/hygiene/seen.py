"""64-bit numbers, and if wanted a small value of each, in arrays: some 13 or 20 bytes a number,
where a dict of Python takes 100."""

from __future__ import annotations

from array import array

_NONE = 0
_SMALLEST = 1 << 10
_MOVED_AT_ONCE = 1 << 12


class Seen:
    """Numbers that were met before, with the value they first had; zero counts as one. Linear
    probing; at least a third of the places stay free. Without values each of them is zero.

    Where it is `expected` how many come, all places are there from the beginning: growing takes
    half as many again while it lasts.
    """

    def __init__(self, *, has_values: bool = True, expected: int = 0) -> None:
        size = max(_SMALLEST, 3 * expected // 2 + 2)
        self._places = array("Q", (0,)) * size
        self._values = array("I", (0,)) * (size if has_values else 0)
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def __contains__(self, number: int) -> bool:
        return self._places[self._place(number or 1)] != _NONE

    def get(self, number: int) -> int | None:
        at = self._place(number or 1)
        if self._places[at] == _NONE:
            return None
        return self._values[at] if self._values else 0

    def add(self, number: int, value: int = 0) -> bool:
        """Whether it was not there before."""
        number = number or 1
        # As `_place` does, without a call for each row of an export.
        places = self._places
        size = len(places)
        at = number % size
        while (held := places[at]) != _NONE:
            if held == number:
                return False
            at = (at + 1) % size
        places[at] = number
        if self._values:
            self._values[at] = value
        self._n += 1
        if 3 * self._n > 2 * size:
            self._grow()
        return True

    def _place(self, number: int) -> int:
        places = self._places
        size = len(places)
        at = number % size
        while (held := places[at]) != number and held != _NONE:
            at = (at + 1) % size
        return at

    def _grow(self) -> None:
        places, values = self._places, self._values
        size = 2 * len(places)
        self._places, self._values = array("Q", (0,)) * size, array("I", (0,)) * (2 * len(values))
        for first in range(0, len(places), _MOVED_AT_ONCE):
            # As numbers of Python all of them would take three times the room of both arrays.
            some = places[first : first + _MOVED_AT_ONCE]
            for place, number in enumerate(some, start=first):
                if number != _NONE:
                    at = self._place(number)
                    self._places[at] = number
                    if values:
                        self._values[at] = values[place]
