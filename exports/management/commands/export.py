"""`manage.py export`: write a dataset snapshot now."""

import shutil
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exports.building import export_now, folder_of
from exports.models import Export
from projects.errors import TouchstoneError
from projects.models import Project


class Command(BaseCommand):
    help = "Write a dataset snapshot of a project: sft (demonstrations) or preferences."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=Export.Kind.values)
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--source", choices=Export.Source.values, default=Export.Source.ALL)
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
            export = export_now(project=project, kind=options["kind"], source=options["source"])
        except TouchstoneError as error:
            raise CommandError(str(error)) from error
        folder = folder_of(export)
        if output is not None:
            folder = self._copy(folder, output)
        self.stdout.write(f"{export.n_rows} rows, sha256 {export.sha256}")
        for reason, count in export.manifest["counts"]["dropped"].items():
            self.stdout.write(f"left out {count}: {reason}")
        self.stdout.write(str(folder))

    def _copy(self, folder: Path, output: Path) -> Path:
        """Copied aside and renamed: a folder of that name is a whole export."""
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.parent))
            shutil.copytree(folder, draft, dirs_exist_ok=True)
            return draft.rename(output)
        except OSError as error:
            raise CommandError(f"--output: {error}. The export itself is in {folder}.") from error
