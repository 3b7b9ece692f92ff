"""What readers left on articles, as plain columns in order of time: what the ranking's replay walks through."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsys.interest import LONG_AGO, Worth, shared
from recsys.ragged import run_starts
from training.event_columns import in_order, plain, readers_of


class Traces(NamedTuple):
    """What readers made of articles, in order of time. A reader's act on an article takes the place of the former one.

    Of the readers of one source on one article the n-th to come weighs 1/n.

    row     (m,) int32      at         (m,) int64, microseconds                        weight         (m,) float64, > 0
    former  (m,) float64, the weight of the same reader's act before, 0 for none       former_at  (m,) int64
    """

    row: NDArray[np.int32]
    at: NDArray[np.int64]
    weight: NDArray[np.float64]
    former: NDArray[np.float64]
    former_at: NDArray[np.int64]

    @classmethod
    def none(cls) -> "Traces":
        """Of no readers."""
        return cls(*(np.zeros(0, kind) for kind in (np.int32, np.int64, np.float64, np.float64, np.int64)))  # type: ignore[arg-type]

    def only(self, kept: NDArray[np.bool_] | slice) -> "Traces":
        """Some of them, in the same order; nothing is copied where they are all or a slice."""
        if isinstance(kept, np.ndarray) and kept.all():
            return self
        return Traces(*(column[kept] for column in self))  # type: ignore[arg-type]


def traces_of(table: pa.Table, worth: Worth) -> Traces:
    """From a table of `training.events`. An event that names no reader is an act by itself.

    Memory: where the table is in order of time, up to 110 bytes an event, 36 of which stay.
    """
    table = in_order(table)
    weight = worth.weights(plain(table["type"], 0), plain(table["value"], np.nan))
    row, at, reader = plain(table["row"], 0), plain(table["at"], 0), readers_of(table)
    source = plain(table["source"], 0)
    counts = weight > 0.0
    if not counts.all():
        weight, row, at = weight[counts], row[counts], at[counts]
        reader, source = reader[counts], source[counts]
    order = np.lexsort((row, reader))  # and, as it keeps their order, by time
    one, next_one = _follows(order, reader, row)
    del reader
    if table["source"].null_count < table.num_rows:
        again = np.zeros(row.size, np.bool_)
        again[next_one] = True
        weight = shared(weight, _places(source, row, order, again))
    former, former_at = np.zeros(row.size), np.full(row.size, LONG_AGO)
    former[next_one], former_at[next_one] = weight[one], at[one]
    return Traces(row, at, weight, former, former_at)


def _follows(
    order: NDArray[np.intp], reader: NDArray[np.uint64], row: NDArray[np.int32]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Each act that the same reader followed by another on the same article, and that other.

    order  the acts by reader, article, time      reader  0 for nobody, whom nothing ties to the next
    """
    by_reader = reader[order]
    same = (by_reader[1:] == by_reader[:-1]) & (by_reader[1:] != 0)
    by_row = row[order]
    same &= by_row[1:] == by_row[:-1]
    return order[:-1][same], order[1:][same]


def _places(
    source: NDArray[np.uint64], row: NDArray[np.int32], order: NDArray[np.intp], again: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """(m,) the how-manieth reader of the source that the reader came from first, on the article; 1 without a source.

    source, row  (m,) by time, 0 for no source         order  the acts by reader, article, time
    again        (m,) whether the reader had acted on the article before
    """
    places = np.ones(row.size)
    firsts = np.flatnonzero(~again & (source != 0))
    firsts = firsts[np.lexsort((row[firsts], source[firsts]))]
    first = np.flatnonzero(run_starts(source[firsts], row[firsts]))
    place = np.arange(1, firsts.size + 1)
    place -= np.repeat(first, np.diff(np.append(first, firsts.size)))
    places[firsts] = place
    del firsts, place
    heads = np.flatnonzero(~again[order])
    places[order] = np.repeat(places[order[heads]], np.diff(np.append(heads, order.size)))
    return places
