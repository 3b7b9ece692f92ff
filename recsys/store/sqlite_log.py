"""The change log in SQLite: one row per append, each with a checksum, numbered without gaps."""

from collections.abc import Sequence

from recsys.event import Event
from recsys.store.payload import EVENTS_PER_ENTRY, checksum, digests_of, entries_of, pack_events, pack_ids
from recsys.store.protocols import AppendedEvents, Entry, EntryKind
from recsys.store.sqlite_database import Database


class SqliteLog:
    """`ChangeLog` on a Database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known_last: tuple[int, int] | None = None  # what other connections had changed, and the last seq then

    def append_events(self, events: Sequence[Event], now: int) -> AppendedEvents:
        """Adds those whose id is not known yet; an event without id is always new."""
        with self._database.transaction():
            fresh = self._fresh(events)
            for start in range(0, len(fresh), EVENTS_PER_ENTRY):
                self._append("events", pack_events(fresh[start : start + EVENTS_PER_ENTRY]), now)
        return AppendedEvents(accepted=len(fresh), duplicates=len(events) - len(fresh))

    def append_activation(self, version: str, now: int) -> None:
        """Wakes the readers of the bundle pointer."""
        with self._database.transaction():
            self._append("activate", pack_ids([version]), now)

    def append_rules_changed(self, revision: int, now: int) -> None:
        """Says that the rules changed; for `SqliteRules`, inside its transaction."""
        self._append("rules", pack_ids([str(revision)]), now)

    def append_keys_changed(self, now: int) -> None:
        """Says that keys changed; for `SqliteKeys`, inside its transaction."""
        self._append("keys", pack_ids([]), now)

    def append_erasure(self, digest: str, now: int) -> None:
        """Says that a visitor is erased; for `SqliteVisitors`, inside its transaction."""
        self._append("erase", pack_ids([digest]), now)

    def append_changed(self, ids: Sequence[str], now: int) -> None:
        """Says that these articles changed; for the catalogue, inside its transaction."""
        for start in range(0, len(ids), EVENTS_PER_ENTRY):
            self._append("articles", pack_ids(ids[start : start + EVENTS_PER_ENTRY]), now)

    def read(self, after: int, limit: int) -> list[Entry]:
        """At most `limit` entries with seq > `after`, oldest first; raises BadInput where one is damaged or missing."""
        found = self._database.rows(
            "SELECT seq, at, kind, payload, crc FROM log WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
        )
        return entries_of(str(self._database.path), after, found)

    def last(self) -> int:
        """The seq of the newest entry, 0 where there is none."""
        if self._database.in_transaction:
            return self._newest()
        changes = self._database.value("PRAGMA data_version")
        if self._known_last is None or self._known_last[0] != changes:
            self._known_last = (changes, self._newest())
        return self._known_last[1]

    def _newest(self) -> int:
        newest = self._database.value("SELECT max(seq) FROM log")
        return int(newest or 0)

    def _fresh(self, events: Sequence[Event]) -> list[Event]:
        """Those of `events` that the log does not know, in their order; from here on it knows them."""
        first = digests_of(events)
        unseen = self._database.rows_of_each(
            "INSERT INTO event_ids (digest) VALUES (?) ON CONFLICT DO NOTHING RETURNING digest",
            [(digest,) for digest in sorted(first)],  # in the order of the table: twice as fast for 10,000
        )
        new = {first[digest] for (digest,) in unseen}
        return [event for index, event in enumerate(events) if event.id is None or index in new]

    def _append(self, kind: EntryKind, payload: bytes, now: int) -> None:
        seq = self._newest() + 1
        self._database.rows(
            "INSERT INTO log (seq, at, kind, payload, crc) VALUES (?, ?, ?, ?, ?)",
            (seq, now, kind, payload, checksum(seq, now, kind, payload)),
        )
        self._known_last = None
