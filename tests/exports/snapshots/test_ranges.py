"""Parts of files."""

from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from exports.snapshots.ranges import Part, Unsatisfiable, part_of, sent

DIGITS = bytes(range(256)) * 40
TAG = f'"{"ab" * 32}"'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file.jsonl"
    path.write_bytes(DIGITS)
    return path


def ask(path: Path, **headers: str) -> Any:
    request = RequestFactory().get("/", headers=headers)
    return sent(request, path, sha256="ab" * 32, filename="f.jsonl", content_type="text/x")


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("", None),
        ("bytes=0-", Part(0, 99)),
        ("bytes=5-7", Part(5, 7)),
        ("bytes=90-1000", Part(90, 99)),
        ("bytes=-10", Part(90, 99)),
        ("bytes=-1000", Part(0, 99)),
        ("bytes=7-5", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("rows=0-1", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
        (f"bytes={'9' * 30}-", None),
    ],
)
def test_what_is_asked_for(header: str, part: Part | None) -> None:
    assert part_of(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=-0", "bytes=999999999999999999-"])
def test_what_lies_outside_is_refused(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        part_of(header, 100)


@given(st.integers(1, 10_000), st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_part_lies_within_the_file(size: int, first: int, last: int) -> None:
    try:
        part = part_of(f"bytes={first}-{last}", size)
    except Unsatisfiable:
        assert first >= size
    else:
        assert (part is None) == (last < first)
        assert part is None or 0 <= part.first <= part.last < size


def test_the_whole_file_says_that_parts_may_be_asked_for(path: Path) -> None:
    answer = ask(path)
    assert (answer.status_code, body(answer)) == (200, DIGITS)
    assert (answer["ETag"], answer["Accept-Ranges"]) == (TAG, "bytes")
    assert answer["Content-Length"] == str(len(DIGITS))


def test_a_broken_download_goes_on(path: Path) -> None:
    got = DIGITS[:5000]
    answer = ask(path, Range=f"bytes={len(got)}-", If_Range=TAG)
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes 5000-{len(DIGITS) - 1}/{len(DIGITS)}"
    assert answer["Content-Length"] == str(len(DIGITS) - 5000)
    assert got + body(answer) == DIGITS


def test_a_part_of_another_file_is_answered_with_the_whole(path: Path) -> None:
    answer = ask(path, Range="bytes=10-20", If_Range='"another"')
    assert (answer.status_code, body(answer)) == (200, DIGITS)


def test_a_range_outside_says_how_long_the_file_is(path: Path) -> None:
    answer = ask(path, Range=f"bytes={len(DIGITS)}-")
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(DIGITS)}")


def test_who_has_the_file_is_told_so(path: Path) -> None:
    answer = ask(path, If_None_Match=f'"other", {TAG}')
    assert (answer.status_code, body(answer)) == (304, b"")
