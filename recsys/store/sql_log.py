"""What every store has in common: the database it asks, and the entries of its log that don't depend on which."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic, LiteralString, Protocol, TypeVar

from recsys.store.payload import EVENTS_PER_ENTRY, entries_of, pack_ids
from recsys.store.protocols import Entry, EntryKind


class Database(Protocol):
    """A connection. In a statement `%s` stands for a value; `name` is what messages call the database."""

    name: str

    def rows(self, statement: LiteralString, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Everything that a statement returns."""

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside takes effect, or, when the block raises, nothing. One inside another is part of it."""

    def erasing(self) -> AbstractContextManager[None]:
        """What is replaced in the log inside is gone for good after, as far as the database can see to that."""


D = TypeVar("D", bound=Database)


class SqlLog(ABC, Generic[D]):
    """The part of `ChangeLog` that is the same on every Database."""

    def __init__(self, database: D) -> None:
        self._database = database

    def append_activation(self, version: str, now: int) -> None:
        """Wakes the readers of the bundle pointer."""
        with self._database.transaction():
            self._append("activate", [pack_ids([version])], now)

    def append_rules_changed(self, revision: int, now: int) -> None:
        """Says that the rules changed; for `SqlRules`, inside its transaction."""
        self._append("rules", [pack_ids([str(revision)])], now)

    def append_keys_changed(self, now: int) -> None:
        """Says that keys changed; for `SqlKeys`, inside its transaction."""
        self._append("keys", [pack_ids([])], now)

    def append_erasure(self, digest: str, now: int) -> None:
        """Says that a visitor is erased; for `SqlVisitors`, inside its transaction."""
        self._append("erase", [pack_ids([digest])], now)

    def append_changed(self, ids: Sequence[str], now: int) -> None:
        """Says that these articles changed; for the catalogue, inside its transaction."""
        parts = range(0, len(ids), EVENTS_PER_ENTRY)
        self._append("articles", [pack_ids(ids[start : start + EVENTS_PER_ENTRY]) for start in parts], now)

    def read(self, after: int, limit: int) -> list[Entry]:
        """At most `limit` entries with seq > `after`, oldest first; raises BadInput where one is damaged or missing."""
        found = self._database.rows(
            "SELECT seq, at, kind, payload, crc FROM log WHERE seq > %s ORDER BY seq LIMIT %s", (after, limit)
        )
        return entries_of(self._database.name, after, found)

    @abstractmethod
    def last(self) -> int:
        """The seq of the newest entry, 0 where there is none."""

    @abstractmethod
    def _append(self, kind: EntryKind, payloads: Sequence[bytes], now: int) -> None:
        """Adds an entry for each of the payloads, inside a transaction."""
