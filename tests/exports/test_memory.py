"""What was let go is the system's again."""

import subprocess
import sys
from pathlib import Path
from resource import getpagesize

from exports import memory

MEBIBYTE = 1 << 20
PIECE = 1 << 10
HEAPS_OF_FOUR_THREADS = """
import ctypes
import os
from threading import Barrier, Thread

import django

django.setup()
together = Barrier(4)


def allocate():
    kept = [bytes(1024) for _ in range(1000)]
    together.wait()


threads = [Thread(target=allocate) for _ in range(3)]
for thread in threads:
    thread.start()
together.wait()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
read, write = os.pipe()
told = ctypes.c_void_p(libc.fdopen(write, b"w"))
libc.malloc_info(0, told)
libc.fclose(told)
print(os.read(read, 1 << 16).count(b"<heap "))
"""


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


def test_threads_of_the_product_share_one_heap() -> None:
    counted = subprocess.check_output([sys.executable, "-c", HEAPS_OF_FOUR_THREADS], text=True)
    assert counted.strip() == "1"
