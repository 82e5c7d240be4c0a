"""Large arrays are the system's again as soon as they are let go."""

from pathlib import Path
from resource import getpagesize

import numpy as np

from exports.poisoning.large import zeros

MEBIBYTE = 1 << 20


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize()


def test_they_are_zeros_to_write_to() -> None:
    rows = zeros(5, np.dtype([("n", np.int32), ("share", np.float64)]))
    assert rows["n"].tolist() == [0] * 5
    rows["share"][3] = 0.5
    assert rows["share"].sum() == 0.5
    assert zeros(0, np.uint8).size == 0


def test_what_lies_beside_them_does_not_keep_them() -> None:
    # The C library from now on takes less than so much out of its heap, as after large arrays.
    bytearray(31 * MEBIBYTE)
    large, beside = [], []
    for _ in range(8):
        large.append(zeros(MEBIBYTE, np.uint64))
        large[-1][:] = 1
        beside.append(bytes(MEBIBYTE))
    before = resident()
    del large
    assert before - resident() > 56 * MEBIBYTE
    assert len(beside) == 8
