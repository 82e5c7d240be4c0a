"""Signing in, with failed attempts bounded for each account and address."""

from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

MOST_FAILURES = 8
MINUTES = 10

TOO_MANY = "too_many"


def address_of(request: HttpRequest) -> str:
    """The client's address: what the last trusted proxy saw, or whoever connected to us."""
    proxies: int = settings.TRUSTED_PROXIES
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    if proxies and len(forwarded) >= proxies:
        return forwarded[-proxies].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


class SignInForm(AuthenticationForm):
    """Django's own, which refuses to try a password after too many failures."""

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username")
        if username is None or self.request is None:
            return super().clean()
        key = _key(username, address_of(self.request))
        # Counted before the password is tried, so that a burst of attempts cannot slip past.
        if _count(key) > MOST_FAILURES:
            raise ValidationError(
                f"Too many failed attempts for this account from here. "
                f"Wait {MINUTES} minutes and try again.",
                code=TOO_MANY,
            )
        clean = super().clean()
        cache.delete(key)
        return clean


def _key(username: str, address: str) -> str:
    identity = f"{username.casefold()}\n{address}"
    return "sign-in:" + salted_hmac("touchstone.sign-in", identity, algorithm="sha256").hexdigest()


def _count(key: str) -> int:
    cache.add(key, 0, timeout=MINUTES * 60)
    try:
        return int(cache.incr(key))
    except ValueError:  # the key's time ran out between the two
        return 1
