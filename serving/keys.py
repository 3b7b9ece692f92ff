"""The keys of a home as a server knows them: read from the store at the start, and again whenever its log grows."""

import asyncio
import logging
from typing import Protocol

from recsys.errors import RecsysError
from recsys.keys import Key, key_of
from recsys.store import Store

POLL_SECONDS = 0.2

log = logging.getLogger(__name__)


class HasStore(Protocol):
    """What holds the connection that the event loop reads with."""

    store: Store


class Keyring:
    """Which keys are good now. A revocation is in force `POLL_SECONDS` later in every process, however far behind its
    model is: keys are not applied in the order of the log, only woken by it.
    """

    def __init__(self, held: HasStore) -> None:
        """Reads the keys; raises BadInput where one is damaged."""
        self._held = held
        self._seen = held.store.log.last()
        self._keys: tuple[Key, ...] = ()
        self._read()

    def _read(self) -> None:
        self._keys = tuple(self._held.store.keys.all())
        self.open = not self._keys  # a home that ever had a key stays closed: revoking the last one opens nothing
        good = [key for key in self._keys if key.revoked_at is None]
        self.usable = bool(good)
        self.origins = frozenset(origin for key in good for origin in key.origins)

    def find(self, token: bytes) -> Key | None:
        """The good key that `token` is."""
        return key_of(token, self._keys)

    def named(self, key_id: str) -> Key | None:
        """The good key that is known by `key_id`."""
        return next((key for key in self._keys if key.id == key_id and key.revoked_at is None), None)

    def refresh(self) -> None:
        """Reads the keys again where anything was stored since."""
        last = self._held.store.log.last()
        if last != self._seen:
            self._read()
            self._seen = last

    async def follow(self) -> None:
        """Keeps the keys current until cancelled. Where they can't be read, those that are known stay."""
        readable = True
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                self.refresh()
                readable = True
            except RecsysError as error:
                if readable:  # said once, not at each try
                    log.error("the keys can't be read, trying again: %s", error)
                readable = False
