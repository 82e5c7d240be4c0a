"""Parts of a file, as RFC 9110 has them: a broken download goes on where it stopped.

The entity tag is the file's SHA-256, so a part always belongs to the bytes that it is asked of. A
list of several ranges is answered with the whole file, as the standard allows.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase

from projects.sending import FileStream

ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@dataclass(frozen=True)
class Part:
    first: int
    last: int
    """Both within it."""

    @property
    def size(self) -> int:
        return self.last - self.first + 1


class Unsatisfiable(ValueError):
    """The range lies outside the file."""


class Slice:
    """A file from where it stands, and so many bytes of it."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file, self.left = file, size

    def read(self, size: int = -1) -> bytes:
        wanted = self.left if size < 0 else min(size, self.left)
        data = self.file.read(wanted)
        self.left -= len(data)
        return data

    def close(self) -> None:
        self.file.close()


def part_of(header: str, size: int) -> Part | None:
    """What is asked for of a file of `size` bytes; None: all of it."""
    asked = ONE_RANGE.fullmatch(header.strip())
    if asked is None or asked[1] == asked[2] == "":
        return None
    if asked[1] == "":
        first, last = max(size - int(asked[2]), 0), size - 1
        if not int(asked[2]):
            raise Unsatisfiable
    else:
        first = int(asked[1])
        last = min(int(asked[2]), size - 1) if asked[2] else size - 1
        if asked[2] and int(asked[2]) < first:
            return None
    if first >= size:
        raise Unsatisfiable
    return Part(first, last)


def sent(
    request: HttpRequest, path: Path, *, sha256: str, filename: str, content_type: str
) -> HttpResponseBase:
    """The file, the part of it that is asked for, or that the asker has it already."""
    tag = f'"{sha256}"'
    if tag in (each.strip() for each in request.headers.get("If-None-Match", "").split(",")):
        return _tagged(HttpResponseNotModified(), tag)
    size = path.stat().st_size
    header = request.headers.get("Range", "")
    if request.headers.get("If-Range", tag) != tag:
        header = ""
    try:
        part = part_of(header, size)
    except Unsatisfiable:
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{size}"
        return _tagged(refused, tag)
    file = path.open("rb")
    if part is None:
        whole = FileStream(file, as_attachment=True, filename=filename, content_type=content_type)
        return _tagged(whole, tag)
    file.seek(part.first)
    answer = FileStream(
        Slice(file, part.size),
        as_attachment=True,
        filename=filename,
        content_type=content_type,
        status=206,
    )
    answer["Content-Length"] = str(part.size)
    answer["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    return _tagged(answer, tag)


def _tagged(answer: HttpResponseBase, tag: str) -> HttpResponseBase:
    answer["ETag"] = tag
    answer["Accept-Ranges"] = "bytes"
    return answer
