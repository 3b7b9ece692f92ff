"""The change log in PostgreSQL: one row per append, each with a checksum, numbered without gaps, visible in order."""

from collections.abc import Sequence
from typing import LiteralString

from recsys.event import Event
from recsys.store.payload import EVENTS_PER_ENTRY, checksum, digests_of, pack_events
from recsys.store.postgres_database import Database
from recsys.store.protocols import AppendedEvents, EntryKind
from recsys.store.sql_log import SqlLog


class PostgresLog(SqlLog[Database]):
    """`ChangeLog` on a Database."""

    def append_events(self, events: Sequence[Event], now: int) -> AppendedEvents:
        """Adds those whose id is not known yet; an event without id is always new."""
        first = digests_of(events)
        with self._database.transaction():
            seen, added = self._make_known(first, events, now) if first else (set[int](), False)
            fresh = [event for index, event in enumerate(events) if event.id is None or index in seen]
            if not added:
                parts = range(0, len(fresh), EVENTS_PER_ENTRY)
                self._append("events", [pack_events(fresh[start : start + EVENTS_PER_ENTRY]) for start in parts], now)
        return AppendedEvents(accepted=len(fresh), duplicates=len(events) - len(fresh))

    def last(self) -> int:
        """The seq of the newest entry, 0 where there is none. One question over the network."""
        if self._database.newest is not None:
            return self._database.newest
        newest = int(self._database.value("SELECT max(seq) FROM log") or 0)
        if self._database.in_transaction:
            self._database.newest = newest
        return newest

    def _make_known(self, first: dict[bytes, int], events: Sequence[Event], now: int) -> tuple[set[int], bool]:
        """The places of those of `first` that were not known yet; and whether they are in the log by now.

        They are where they fit into one entry and all are new, as is usual: one statement, one answer to wait for.
        """
        whole = set(first.values())
        batch = [event for index, event in enumerate(events) if event.id is None or index in whole]
        digests = sorted(first)
        if len(batch) > EVENTS_PER_ENTRY:
            found = self._database.rows(_KNOW, (digests,))
            return {first[digest] for (digest,) in found}, False
        line = _line(self.last() + 1, now, "events", pack_events(batch))
        found = self._database.rows(_KNOW_AND_ADD, (digests, *line, len(digests)))
        added = len(found) == len(digests)
        if added:
            self._database.newest = line[0]
        return {first[digest] for (digest,) in found}, added

    def _append(self, kind: EntryKind, payloads: Sequence[bytes], now: int) -> None:
        for payload in payloads:
            line = _line(self.last() + 1, now, kind, payload)
            self._database.rows("INSERT INTO log (seq, at, kind, payload, crc) VALUES (%s, %s, %s, %s, %s)", line)
            self._database.newest = line[0]


_KNOW: LiteralString = (
    "INSERT INTO event_ids (digest) SELECT unnest(%s::bytea[]) ON CONFLICT DO NOTHING RETURNING digest"
)
_KNOW_AND_ADD: LiteralString = """
WITH fresh AS (
    INSERT INTO event_ids (digest) SELECT unnest(%s::bytea[]) ON CONFLICT DO NOTHING RETURNING digest
),
added AS (
    INSERT INTO log (seq, at, kind, payload, crc)
    SELECT %s::bigint, %s::bigint, %s::text, %s::bytea, %s::bigint WHERE (SELECT count(*) FROM fresh) = %s
)
SELECT digest FROM fresh
"""


def _line(seq: int, at: int, kind: EntryKind, payload: bytes) -> tuple[int, int, str, bytes, int]:
    return seq, at, kind, payload, checksum(seq, at, kind, payload)
