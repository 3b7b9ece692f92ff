"""What every store has in common: the database it asks, and the entries of its log that don't depend on which."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic, LiteralString, Protocol, TypeVar

from recsys.event import Event
from recsys.store.payload import EVENTS_PER_ENTRY, entries_of, pack_ids
from recsys.store.protocols import AppendedEvents, Entry, EntryKind


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

    def append_events(self, events: Sequence[Event], now: int) -> AppendedEvents:
        """Adds those whose id is not known yet; an event without id is always new."""
        return self.append_batches([events], now)[0]

    def append_batches(self, batches: Sequence[Sequence[Event]], now: int) -> list[AppendedEvents]:
        """What `append_events` does with each of them, in as few entries as hold them all."""
        with self._database.transaction():
            new = iter(self._append_new([event for batch in batches for event in batch], now))
        accepted = [sum(next(new) for _ in batch) for batch in batches]
        return [AppendedEvents(count, len(batch) - count) for count, batch in zip(accepted, batches, strict=True)]

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
        return entries_of(self._database.name, after, self._lines(after, limit))

    def tail(self, after: int, limit: int) -> list[Entry]:
        """What `read` returns, but events stay packed."""
        return entries_of(self._database.name, after, self._lines(after, limit), packed=True)

    def _lines(self, after: int, limit: int) -> list[tuple[Any, ...]]:
        return self._database.rows(
            "SELECT seq, at, kind, payload, crc FROM log WHERE seq > %s ORDER BY seq LIMIT %s", (after, limit)
        )

    @abstractmethod
    def last(self) -> int:
        """The seq of the newest entry, 0 where there is none."""

    @abstractmethod
    def _append_new(self, events: Sequence[Event], now: int) -> Iterable[bool]:
        """Adds those that are new, inside a transaction; says of each whether it was."""

    @abstractmethod
    def _append(self, kind: EntryKind, payloads: Sequence[bytes], now: int) -> None:
        """Adds an entry for each of the payloads, inside a transaction."""
