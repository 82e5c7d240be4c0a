"""A folder as one tar file, made while it is sent. Pure.

Its length is known before it begins, so that a browser can say how much is left. Names and bytes
alone are in it: the same folder gives the same archive.
"""

import tarfile
from collections.abc import Iterator
from pathlib import Path

BLOCK = 512
PIECE = 256 * 1024
END = b"\0" * (2 * BLOCK)


def size_of(root: str, paths: list[Path]) -> int:
    return sum(len(_head(root, path)) + _padded(path.stat().st_size) for path in paths) + len(END)


def pieces(root: str, paths: list[Path]) -> Iterator[bytes]:
    """The archive of these files, in a folder named `root`."""
    for path in paths:
        yield _head(root, path)
        size = path.stat().st_size
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
        if rest := _padded(size) - size:
            yield b"\0" * rest
    yield END


def _head(root: str, path: Path) -> bytes:
    entry = tarfile.TarInfo(f"{root}/{path.name}")
    entry.size = path.stat().st_size
    return entry.tobuf(tarfile.GNU_FORMAT)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK
