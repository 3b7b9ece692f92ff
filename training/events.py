"""From the change log to one table of a site's events, columns of plain numbers, for DuckDB and NumPy."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import pyarrow as pa

from recsys.acts import session_key, source_key
from recsys.event import EVENT_TYPES, LIST_NAMES, Event
from recsys.histories import visitor_key
from recsys.store.protocols import ChangeLog

# One row an event, ids as digests:
#   row       the article's
#   type      position in EVENT_TYPES
#   visitor   digest of the visitor, null where the event names none
#   session   digest of the session, null where the event names none
#   at        microseconds
#   source    digest of the source, null where the event names none
#   list      position in LIST_NAMES of the list that the event came from, null for none
SCHEMA = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),
        pa.field("type", pa.int8(), nullable=False),
        pa.field("visitor", pa.uint64()),
        pa.field("session", pa.uint64()),
        pa.field("source", pa.uint64()),
        pa.field("at", pa.int64(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("list", pa.int8()),
        pa.field("position", pa.int16()),
        pa.field("request", pa.uint64()),
    ]
)

_BATCH = 65_536
_ENTRIES = 256
_TYPE = {name: code for code, name in enumerate(EVENT_TYPES)}
_LIST = {name: code for code, name in enumerate(LIST_NAMES)}


def logged_events(log: ChangeLog, last: int, after: int = 0) -> Iterator[Event]:
    """All events of the log in entries after `after` up to `last`, in its order, a few entries in memory at a time."""
    while after < last and (entries := log.read(after, min(_ENTRIES, last - after))):
        for entry in entries:
            yield from entry.events
        after = entries[-1].seq


def event_table(events: Iterable[Event], row_of: Callable[[str], int | None], as_of: int) -> pa.Table:
    """The events stamped before `as_of` on articles that `row_of` knows, as a table of SCHEMA in the order given.

    Memory: 63 bytes an event and one batch of records.
    """
    visitor_digest = lru_cache(1 << 16)(visitor_key)
    session_digest = lru_cache(1 << 16)(session_key)
    source_digest = lru_cache(1 << 16)(source_key)
    request_digest = lru_cache(1 << 12)(visitor_key)
    batches: list[pa.RecordBatch] = []
    columns: list[list[float | None]] = [[] for _ in SCHEMA]

    def flush() -> None:
        arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
        batches.append(pa.record_batch(arrays, schema=SCHEMA))
        for values in columns:
            values.clear()

    for event in events:
        row = row_of(event.article_id) if event.at < as_of else None
        if row is None:
            continue
        values = (
            row,
            _TYPE[event.type],
            visitor_digest(event.visitor_id) if event.visitor_id is not None else None,
            session_digest(event.session_id) if event.session_id is not None else None,
            source_digest(event.source) if event.source is not None else None,
            event.at,
            event.value,
            _LIST[event.list] if event.list is not None else None,
            event.position,
            request_digest(event.request_id) if event.request_id is not None else None,
        )
        for column, value in zip(columns, values, strict=True):
            column.append(value)
        if len(columns[0]) == _BATCH:
            flush()
    flush()
    return pa.Table.from_batches(batches, SCHEMA)
