"""Who a battle belongs to: a browser, and whoever is signed in to it."""

import secrets
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from projects.models import User

SESSION_KEY = "arena_visitor"
_SALT = "touchstone.arena.visitor"


@dataclass(frozen=True)
class Visitor:
    """`digest` stands for the browser; it is empty where the browser never began a battle."""

    digest: str
    user: User | None = None


def visitor_digest(identity: str) -> str:
    """What is stored of an identity: a keyed digest that cannot be guessed back."""
    return salted_hmac(_SALT, identity, algorithm="sha256").hexdigest()


def known_visitor(request: HttpRequest) -> Visitor:
    """The visitor of this request. Reads only, so that looking around sets no cookie."""
    identity = request.session.get(SESSION_KEY, "")
    return Visitor(visitor_digest(identity) if identity else "", _signed_in(request))


def visitor_of(request: HttpRequest) -> Visitor:
    """The visitor of this request, from now on known by a random id in the session."""
    if SESSION_KEY not in request.session:
        request.session[SESSION_KEY] = secrets.token_hex(16)
    return known_visitor(request)


def visitor_of_token(user: User) -> Visitor:
    """Over the API there is no browser: the token's owner is the visitor."""
    return Visitor(visitor_digest(f"user:{user.pk}"), user)


def _signed_in(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
