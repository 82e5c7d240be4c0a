"""`manage.py reencrypt_keys`: every encrypted field under the first of the keys."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction

from projects import audit
from workers.secrets import Unreadable, encrypted_fields


class Command(BaseCommand):
    help = (
        "Encrypt the keys of endpoints and the secrets of export targets anew, with the first of "
        "TOUCHSTONE_ENDPOINT_KEYS."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        n_keys, lost = 0, list[str]()
        with transaction.atomic():
            for model, name in encrypted_fields():
                n_read, unread = _encrypt_anew(model, name)
                n_keys += n_read
                lost += unread
            audit.record(verb="endpoint.keys_encrypted", by=None, n=n_keys)
        self.stdout.write(f"Encrypted {n_keys} key{'' if n_keys == 1 else 's'} anew.")
        if lost:
            raise CommandError(
                f"None of the keys opens what is stored for {', '.join(sorted(lost))}; it was left "
                "as it is. Put the key it was encrypted with back into TOUCHSTONE_ENDPOINT_KEYS, "
                "or give its secret again."
            )


def _encrypt_anew(model: type[models.Model], name: str) -> tuple[int, list[str]]:
    """How many there are, and what those are called that no key opens."""
    held = list(model._default_manager.select_for_update().exclude(**{name: ""}))
    lost = [str(each) for each in held if isinstance(getattr(each, name), Unreadable)]
    for each in held:
        each.save(update_fields=[name])
    return len(held) - len(lost), lost
