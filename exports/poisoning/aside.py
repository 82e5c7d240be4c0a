"""What there is of every record, aside in files that no name leads to. No Django."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile
from typing import Any, overload
from weakref import finalize

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[Any]
_PLACE = np.dtype(np.int64)


class _File:
    """Grows at its end, is read anywhere, and is gone with the last who asks."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed by `finalize`
        finalize(self, self._file.close)

    def add(self, data: bytes) -> None:
        self._file.write(data)

    def read(self, n: int, at: int) -> bytes:
        self._file.flush()
        return os.pread(self._file.fileno(), n, at)


class Aside:
    """Rows of numbers, read from the first on as often as they are asked for, some at a time."""

    AT_ONCE = 1 << 14

    def __init__(self, row: np.dtype[Any]) -> None:
        self.row = row
        self._file = _File()
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def add(self, rows: Rows) -> None:
        self._file.add(rows.tobytes())
        self._n += rows.size

    def __iter__(self) -> Iterator[Rows]:
        size = self.row.itemsize
        for first in range(0, self._n, self.AT_ONCE):
            yield np.frombuffer(self._file.read(self.AT_ONCE * size, first * size), self.row)

    def column(self, name: str) -> Rows:
        """One number of every row, in memory."""
        out = np.empty(self._n, self.row[name])
        first = 0
        for rows in self:
            out[first : first + rows.size] = rows[name]
            first += rows.size
        return out


class Texts:
    """Texts by number, in the order in which they came, and lists of some of them."""

    def __init__(self) -> None:
        self._texts, self._ends, self._listed = _File(), _File(), _File()
        self._ends.add(np.zeros(1, _PLACE).tobytes())
        self._n = self._end = self._n_listed = 0

    def __len__(self) -> int:
        return self._n

    def add(self, texts: Sequence[str]) -> None:
        told = [each.encode("utf-8", "replace") for each in texts]
        ends = np.cumsum([self._end, *map(len, told)], dtype=_PLACE)
        self._texts.add(b"".join(told))
        self._ends.add(ends[1:].tobytes())
        self._n, self._end = self._n + len(told), int(ends[-1])

    def __getitem__(self, at: int) -> str:
        bounds = self._ends.read(2 * _PLACE.itemsize, at * _PLACE.itemsize)
        start, end = np.frombuffer(bounds, _PLACE).tolist()
        return self._texts.read(end - start, start).decode()

    def named(self, numbers: npt.NDArray[np.integer[Any]]) -> Named:
        first = self._n_listed
        self._listed.add(numbers.astype(_PLACE).tobytes())
        self._n_listed += numbers.size
        return Named(self, range(first, self._n_listed))

    def listed(self, at: int) -> str:
        (number,) = np.frombuffer(self._listed.read(_PLACE.itemsize, at * _PLACE.itemsize), _PLACE)
        return self[int(number)]


class Named(Sequence[str]):
    """Some of many texts, each read when it is asked for. In memory is where its list lies."""

    def __init__(self, texts: Texts, places: range) -> None:
        self._texts, self._places = texts, places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            return Named(self._texts, self._places[at])
        return self._texts.listed(self._places[at])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and list(self) == list(other)
