"""`manage.py load_demo`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from demo.loading import load_demo
from projects.errors import TouchstoneError


class Command(BaseCommand):
    help = "Make the demo project, its people and its prompts, and print the sign-ins."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sign_ins = load_demo()
        except TouchstoneError as error:
            raise CommandError(str(error)) from error
        for sign_in in sign_ins:
            self.stdout.write(f"{sign_in.username} {sign_in.password} ({sign_in.role})")
