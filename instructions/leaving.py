"""Addresses that others wrote, read for showing before anybody follows them."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import idna

from instructions.characters import reveal
from projects.errors import InvalidInput
from projects.text import clean_text

LONGEST_ADDRESS = 2_000
SCHEMES = ("http", "https", "mailto")

_MISLEADING = re.compile(r"[\s\\\x00-\x1f]")


@dataclass(frozen=True)
class Address:
    """Where a link leads."""

    href: str
    shown: str
    """The whole address, with what cannot be seen made visible."""
    host: str
    """The host as the network knows it, letters outside ASCII written as punycode."""
    is_lookalike: bool
    """Whether the host holds letters outside ASCII, which may imitate another name."""


def read_address(text: str) -> Address:
    """Raises InvalidInput for anything but a web or mail address."""
    address = clean_text(text, field="to", limit=LONGEST_ADDRESS).strip()
    if _MISLEADING.search(address):
        # Browsers drop or turn these, and so arrive at another host than the one read here.
        raise InvalidInput.field("to", "must not hold spaces or backslashes")
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError as error:
        raise InvalidInput.field("to", "is not an address") from error
    if parts.scheme not in SCHEMES:
        raise InvalidInput.field("to", "must be a web or mail address")
    if parts.scheme == "mailto":
        host = parts.path.rpartition("@")[2]
    if not host:
        raise InvalidInput.field("to", "names no host")
    return Address(
        href=address, shown=reveal(address), host=_punycode(host), is_lookalike=not host.isascii()
    )


def _punycode(host: str) -> str:
    if "%" in host:
        raise InvalidInput.field("to", "hides its host behind percent signs")
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise InvalidInput.field("to", "names a host that cannot be") from error
