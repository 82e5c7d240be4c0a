"""`manage.py import_gold FILE --project SLUG --by USERNAME`"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.gold.files import LARGEST_FILE
from labeling.gold.making import import_golds
from labeling.intake.prompts import ImportRefused
from projects.errors import TouchstoneError
from projects.models import Project, User


class Command(BaseCommand):
    help = "Import gold tasks from a JSONL file, all of it or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="- reads standard input")
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument(
            "--by", required=True, metavar="USERNAME", help="The owner who vouches for them."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        user = User.objects.filter(username=options["by"]).first()
        if user is None:
            raise CommandError(f"There is nobody named {options['by']!r}.")
        try:
            number = import_golds(by=user, project=project, data=_read(options["file"]))
        except ImportRefused as error:
            for problem in error.problems:
                self.stderr.write(str(problem))
            hidden = error.total - len(error.problems)
            if hidden:
                self.stderr.write(f"… and {hidden} more.")
            raise CommandError("Nothing was imported.") from error
        except (TouchstoneError, OSError) as error:
            raise CommandError(f"Nothing was imported: {error}") from error
        self.stdout.write(f"{number} gold tasks added.")


def _read(name: str) -> bytes:
    """At most one byte more than allowed: enough to refuse it."""
    if name == "-":
        return sys.stdin.buffer.read(LARGEST_FILE + 1)
    with Path(name).open("rb") as file:
        return file.read(LARGEST_FILE + 1)
