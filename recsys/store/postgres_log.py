"""The change log in PostgreSQL: one row per append, each with a checksum, numbered without gaps, visible in order."""

from collections.abc import Sequence
from itertools import compress
from typing import Any, LiteralString

from recsys.event import Event
from recsys.store.payload import (
    EVENTS_PER_ENTRY,
    digests_of,
    entry_checksum,
    missing_entry,
    pack_events,
    packed_in_parts,
)
from recsys.store.postgres_database import Database
from recsys.store.protocols import EntryKind
from recsys.store.sql_log import SqlLog


class PostgresLog(SqlLog[Database]):
    """`ChangeLog` on a Database."""

    def last(self) -> int:
        """The seq of the newest entry, 0 where there is none. One question over the network."""
        return self._database.last()

    def _lines(self, after: int, limit: int) -> list[tuple[Any, ...]]:
        if self._database.in_transaction:
            return super()._lines(after, limit)
        found = self._database.rows(_DURABLE_LINES, (after, limit))
        lines = [tuple(line) for *line, _ in found if line[0] is not None]
        due = range(after + 1, min(after + limit, found[0][-1]) + 1)
        if len(lines) < len(due):
            raise missing_entry(self._database.name, min({*due} - {line[0] for line in lines}))
        return lines

    def _append_new(self, events: Sequence[Event], now: int) -> list[bool]:
        first = digests_of(events)
        seen_now, added = self._make_known(first, events, now) if first else (set[int](), False)
        new = [event.id is None or place in seen_now for place, event in enumerate(events)]
        if not added:
            self._append("events", packed_in_parts(list(compress(events, new))), now)
        # Of duplicates too: who sent them first may not have waited for the disk yet.
        self._database.adding("events", self.last())
        return new

    def _make_known(self, first: dict[bytes, int], events: Sequence[Event], now: int) -> tuple[set[int], bool]:
        """The places of those of `first` that were not known yet; and whether all that is new is in the log by now.

        It is where it fits into one entry and all of `first` are new, as is usual: one statement, one answer to wait
        for.
        """
        whole = set(first.values())
        batch = [event for place, event in enumerate(events) if event.id is None or place in whole]
        digests = sorted(first)
        if len(batch) > EVENTS_PER_ENTRY:
            found = self._database.rows(_KNOW, (digests,))
            return {first[digest] for (digest,) in found}, False
        line = _line(self.last() + 1, now, "events", pack_events(batch))
        found = self._database.rows(_KNOW_AND_ADD, (digests, *line, len(digests)))
        added = len(found) == len(digests)
        if added:
            self._database.adding("events", line[0])
        return {first[digest] for (digest,) in found}, added

    def _append(self, kind: EntryKind, payloads: Sequence[bytes], now: int) -> None:
        for payload in payloads:
            line = _line(self.last() + 1, now, kind, payload)
            self._database.rows("INSERT INTO log (seq, at, kind, payload, crc) VALUES (%s, %s, %s, %s, %s)", line)
            self._database.adding(kind, line[0])


_DURABLE_LINES: LiteralString = """
SELECT seq, at, kind, payload, crc, upto FROM (SELECT upto FROM durable LIMIT 1) AS reached LEFT JOIN LATERAL (
    SELECT * FROM log WHERE seq > %s AND seq <= upto ORDER BY seq LIMIT %s
) AS entries ON true ORDER BY seq
"""  # one row without an entry where there is none; LIMIT 1 tells the planner what it does not know of a new table
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
    return seq, at, kind, payload, entry_checksum(seq, at, kind, payload)
