"""`manage.py check_models`: whether the endpoints answer and serve what they should."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workers.endpoints.health import check_endpoints
from workers.models import Endpoint


class Command(BaseCommand):
    help = "Ask every active endpoint whether it is ready, and print the answers."

    def handle(self, *args: Any, **options: Any) -> None:
        check_endpoints()
        endpoints = list(Endpoint.objects.filter(is_active=True).order_by("name"))
        if not endpoints:
            raise CommandError("There is no active endpoint. Add a model: manage.py add_model")
        for endpoint in endpoints:
            state = endpoint.get_health_display()
            note = f": {endpoint.health_note}" if endpoint.health_note else ""
            self.stdout.write(f"{endpoint.name} ({endpoint.base_url}): {state}{note}")
        if any(endpoint.health != Endpoint.Health.READY for endpoint in endpoints):
            raise CommandError("Not every endpoint is ready.")
