"""`manage.py import_comparisons FILE --project SLUG`: judgements that were made elsewhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from labeling.intake.comparison_files import (
    LARGEST_FILE,
    ComparisonFile,
    read_judgements,
    read_votes,
)
from labeling.intake.comparison_import import import_comparisons
from labeling.intake.prompt_files import MEGABYTE, Problems
from labeling.intake.prompts import ImportRefused
from projects.errors import InvalidInput, TouchstoneError
from projects.founding import create_project
from projects.models import Project, User


class Command(BaseCommand):
    help = (
        "Import judgements of pairs, all of them or none: a JSONL file with a judgement a line, "
        "or a CSV file of votes (pair_id, worker, winner) with --pairs. Annotators become labelers "
        "who cannot sign in. The same judgement is imported once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument(
            "--pairs", type=Path, metavar="FILE", help="JSONL with id, text, result_x, result_y"
        )
        parser.add_argument(
            "--create-project", metavar="NAME", help="create the project if there is none"
        )
        parser.add_argument(
            "--owner", metavar="USERNAME", help="of a new project (default: the first superuser)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        problems = Problems()
        try:
            file = _read(options["file"], options["pairs"], problems)
            with transaction.atomic():
                project = _project(options)
                report = import_comparisons(by=None, project=project, file=file, problems=problems)
        except ImportRefused as error:
            self._explain(error)
            raise CommandError("Nothing was imported.") from error
        except TouchstoneError as error:
            raise CommandError(f"Nothing was imported: {error}") from error
        if file.ignored:
            self.stdout.write(f"Columns that mean nothing here: {', '.join(file.ignored)}.")
        self.stdout.write(
            f"{report.added:,} judgements of {report.pairs:,} pairs added, "
            f"{report.unchanged:,} unchanged, {report.labelers:,} labelers new."
        )

    def _explain(self, error: ImportRefused) -> None:
        for problem in error.problems:
            self.stderr.write(str(problem))
        hidden = error.total - len(error.problems)
        if hidden:
            self.stderr.write(f"… and {hidden} more.")


def _read(judgements: Path, pairs: Path | None, problems: Problems) -> ComparisonFile:
    if pairs is None:
        return read_judgements(_content(judgements), problems=problems)
    return read_votes(_content(pairs), _content(judgements), problems=problems)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise CommandError(f"{path} is larger than {LARGEST_FILE // MEGABYTE} MB; cut it.")
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error


def _project(options: dict[str, Any]) -> Project:
    slug = options["project"]
    found = Project.objects.filter(slug=slug).first() if "\0" not in slug else None
    if found is not None:
        return found
    if options["create_project"] is None:
        raise InvalidInput.field("--project", f"there is no project {slug!r}")
    return create_project(
        by=None, owner=_owner(options["owner"]), slug=slug, name=options["create_project"]
    )


def _owner(username: str | None) -> User:
    people = User.objects.filter(is_active=True).order_by("pk")
    if username is None:
        found = people.filter(is_superuser=True).first()
        rule = "name somebody with an account: there is no superuser to own the project"
    else:
        found = people.filter(username=username).first() if "\0" not in username else None
        rule = f"nobody with an account is called {username!r}"
    if found is None:
        raise InvalidInput.field("--owner", rule)
    return found
