"""What a request tells of who is behind a browser's events: the network they come from, and whether anybody looks."""

import os
from hashlib import blake2b
from ipaddress import ip_address, ip_network

from starlette.types import Scope

from recsys.robots import is_robot
from recsys.times import DAY

_PREFIX = {4: 24, 6: 48}  # bits of an address that one household, office or rented server has for its own
_DIGEST_BYTES = 12
_MOST_DAYS = 1_000  # that a key is turned at once
_AHEAD = (b"prefetch", b"prerender", b"preview")
_PURPOSE = frozenset({b"purpose", b"sec-purpose", b"x-purpose", b"x-moz"})


class Sources:
    """Opaque ids of networks: a keyed hash of the address prefix, whose key lives in memory for one UTC day.

    With the key goes the way back: nobody can tell later which network an id stood for, or tie two days together.
    """

    def __init__(self) -> None:
        self._day, self._key = 0, os.urandom(32)

    def turn(self, now: int) -> None:
        """Makes the key of the day of `now` out of the last one, and forgets that.

        So the workers of a server, which begin with one key, have one every day, and none leads back. A clock that was
        set back changes nothing.
        """
        day = now // DAY
        if day > self._day:
            for _ in range(min(day - self._day, _MOST_DAYS)):
                self._key = blake2b(self._key, person=b"next day").digest()
            self._day = day

    def of(self, scope: Scope, now: int) -> str | None:
        """The source of a request at `now`; None where the other end is no public address, such as an own proxy."""
        client = scope.get("client")
        try:
            address = ip_address(client[0].partition("%")[0]) if client else None
        except ValueError:
            return None
        if address is None or not address.is_global:
            return None
        self.turn(now)
        network = ip_network((address, _PREFIX[address.version]), strict=False)
        return blake2b(network.network_address.packed, key=self._key, digest_size=_DIGEST_BYTES).hexdigest()


def nobody_looks(scope: Scope) -> bool:
    """Whether a browser loads the page ahead of its reader, or is no browser but a known robot."""
    for name, value in scope["headers"]:
        if name in _PURPOSE and any(word in value.lower() for word in _AHEAD):
            return True
        if name == b"user-agent" and is_robot(value.decode("latin-1")):
            return True
    return False
