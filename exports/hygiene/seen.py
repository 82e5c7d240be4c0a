"""A set of 64-bit numbers in one array: 10 to 20 bytes a number, where Python's own takes 80."""

from array import array

import numpy as np

_NONE = 0
_SMALLEST = 1 << 10


class Seen:
    """Numbers that were met before. Linear probing; at least a third of the places stay free."""

    def __init__(self) -> None:
        self._places = array("Q", bytes(8 * _SMALLEST))
        self._mask = _SMALLEST - 1
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def __contains__(self, number: int) -> bool:
        number = number or 1
        places, mask = self._places, self._mask
        at = number & mask
        while places[at] != _NONE:
            if places[at] == number:
                return True
            at = (at + 1) & mask
        return False

    def add(self, number: int) -> bool:
        """Whether it was not there before. Zero counts as one."""
        number = number or 1
        places, mask = self._places, self._mask
        at = number & mask
        while places[at] != _NONE:
            if places[at] == number:
                return False
            at = (at + 1) & mask
        places[at] = number
        self._n += 1
        if 3 * self._n > 2 * len(places):
            self._grow()
        return True

    def _grow(self) -> None:
        """The old numbers in the order of their new places, so that most find theirs free."""
        held = np.frombuffer(self._places, np.uint64)
        held = held[held != _NONE]
        self._mask = 2 * len(self._places) - 1
        held = held[np.argsort(held & np.uint64(self._mask), kind="stable")]
        self._places = array("Q", bytes(16 * len(self._places)))
        places, mask = self._places, self._mask
        for number in held.tolist():
            at = number & mask
            while places[at] != _NONE:
                at = (at + 1) & mask
            places[at] = number
