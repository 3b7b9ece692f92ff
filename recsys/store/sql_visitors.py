"""What a log holds of single visitors: found, and taken out for good."""

from collections.abc import Callable, Iterator
from typing import Any

from recsys.event import Event
from recsys.histories import visitor_digest
from recsys.store.payload import entry_checksum, pack_events, unpack_events, unpacked
from recsys.store.protocols import Entry
from recsys.store.sql_log import Database, SqlLog

_ENTRIES = 256


class SqlVisitors:
    """`Visitors` on a Database."""

    def __init__(self, database: Database, log: SqlLog[Any]) -> None:
        self._database = database
        self._log = log

    def events(self, visitor_id: str) -> list[Event]:
        """All events of a visitor, in the order of the log."""
        return [
            event
            for _, payload in self._payloads(self._log.last(), visitor_id.encode())
            for event in unpack_events(payload)
            if event.visitor_id == visitor_id
        ]

    def erase(self, visitor_id: str, now: int) -> int:
        """Takes all events of a visitor out of the log, for good; returns how many."""
        with self._database.transaction():
            self._log.append_erasure(visitor_digest(visitor_id), now)
            last = self._log.last()
        return self._take_out(lambda event: event.visitor_id == visitor_id, last, visitor_id.encode())

    def erasures(self, after: int) -> list[Entry]:
        """The entries of kind "erase" with seq > `after`."""
        found = self._database.rows("SELECT seq FROM log WHERE kind = 'erase' AND seq > %s ORDER BY seq", (after,))
        return [entry for (seq,) in found for entry in self._log.read(seq - 1, 1)]

    def purge(self, before: int) -> int:
        """Takes all events stamped before `before` out of the log, for good; returns how many."""
        return self._take_out(lambda event: event.at < before, self._log.last(), b"")

    def _take_out(self, goes: Callable[[Event], bool], last: int, needle: bytes) -> int:
        """Rewrites the entries up to `last` in one transaction."""
        found = [seq for seq, payload in self._payloads(last, needle) if any(map(goes, unpack_events(payload)))]
        gone = 0
        with self._database.erasing(), self._database.transaction():
            for seq in found:
                # Read once more, now that nobody else writes: another erasure may have been here.
                [(at, kind, payload)] = self._database.rows("SELECT at, kind, payload FROM log WHERE seq = %s", (seq,))
                events = unpack_events(payload)
                kept = [event for event in events if not goes(event)]
                payload = pack_events(kept)
                crc = entry_checksum(seq, at, kind, payload)
                self._database.rows("UPDATE log SET payload = %s, crc = %s WHERE seq = %s", (payload, crc, seq))
                gone += len(events) - len(kept)
        return gone

    def _payloads(self, last: int, needle: bytes) -> Iterator[tuple[int, bytes]]:
        """(seq, payload) of the entries up to `last` that hold events, those only whose bytes hold `needle`."""
        after = 0
        while found := self._database.rows(
            "SELECT seq, kind, payload FROM log WHERE seq > %s AND seq <= %s ORDER BY seq LIMIT %s",
            (after, last, _ENTRIES),
        ):
            for seq, kind, payload in found:
                if kind == "events" and needle in unpacked(payload):
                    yield seq, payload
            after = found[-1][0]
