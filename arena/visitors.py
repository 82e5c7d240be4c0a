"""Who a battle belongs to: a browser, and whoever is signed in to it."""

import secrets
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from projects.models import User
from projects.sign_in import address_of

SESSION_KEY = "arena_visitor"
_SALT = "touchstone.arena.visitor"
_NETWORK_SALT = "touchstone.arena.network"


@dataclass(frozen=True)
class Visitor:
    """`digest` stands for the browser; it is empty where the browser never began a battle.

    `network` stands for where the request came from; it is empty where that is not known.
    """

    digest: str
    user: User | None = None
    network: str = ""


def visitor_digest(identity: str) -> str:
    """What is stored of an identity: a keyed digest that cannot be guessed back."""
    return salted_hmac(_SALT, identity, algorithm="sha256").hexdigest()


def known_visitor(request: HttpRequest) -> Visitor:
    """The visitor of this request. Reads only, so that looking around sets no cookie."""
    identity = request.session.get(SESSION_KEY, "")
    digest = visitor_digest(identity) if identity else ""
    return Visitor(digest, _signed_in(request), network_of(request))


def visitor_of(request: HttpRequest) -> Visitor:
    """The visitor of this request, from now on known by a random id in the session."""
    if SESSION_KEY not in request.session:
        request.session[SESSION_KEY] = secrets.token_hex(16)
    return known_visitor(request)


def visitor_of_token(user: User, *, network: str = "") -> Visitor:
    """Over the API there is no browser: the token's owner is the visitor."""
    return Visitor(visitor_digest(f"user:{user.pk}"), user, network)


def network_of(request: HttpRequest) -> str:
    """A keyed digest of the network the request came from: the address that the last trusted
    proxy saw, cut to what one household or office has, /24 or /48."""
    return network_digest(address_of(request))


def network_digest(address: str) -> str:
    """As `network_of`. Empty for what is no address, and for this machine itself: there
    everybody would be one network, who comes through a proxy that we were not told of."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if found.is_loopback or found.is_unspecified:
        return ""
    network = ip_network((found, 24 if found.version == 4 else 48), strict=False)
    return salted_hmac(_NETWORK_SALT, str(network), algorithm="sha256").hexdigest()


def _signed_in(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
