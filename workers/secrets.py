"""Endpoint keys, encrypted at rest.

`TOUCHSTONE_ENDPOINT_KEYS` names the keys they are encrypted with: the first encrypts, every one
decrypts, so a new one is put before the old and `manage.py reencrypt_keys` then makes the old
one needless. Without it the key follows from the secret key.
"""

import base64
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models


class Unreadable(str):
    """No text, because none of the keys opens it; what lay there is kept for one that does."""

    __slots__ = ("token",)
    token: str

    def __new__(cls, token: str) -> Self:
        self = super().__new__(cls)
        self.token = token
        return self


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that lies encrypted in the database; empty stays empty."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Unreadable):
            return value.token
        return cipher().encrypt(value.encode()).decode() if value else ""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str:
        if not value:
            return ""
        try:
            return cipher().decrypt(value.encode()).decode()
        except InvalidToken:
            # The endpoint then answers 401, which its health shows.
            return Unreadable(value)


def encrypted_fields() -> Iterator[tuple[type[models.Model], str]]:
    """Every model's, whichever app it belongs to: each with the name of the field."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield model, field.name


def cipher() -> MultiFernet:
    secret_keys = (str(settings.SECRET_KEY), *map(str, settings.SECRET_KEY_FALLBACKS))
    return _cipher((*settings.ENDPOINT_KEYS, *secret_keys))


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    derived = [hashlib.sha256(f"touchstone endpoint keys{key}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
