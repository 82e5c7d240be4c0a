"""`manage.py check_export FOLDER`: is every row of this dataset what its trainer wants?"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exports.formats import FORMATS
from exports.formats.folders import NotADataset, check_folder
from exports.recipe import KINDS

MOST = 20


class Command(BaseCommand):
    help = (
        "Check a dataset's folder by the rules of its format: every row, and the files as a "
        "whole. Works on any folder of JSONL or Parquet files, also without a manifest."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--format", choices=FORMATS, default="", help="default: the manifest's")
        parser.add_argument("--kind", choices=KINDS, default="", help="default: the manifest's")
        parser.add_argument("--most", type=int, default=MOST, help="how many problems to show")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        try:
            report = check_folder(
                folder, options["format"], options["kind"], most=max(1, options["most"])
            )
        except NotADataset as error:
            raise CommandError(f"{folder}: {error}") from error
        for wrong in report.wrong:
            where = f"{wrong.file}, row {wrong.row}" if wrong.row else wrong.file
            self.stdout.write(f"{where}: {wrong.reason}")
        counted = (
            f"{report.rows:,} rows in {report.files} files, {report.format_name} {report.kind}"
        )
        if report.n_wrong:
            raise CommandError(f"{counted}: {report.n_wrong:,} problems.")
        self.stdout.write(f"{counted}: every row is valid.")
