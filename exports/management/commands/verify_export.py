"""`manage.py verify_export`: whether a snapshot's folder is whole and by whom it is signed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exports.management.commands.diff_exports import folder_named
from exports.snapshots.signing import verify


class Command(BaseCommand):
    help = "Check every file of a snapshot against its manifest, and the manifest's signature."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("snapshot", metavar="ID|FOLDER")
        parser.add_argument(
            "--key", default="", metavar="HEX", help="The public key that it has to be signed by."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        verified = verify(folder_named(options["snapshot"]), public_key=options["key"])
        if verified.problems:
            raise CommandError("\n".join(verified.problems))
        self.stdout.write(f"Whole; address {verified.address}")
        signed = f"signed by {verified.signed_by}" if verified.signed_by else "not signed"
        self.stdout.write(signed)
