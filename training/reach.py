"""Which addresses may be asked for a feed: those of the public web, so that none leads into the own network."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

PORTS = {"http": 80, "https": 443}

_GLOBAL_UNICAST = 0b001  # the first bits of 2000::/3; in IPv6 all else is local, or wraps an address of IPv4

Address = IPv4Address | IPv6Address


def is_public(address: Address, port: int) -> bool:
    """Whether an address is one of the public internet, and the port one of the web."""
    if port not in PORTS.values() or not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv4Address):
        return True
    return int(address) >> 125 == _GLOBAL_UNICAST and address.sixtofour is None and address.teredo is None


def resolved(host: str, port: int) -> list[Address]:
    """The addresses of a name, each once, in the order that the system prefers; raises OSError where there is none."""
    found = [where[0] for *_, where in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    return [ip_address(str(name).partition("%")[0]) for name in dict.fromkeys(found)]


@dataclass(frozen=True, slots=True)
class Reach:
    """Who may be asked: `admits` is called with each address that `resolve` gives, and with the port."""

    resolve: Callable[[str, int], Sequence[Address]] = resolved
    admits: Callable[[Address, int], bool] = is_public


PUBLIC = Reach()
