"""`manage.py rebuild_export`: make a snapshot again and compare the bytes."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from exports.models import Export
from exports.snapshots.rebuilding import rebuild
from projects.errors import TouchstoneError


class Command(BaseCommand):
    help = "Make a finished export again of its plan and recipe, and compare the bytes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("export", type=UUID, metavar="ID")
        parser.add_argument("--within", type=Path, metavar="FOLDER", help="Where there is room.")

    def handle(self, *args: Any, **options: Any) -> None:
        export = Export.objects.select_related("project").filter(public_id=options["export"])
        found = export.first()
        if found is None:
            raise CommandError(f"There is no export {options['export']}.")
        try:
            rebuilt = rebuild(found, within=options["within"])
        except (TouchstoneError, OSError) as error:
            raise CommandError(str(error)) from error
        code = "" if rebuilt.is_same_code else " It was made by other code than this."
        if rebuilt.differing:
            raise CommandError(f"Other bytes in: {', '.join(rebuilt.differing)}.{code}")
        if rebuilt.address != found.address:
            raise CommandError(f"The same bytes, but its address is now {rebuilt.address}.{code}")
        self.stdout.write(f"The same bytes; address {rebuilt.address}")
