"""`manage.py export`: write a dataset snapshot now."""

import shutil
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from exports.models import Export
from exports.poisoning.deciding import refuse_held
from exports.recipe import FILE_TYPES, read
from exports.snapshots.folders import folder_of
from exports.snapshots.plan import PLAN
from exports.snapshots.requests import export_now
from projects.errors import Conflict, TouchstoneError
from projects.models import Project


class Command(BaseCommand):
    help = "Write a dataset snapshot of a project: by kind and format, or by a recipe in a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=Export.Kind.values, nargs="?")
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--source", choices=Export.Source.values)
        parser.add_argument("--format", metavar="NAME")
        parser.add_argument("--file-type", choices=FILE_TYPES)
        parser.add_argument("--rows-per-file", type=int, metavar="N")
        parser.add_argument(
            "--recipe",
            type=Path,
            metavar="FILE",
            help="JSON, as the API takes it; the other arguments stand over what it says.",
        )
        parser.add_argument(
            "--output", type=Path, metavar="FOLDER", help="Copy the files to this new folder."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        output: Path | None = options["output"]
        if output is not None and output.exists():
            raise CommandError(f"--output: {output} exists already; name a new folder.")
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"--project: there is no project {options['project']!r}.")
        try:
            export = export_now(project=project, recipe=read(self._told(options)))
        except TouchstoneError as error:
            raise CommandError(str(error)) from error
        folder = folder_of(export) if output is None else self._copied(export, output)
        self.stdout.write(f"{export.n_rows} rows, address {export.address}")
        for reason, count in export.manifest["counts"]["dropped"].items():
            self.stdout.write(f"left out {count}: {reason}")
        self.stdout.write(str(folder))

    def _told(self, options: dict[str, Any]) -> Any:
        told: Any = {}
        if options["recipe"] is not None:
            try:
                told = orjson.loads(options["recipe"].read_bytes())
            except (OSError, orjson.JSONDecodeError) as error:
                raise CommandError(f"--recipe: {error}") from error
        if not isinstance(told, dict):
            raise CommandError("--recipe: must hold a JSON object.")
        names = ("kind", "source", "format", "file_type", "rows_per_file")
        return told | {name: options[name] for name in names if options[name] is not None}

    def _copied(self, export: Export, output: Path) -> Path:
        """Copied aside and renamed: a folder of that name is a whole export."""
        folder = folder_of(export)
        try:
            refuse_held(export)
        except Conflict as error:
            raise CommandError(f"--output: nothing was copied. {error}") from error
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.parent))
            for path in folder.iterdir():
                # Of use to this server alone.
                if path.name != PLAN:
                    shutil.copyfile(path, draft / path.name)
            draft.chmod(0o755)
            return draft.rename(output)
        except OSError as error:
            raise CommandError(f"--output: {error}. The export itself is in {folder}.") from error
