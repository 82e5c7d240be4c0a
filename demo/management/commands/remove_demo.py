"""`manage.py remove_demo`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from demo.loading import remove_demo
from projects.errors import TouchstoneError


class Command(BaseCommand):
    help = "Remove the demo project with everything that was done in it, and its people."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            remove_demo()
        except TouchstoneError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("The demo is gone.")
