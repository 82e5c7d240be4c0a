"""Which private networks and hosts a model endpoint that somebody typed in may lead to."""

import ipaddress
import re
from dataclasses import dataclass
from typing import TypeAlias

from config.errors import SettingError

VARIABLE = "TOUCHSTONE_PRIVATE_ENDPOINTS"
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]{0,251}[a-z0-9_])?")


@dataclass(frozen=True, kw_only=True)
class PrivateEndpoints:
    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()


def parse_private_endpoints(items: tuple[str, ...]) -> PrivateEndpoints:
    """Networks like 10.1.0.0/16, single addresses, and host names, in any mixture."""
    networks: list[Network] = []
    hosts: set[str] = set()
    for item in items:
        network = _network(item)
        if network:
            networks.append(network)
        elif HOST.fullmatch(item.lower()) and re.search("[a-z]", item.lower().rsplit(".", 1)[-1]):
            hosts.add(item.lower())
        else:
            raise SettingError(
                f"{VARIABLE} holds {item!r}; list networks, addresses and bare host names, "
                "separated by commas, like 10.1.0.0/16,192.168.7.20,gpu-1."
            )
    return PrivateEndpoints(networks=tuple(networks), hosts=frozenset(hosts))


def _network(item: str) -> Network | None:
    try:
        return ipaddress.ip_network(item)
    except ValueError:
        return None
