"""A table of events in order of time, where what can be looked at where it lies is not copied.

A training asks for the events before one moment after the other. In a table in order of time those are the first ones:
a slice of it, as are its columns as NumPy has them.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from training.events import SCHEMA

_KIND: dict[str, np.dtype[Any]] = {field.name: np.dtype(str(field.type)) for field in SCHEMA}


class EventColumns:
    """Room for so many events, filled in order of time; a column takes memory from where the first event has it.

    Memory: at most 63 bytes an event; 21 where they name an article, a visitor, a type and a time only.
    """

    def __init__(self, room: int) -> None:
        """room  events"""
        self._room = room
        self._used = 0
        # The system gives pages of zeros when they are written to, so that a column of nulls takes none.
        self._values = {name: np.zeros(room, kind) for name, kind in _KIND.items()}
        self._valid = {field.name: np.zeros(-(-room // 8), np.uint8) for field in SCHEMA if field.nullable}
        self._nulls = dict.fromkeys(_KIND, 0)

    def extend(self, table: pa.Table) -> None:
        """Appends the events of a table of SCHEMA, none of them earlier than those that are there; sorts them."""
        table = in_order(table)
        here = slice(self._used, self._used + table.num_rows)
        for name, values in self._values.items():
            column = table[name]
            self._nulls[name] += column.null_count
            if column.null_count < len(column):
                values[here] = plain(column, 0)
                if name in self._valid:
                    _set_bits(self._valid[name], here.start, column.is_valid().to_numpy())
        self._used = here.stop

    def table(self) -> pa.Table:
        """All of them, in one chunk that lies where they were collected. Raises ValueError where room is left."""
        if self._used != self._room:
            raise ValueError(f"{self._used} events where {self._room} were said to come")
        return pa.table([self._array(field) for field in SCHEMA], schema=SCHEMA)

    def _array(self, field: pa.Field) -> pa.Array:
        nulls = self._nulls[field.name]
        valid = pa.py_buffer(self._valid[field.name]) if nulls else None
        return pa.Array.from_buffers(
            field.type, self._used, [valid, pa.py_buffer(self._values[field.name])], null_count=nulls
        )


def in_order(events: pa.Table) -> pa.Table:
    """The events in order of time, those of one moment as they were; the table itself where it is in order."""
    at = plain(events["at"], 0)
    if not (at[1:] < at[:-1]).any():
        return events
    return events.take(pa.array(np.argsort(at, kind="stable")))


def before(events: pa.Table, moment: int) -> pa.Table:
    """The events stamped before a moment, in their order; not copied where they are the first ones."""
    is_before = plain(events["at"], 0) < moment
    count = int(np.count_nonzero(is_before))
    return events.slice(0, count) if is_before[:count].all() else events.filter(pa.array(is_before))


def since(events: pa.Table, moment: int) -> pa.Table:
    """The events stamped at a moment or later, in their order; not copied where they are the last ones."""
    is_since = plain(events["at"], 0) >= moment
    count = events.num_rows - int(np.count_nonzero(is_since))
    return events.slice(count) if is_since[count:].all() else events.filter(pa.array(is_since))


def plain(column: pa.ChunkedArray, absent: float) -> NDArray[Any]:
    """(m,) what a column of numbers holds, `absent` where that is nothing: not to be written to, as it may be a view.

    A column of nulls takes no memory.
    """
    kind = np.dtype(str(column.type))
    if column.null_count == len(column):
        return np.broadcast_to(np.array(absent, kind), len(column))
    if column.null_count:
        column = column.fill_null(absent)
    found: NDArray[Any] = column.to_numpy()
    return found


def readers_of(events: pa.Table) -> NDArray[np.uint64]:
    """(m,) digest of the visitor, else of the session, else of the source, else 0; as `plain`."""
    if not events["visitor"].null_count:
        return plain(events["visitor"], 0)
    return plain(pc.coalesce(events["visitor"], events["session"], events["source"]), 0)


def _set_bits(bits: NDArray[np.uint8], first: int, values: NDArray[np.bool_]) -> None:
    """Writes `values` (m,) from the bit `first` on; those that follow are 0 as yet."""
    begin, shift = divmod(first, 8)
    packed = np.packbits(np.concatenate([np.zeros(shift, np.bool_), values]), bitorder="little")
    bits[begin : begin + packed.size] |= packed
