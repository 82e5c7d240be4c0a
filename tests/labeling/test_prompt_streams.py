"""Importing prompts as a stream: memory, progress, and the command."""

import io
import json
import os
import tracemalloc
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from labeling.intake import prompt_files, prompts
from labeling.intake.prompts import import_file
from labeling.management.commands.import_prompts import ProgressLine
from labeling.models import Prompt
from projects.models import Project

pytestmark = pytest.mark.django_db


def jsonl(*items: Any) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def test_an_import_reads_a_line_at_a_time(project: Project) -> None:
    """Twenty times as many lines take about as much memory."""
    peaks = []
    for number in (200, 4_000):
        file = Counted(number)
        tracemalloc.start()
        import_file(by=None, project=project, file=file, kinds=["demonstration"])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert file.longest <= prompt_files.LINE_LIMIT + 1
    assert peaks[1] < 2 * peaks[0] + 500_000


class Counted(io.BytesIO):
    """A file whose reader never asks for more than a line."""

    def __init__(self, number: int) -> None:
        super().__init__(jsonl(*[{"prompt": f"{number}-{i} " + "x" * 200} for i in range(number)]))
        self.longest = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        self.longest = max(self.longest, size if size and size > 0 else 1 << 60)
        return super().readline(size)


def test_the_rows_read_are_told_as_they_come(project: Project) -> None:
    told: list[int] = []
    file = io.BytesIO(jsonl(*[{"prompt": f"{i}?"} for i in range(2_500)]))
    import_file(by=None, project=project, file=file, kinds=["demonstration"], progress=told.append)
    assert told == [1_000, 2_000]


def test_a_stream_that_cannot_be_sought_in_is_read(project: Project) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as out:
        out.write(b"\xef\xbb\xbf" + jsonl({"prompt": "Piped?"}))
    with os.fdopen(reading, "rb") as file:
        report = import_file(by=None, project=project, file=file, kinds=["demonstration"])
    assert report.added == 1


def test_the_command_imports_a_file(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_bytes(jsonl({"prompt": "a"}))
    out = StringIO()
    call_command("import_prompts", str(file), project="harbour", kinds="demonstration", stdout=out)
    assert out.getvalue() == "1 prompts added, 0 unchanged, 1 tasks made.\n"


def test_the_command_names_each_line_and_fails(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_bytes(jsonl({"prompt": "ok"}, {"prompt": 3}))
    err = StringIO()
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_prompts", str(file), project="harbour", stderr=err)
    assert err.getvalue() == "line 2, prompt: must be a text\n"


def test_the_command_has_no_limit_of_lines_or_size(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "FILE_LIMIT", 10)
    monkeypatch.setattr(prompts, "MOST_PROMPTS", 2)
    file = tmp_path / "prompts.jsonl"
    file.write_bytes(jsonl(*[{"prompt": f"{i}?"} for i in range(5)]))
    call_command("import_prompts", str(file), project="harbour", stdout=StringIO())
    assert Prompt.objects.count() == 5


def test_the_command_tells_how_fast_and_how_long_yet(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_bytes(b"x" * 1_000)
    with path.open("rb") as file:
        line = ProgressLine(file)
        began = line._began_at
        assert line.line(50, began + 10) == "50 rows read, 5 a second"
        file.read(100)
        words = "2,000 rows read, 200 a second, about 1:30 left to read"
        assert line.line(2_000, began + 10) == words
        file.read()
        assert line.line(9_000, began + 10) == "9,000 rows read, 900 a second, storing them"


@pytest.mark.parametrize(
    ("file", "options"),
    [
        ("missing.jsonl", {"project": "harbour"}),
        ("missing.jsonl", {"project": "nowhere"}),
        (".", {"project": "harbour"}),
    ],
)
def test_the_command_fails_with_a_sentence(
    project: Project, file: str, options: dict[str, str]
) -> None:
    with pytest.raises(CommandError):
        call_command("import_prompts", file, **options)
