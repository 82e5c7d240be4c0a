"""`manage.py add_member SLUG USER --role ROLE`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from projects.errors import TouchstoneError
from projects.members import add_member
from projects.models import Project, Role


class Command(BaseCommand):
    help = "Make somebody who has an account a member of a project."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the project")
        parser.add_argument("username", help="who")
        parser.add_argument("--role", choices=Role.values, default=Role.LABELER.value)

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["slug"]).first()
        if project is None:
            raise CommandError(f"There is no project at {options['slug']!r}.")
        try:
            member = add_member(
                by=None, project=project, username=options["username"], role=options["role"]
            )
        except TouchstoneError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{member.user.username} is a {member.role} of {project.slug}.")
