"""API tokens: made, shown once, checked by digest, revoked."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from projects import audit
from projects.compiled import Compiled
from projects.models import ApiToken, User
from projects.text import clean_text

NAME_LIMIT = 60
USE_NOTED_EVERY = timedelta(minutes=1)


_TOKEN = Compiled(
    lambda digest: (
        ApiToken.objects.select_related("user")
        .defer("created_at", "user__password", "user__last_login", "user__date_joined")
        .filter(digest=digest, revoked_at=None, user__is_active=True)
    ),
    digest=str,
)


def create(*, by: User, name: str) -> tuple[ApiToken, str]:
    """A new token of this person, and its text, which is shown this once and never again."""
    name = clean_text(name, field="name", limit=NAME_LIMIT).strip()
    text = f"ts_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        token = ApiToken.objects.create(user=by, name=name, prefix=text[:9], digest=_digest(text))
        audit.record(verb="token.created", by=by, subject=token, name=name)
    return token, text


def revoke(*, by: User, token: ApiToken) -> None:
    with transaction.atomic():
        changed = ApiToken.objects.filter(pk=token.pk, user=by, revoked_at=None).update(
            revoked_at=timezone.now()
        )
        if changed:
            audit.record(verb="token.revoked", by=by, subject=token)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Bearer:
    """Whoever a token belongs to, if it is known at all: that is not looked up yet.

    A statement may do so on its way to what was asked for, by the conditions of `held_by` and with
    the columns of `columns_of`; it says with `note_use` when it found somebody.
    """

    digest: str

    @staticmethod
    def held_by(person: str, digest: str) -> dict[str, Any]:
        """That `person`, a path to a user, has this token, which stands, and may come in."""
        token = f"{person}__api_tokens"
        return {
            f"{token}__digest": digest,
            f"{token}__revoked_at": None,
            f"{person}__is_active": True,
        }

    @staticmethod
    def columns_of(person: str) -> dict[str, F]:
        token = f"{person}__api_tokens"
        return {"token_id": F(f"{token}__pk"), "token_used_at": F(f"{token}__last_used_at")}

    def token(self) -> ApiToken:
        """The token with its user, by a statement of its own."""
        found = _TOKEN.first(digest=self.digest)
        if found is None:
            raise exceptions.AuthenticationFailed("This token is unknown or was revoked.")
        note_use(found.pk, found.last_used_at)
        return found


def bearer(http: HttpRequest | Request) -> Bearer | None:
    """Who comes with a token, known or not; None for everybody else."""
    header = http.META.get("HTTP_AUTHORIZATION", "").split()
    if not header or header[0].lower() not in ("bearer", "token"):
        return None
    if len(header) != 2:
        raise exceptions.AuthenticationFailed("The header must be: Authorization: Bearer TOKEN")
    return Bearer(_digest(header[1]))


def note_use(token: int, last_used_at: datetime | None) -> None:
    now = timezone.now()
    if last_used_at is None or now - last_used_at > USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token).update(last_used_at=now)


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer ts_…` (the keyword `Token` does too)."""

    def authenticate(self, request: HttpRequest | Request) -> tuple[User, ApiToken] | None:
        found = bearer(request)
        if found is None:
            return None
        token = found.token()
        return token.user, token

    def authenticate_header(self, request: HttpRequest) -> str:
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API token of a member."}
