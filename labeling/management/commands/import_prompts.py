"""`manage.py import_prompts FILE --project SLUG`"""

import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError

from labeling.intake.prompts import KINDS, USUAL_KINDS, ImportRefused, import_file
from projects.errors import TouchstoneError
from projects.models import Project

SHOW_EVERY_SECONDS = 0.5


class Command(BaseCommand):
    help = "Import prompts from a JSONL or CSV file of any length, all of it or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="- reads standard input")
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument(
            "--kinds",
            default=",".join(USUAL_KINDS),
            help=f"Which tasks to make, of {', '.join(KINDS)} (default: %(default)s).",
        )
        parser.add_argument("--format", default="auto", help="jsonl, csv or auto (default).")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        try:
            with _opened(options["file"]) as file:
                progress = ProgressLine(file)
                report = import_file(
                    by=None,
                    project=project,
                    file=file,
                    file_name=options["file"],
                    file_format=options["format"],
                    kinds=[kind.strip() for kind in options["kinds"].split(",")],
                    progress=progress.show if sys.stderr.isatty() else None,
                )
        except ImportRefused as error:
            self._explain(error)
            raise CommandError("Nothing was imported.") from error
        except (TouchstoneError, OSError) as error:
            raise CommandError(f"Nothing was imported: {error}") from error
        self.stdout.write(
            f"{report.added} prompts added, {report.unchanged} unchanged, "
            f"{report.tasks} tasks made."
        )

    def _explain(self, error: ImportRefused) -> None:
        for problem in error.problems:
            self.stderr.write(str(problem))
        hidden = error.total - len(error.problems)
        if hidden:
            self.stderr.write(f"… and {hidden} more.")


class ProgressLine:
    """One line on standard error that is written anew: how many rows, how fast, how long yet."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file if file.seekable() else None
        self._size = Path(file.name).stat().st_size if self._file else 0
        self._began_at = self._shown_at = time.monotonic()

    def show(self, n_rows: int) -> None:
        now = time.monotonic()
        if now - self._shown_at < SHOW_EVERY_SECONDS:
            return
        self._shown_at = now
        print(f"\r\x1b[K{self.line(n_rows, now)}", end="", file=sys.stderr, flush=True)

    def line(self, n_rows: int, now: float) -> str:
        seconds = max(now - self._began_at, 0.001)
        words = f"{n_rows:,} rows read, {n_rows / seconds:,.0f} a second"
        done = self._file.tell() if self._file else 0
        if not done:
            return words
        if done >= self._size:
            return f"{words}, storing them"
        left = round(seconds * (self._size - done) / done)
        return f"{words}, about {left // 60}:{left % 60:02} left to read"


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    with Path(name).open("rb") as file:
        yield file
