"""What was let go is the system's again."""

from pathlib import Path
from resource import getpagesize

from exports.snapshots import memory

MEBIBYTE = 1 << 20
PIECE = 1 << 10


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * getpagesize()


def test_what_lies_between_pieces_in_use_is_given_back() -> None:
    pieces = [bytes(PIECE) for _ in range(64 * MEBIBYTE // PIECE)]
    kept = pieces[::1000]
    del pieces
    before = resident()
    memory.give_back()
    assert before - resident() > 32 * MEBIBYTE
    assert all(len(each) == PIECE for each in kept)
