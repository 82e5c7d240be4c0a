"""A file that knows its own size and checksum, plain or compressed."""

import hashlib
import io
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

GZIP_LEVEL = 6
GZIP_WITH_NO_TIME = 31
BUFFERED = 1 << 20


class Sink(io.RawIOBase):
    """Opened anew: what an earlier attempt left at `path` goes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("wb", buffering=0)
        self.digest = hashlib.sha256()
        self.size = 0
        self.is_given_up = False

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size

    def write(self, data: "ReadableBuffer", /) -> int:
        view = memoryview(data)
        if self.is_given_up:
            return len(view)
        written = 0
        while written < len(view):
            written += self.file.write(view[written:]) or 0
        self.digest.update(view)
        self.size += len(view)
        return len(view)

    def finish(self) -> tuple[int, str]:
        """Put it safely on the disk; its size in bytes and its SHA-256."""
        os.fsync(self.file.fileno())
        self.file.close()
        return self.size, self.digest.hexdigest()

    def give_up(self) -> None:
        """Compressors and Parquet write their ends when they are forgotten: that goes nowhere."""
        self.is_given_up = True
        self.file.close()

    def close(self) -> None:
        self.give_up()
        super().close()


class Stream(Protocol):
    def write(self, data: "ReadableBuffer", /) -> object: ...

    def end(self) -> None:
        """The last of it to the sink, which stays open."""


class Plain:
    def __init__(self, sink: Sink) -> None:
        self.write = sink.write

    def end(self) -> None:
        pass


class Gzip:
    """Its header says no time and no name."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_WITH_NO_TIME)

    def write(self, data: "ReadableBuffer", /) -> None:
        self.sink.write(self.packer.compress(data))

    def end(self) -> None:
        self.sink.write(self.packer.flush())


class Zstd:
    """One frame: some readers stop at the end of the first. The level is the library's own, 1."""

    def __init__(self, sink: Sink) -> None:
        self.stream = buffered(sink)
        self.packer = pa.CompressedOutputStream(self.stream, "zstd")

    def write(self, data: "ReadableBuffer", /) -> None:
        self.packer.write(data)

    def end(self) -> None:
        self.packer.close()


def buffered(sink: Sink) -> pa.BufferedOutputStream:
    """For Arrow, whose threads have to wait for Python's lock whenever they write to a sink. It
    leaves the sink open."""
    return pa.BufferedOutputStream(pa.PythonFile(_Open(sink), mode="w"), BUFFERED)


class _Open(io.RawIOBase):
    """Writes to a sink and does not close it with itself."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        return self.sink.write(data)


STREAMS: dict[str, Callable[[Sink], Stream]] = {
    "jsonl": Plain,
    "jsonl.gz": Gzip,
    "jsonl.zst": Zstd,
}
