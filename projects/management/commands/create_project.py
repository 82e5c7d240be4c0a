"""`manage.py create_project SLUG --owner USER`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from projects.errors import TouchstoneError
from projects.founding import create_project
from projects.models import User


class Command(BaseCommand):
    help = "Begin a project with its first owner."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="stands in addresses, like harbour-assistant")
        parser.add_argument("--owner", required=True, metavar="USER", help="an existing username")
        parser.add_argument("--name", default="", help="shown to people; the slug if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = User.objects.filter(username=options["owner"], is_active=True).first()
        if owner is None:
            raise CommandError(f"Nobody with an account is called {options['owner']!r}.")
        try:
            project = create_project(
                by=None, owner=owner, slug=options["slug"], name=options["name"]
            )
        except TouchstoneError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Project {project.slug} with owner {owner.username}.")
