"""`manage.py prepare`: everything between an empty database and a product that can start."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from demo.loading import load_demo, was_loaded
from projects.models import Project
from workers.registry import sync_from_settings

LOCK = 7_702_026_112


class Command(BaseCommand):
    help = "Migrate, register the models named in the settings, load the demo once. Repeatable."

    def handle(self, *args: Any, **options: Any) -> None:
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        with connection.cursor() as cursor:
            # Several machines may start at once; the lock goes with the connection.
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            try:
                call_command("migrate", interactive=False, verbosity=0)
                sync_from_settings()
                if self._wants_demo():
                    load_demo()
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])

    def _wants_demo(self) -> bool:
        """Once, and only on the embedded servers: nobody's own database is written into."""
        is_new = not was_loaded() and not Project.objects.exists()
        return settings.IS_EMBEDDED and is_new
