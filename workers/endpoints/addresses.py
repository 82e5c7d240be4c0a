"""Where an endpoint may lead: what somebody typed into a form must not reach inside our network.

Endpoints that whoever runs this installation named, in the settings or on the command line, may
lie anywhere. Of the others every address is judged at the moment a connection to it is made, so
that a name cannot be resolved once for the check and differently for the call.
"""

import ipaddress
import socket
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from django.conf import settings

from config.private_endpoints import VARIABLE
from workers.models import Endpoint

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

PRIVATE = (
    "The endpoint's address is a private one. Whoever runs this installation can allow it in "
    f"{VARIABLE}."
)
# Addresses in it stand for the IPv4 address in their last 32 bits (RFC 6052).
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Public by the registries or by some versions of Python, and yet answered by the machine, the
# cloud it stands in, or a tunnel to IPv4.
INSIDE_ALL_THE_SAME = (
    ipaddress.IPv4Network("168.63.129.16/32"),
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.88.99.0/24"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
    ipaddress.IPv6Network("2001::/32"),
    ipaddress.IPv6Network("2002::/16"),
    ipaddress.IPv6Network("fec0::/10"),
)


class PrivateAddress(OSError):
    """No connection is made to this address."""

    def __init__(self) -> None:
        super().__init__(PRIVATE)


def may_lead_anywhere(endpoint: Endpoint) -> bool:
    """Whether the endpoint, or its host by name, is trusted by whoever runs this installation."""
    host = (urlsplit(endpoint.base_url).hostname or "").rstrip(".")
    return endpoint.is_trusted or host in settings.PRIVATE_ENDPOINTS.hosts


def open_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for an address that may be connected to; otherwise raises PrivateAddress.

    `info` is a row of getaddrinfo, and its address is the one that will be connected to.
    """
    family, kind, protocol, _, target = info
    if not is_allowed(target[0]):
        raise PrivateAddress
    return socket.socket(family=family, type=kind, proto=protocol)


def leads_inside(base_url: str) -> bool:
    """Whether the host's addresses of this moment are refused; a name unknown now is not.

    Good enough to answer a form with; every connection is checked again.
    """
    parts = urlsplit(base_url)
    if (parts.hostname or "").rstrip(".") in settings.PRIVATE_ENDPOINTS.hosts:
        return False
    try:
        rows = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return any(not is_allowed(str(row[4][0])) for row in rows)


def is_allowed(text: str) -> bool:
    """Whether a connection to this address may be made: public, or in a network that is listed."""
    address = _carried(ipaddress.ip_address(text.partition("%")[0]))
    is_listed = any(address in network for network in settings.PRIVATE_ENDPOINTS.networks)
    return is_listed or _is_public(address)


def _carried(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def _is_public(address: Address) -> bool:
    is_special = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
    is_inside = any(address in network for network in INSIDE_ALL_THE_SAME)
    return address.is_global and not is_special and not is_inside
