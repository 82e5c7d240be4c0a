"""`manage.py import_votes FILE --project SLUG`: votes or counts made elsewhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_slug
from django.db import transaction

from arena.intake.importing import LARGEST_FILE, ImportReport, import_votes
from projects.errors import InvalidInput, TouchstoneError
from projects.models import Project
from projects.text import clean_text


class Command(BaseCommand):
    help = (
        "Import votes from CSV or JSONL with model_a, model_b, winner, or counts with model_a, "
        "model_b, a_wins, b_wins, tie, tie_bothbad. The same file is counted once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument(
            "--create-project", metavar="NAME", help="create the project if there is none"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        content = _content(path)
        try:
            with transaction.atomic():
                project = _project(options["project"], options["create_project"])
                report = import_votes(project=project, content=content, file_name=path.name)
        except InvalidInput as error:
            lines = "\n".join(f"  {problem}" for problem in error.problems)
            raise CommandError(f"Nothing was imported from {path}:\n{lines}") from error
        except TouchstoneError as error:
            raise CommandError(f"Nothing was imported from {path}: {error}") from error
        self.stdout.write(_summary(path, project, report))


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise CommandError(f"{path} is larger than {LARGEST_FILE // 1024**2} MB; cut it.")
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error


def _project(slug: str, name: str | None) -> Project:
    found = Project.objects.filter(slug=slug).first() if "\0" not in slug else None
    if found is not None:
        return found
    if name is None:
        raise InvalidInput.field("--project", f"there is no project {slug!r}")
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise InvalidInput.field("--project", error.messages[0]) from error
    clean_text(slug, field="--project", limit=60)
    return Project.objects.create(
        slug=slug, name=clean_text(name, field="--create-project", limit=120)
    )


def _summary(path: Path, project: Project, report: ImportReport) -> str:
    if report.was_done_before:
        return f"{path.name} was imported into {project.slug} before; nothing was added."
    if report.n_counted:
        said = [f"{report.n_counted} counted votes; online Elo needs their order and stays."]
    else:
        said = [f"{report.n_votes} votes, {report.n_texts} of them with their texts."]
    if report.new_models:
        said.append(f"{len(report.new_models)} models were not known and have no endpoint yet.")
    if report.ignored_columns:
        said.append(f"Columns not used: {', '.join(report.ignored_columns)}.")
    return " ".join(said)
