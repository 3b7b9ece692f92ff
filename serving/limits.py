"""How often one address may ask: counted in memory for this process.

An address is counted under a digest with a key of this process, so that none stands in a dump of its memory.
"""

import math
import secrets
import time
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

FAILURES = 20  # wrong keys that one address may send in a minute
ADDRESSES = 100_000  # counted at a time
MINUTE = 60.0
_SITE_BITS = 64  # of an IPv6 address: whoever has one has all that share them

Network = IPv4Network | IPv6Network


class Limits:
    """Counts requests of publishable keys by key and address, and wrong keys by address: each in minutes of its own,
    the first of which begins with the first request.
    """

    def __init__(self, per_minute: int) -> None:
        """per_minute  requests of one publishable key from one address; 0: any number"""
        self._per_minute = per_minute
        self._digest_key = secrets.token_bytes(32)
        self._counts: dict[tuple[str, bytes], list[float]] = {}  # how many so far, and when that minute ends

    def asked(self, key_id: str, address: str) -> int | None:
        """Counts a request; the seconds to wait where it is one too many, else None."""
        return self._hit(key_id, address, self._per_minute) if self._per_minute else None

    def failed(self, address: str) -> int | None:
        """Counts a wrong key; the seconds to wait where it is one too many, else None."""
        return self._hit("", address, FAILURES)

    def _hit(self, key_id: str, address: str, most: int) -> int | None:
        now = time.monotonic()
        counted = (key_id, blake2b(_site(address).encode(), digest_size=16, key=self._digest_key).digest())
        count = self._counts.get(counted)
        if count is None or count[1] <= now:
            self._make_room(now)
            count = self._counts[counted] = [0.0, now + MINUTE]
        count[0] += 1
        return None if count[0] <= most else max(1, math.ceil(count[1] - now))

    def _make_room(self, now: float) -> None:
        """Keeps memory bounded: whoever has so many addresses is held up by none of these counts."""
        if len(self._counts) >= ADDRESSES:
            self._counts = {counted: count for counted, count in self._counts.items() if count[1] > now}
        if len(self._counts) >= ADDRESSES:
            self._counts.clear()


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The networks that `trusted_proxies` names; raises ValueError."""
    return tuple(ip_network(text) for text in texts)


def client_address(peer: str, forwarded: Sequence[bytes], trusted: Sequence[Network]) -> str:
    """Who asked: the peer, or, where that is a trusted proxy, the last address of X-Forwarded-For that is none.

    peer       the address at the other end of the connection
    forwarded  values of X-Forwarded-For, in the order of the headers; anybody may have written their beginning
    """
    if not is_within(peer, trusted):
        return peer
    for part in reversed(b",".join(forwarded).decode("latin-1").split(",")):
        address = part.strip()
        if _parsed(address) is None:
            return peer
        if not is_within(address, trusted):
            return address
        peer = address
    return peer


def is_within(address: str, trusted: Sequence[Network]) -> bool:
    """Whether an address lies in one of the networks."""
    parsed = _parsed(address) if trusted else None
    return parsed is not None and any(parsed in network for network in trusted)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed


def _site(address: str) -> str:
    parsed = _parsed(address) if ":" in address else None  # to parse it costs more than the rest
    return str(int(parsed) >> (128 - _SITE_BITS)) if isinstance(parsed, IPv6Address) else address
