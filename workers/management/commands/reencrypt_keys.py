"""`manage.py reencrypt_keys`: every endpoint's key under the first of the keys."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from projects import audit
from workers.models import Endpoint
from workers.secrets import Unreadable


class Command(BaseCommand):
    help = "Encrypt the keys of endpoints anew, with the first of TOUCHSTONE_ENDPOINT_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            endpoints = list(Endpoint.objects.select_for_update().exclude(api_key=""))
            lost = [each for each in endpoints if isinstance(each.api_key, Unreadable)]
            for endpoint in endpoints:
                endpoint.save(update_fields=["api_key"])
            audit.record(verb="endpoint.keys_encrypted", by=None, n=len(endpoints) - len(lost))
        self.stdout.write(f"Encrypted {len(endpoints) - len(lost)} keys anew.")
        if lost:
            names = ", ".join(sorted(endpoint.name for endpoint in lost))
            raise CommandError(
                f"None of the keys opens what is stored for {names}; it was left as it is. Put "
                "the key it was encrypted with back into TOUCHSTONE_ENDPOINT_KEYS, or give the "
                "endpoint its key again."
            )
