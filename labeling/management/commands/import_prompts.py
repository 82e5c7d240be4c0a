"""`manage.py import_prompts FILE --project SLUG`"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.prompt_files import FILE_LIMIT
from labeling.prompts import KINDS, ImportRefused, import_prompts
from projects.errors import TouchstoneError
from projects.models import Project


class Command(BaseCommand):
    help = "Import prompts from a JSONL or CSV file, all of it or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="- reads standard input")
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument(
            "--kinds",
            default=",".join(KINDS),
            help="Which tasks to make, separated by commas (default: all).",
        )
        parser.add_argument("--format", default="auto", help="jsonl, csv or auto (default).")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        try:
            report = import_prompts(
                by=None,
                project=project,
                data=_read(options["file"]),
                file_name=options["file"],
                file_format=options["format"],
                kinds=[kind.strip() for kind in options["kinds"].split(",")],
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


def _read(name: str) -> bytes:
    """At most one byte more than allowed: enough to refuse it."""
    if name == "-":
        return sys.stdin.buffer.read(FILE_LIMIT + 1)
    with Path(name).open("rb") as file:
        return file.read(FILE_LIMIT + 1)
