"""What readers left on articles, as plain columns in order of time: what the ranking's replay walks through."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsys.interest import LONG_AGO, Worth, shared
from recsys.ragged import run_starts


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
        """Some of them, in the same order."""
        return Traces(*(column[kept] for column in self))  # type: ignore[arg-type]


def traces_of(table: pa.Table, worth: Worth) -> Traces:
    """From a table of `training.events`. An event that names no reader is an act by itself."""
    weight = worth.weights(table["type"].to_numpy(), table["value"].to_numpy())
    table = table.filter(pa.array(weight > 0.0))
    weight = weight[weight > 0.0]
    row, at = table["row"].to_numpy(), table["at"].to_numpy()
    reader = pc.coalesce(table["visitor"], table["session"], table["source"])
    named = reader.is_valid().to_numpy()
    reader = reader.fill_null(0).to_numpy()
    order = np.lexsort((at, row, reader))
    again = np.zeros(row.size, np.bool_)
    one, next_one = order[:-1], order[1:]
    same = named[one] & (row[one] == row[next_one]) & (reader[one] == reader[next_one])
    again[next_one] = same
    former, former_at = np.zeros(row.size), np.full(row.size, LONG_AGO)
    weight = shared(weight, _places(table, order, again))
    former[next_one[same]], former_at[next_one[same]] = weight[one[same]], at[one[same]]
    return Traces(row, at, weight, former, former_at).only(np.argsort(at, kind="stable"))  # type: ignore[arg-type]


def _places(table: pa.Table, order: NDArray[np.intp], again: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(m,) the how-manieth reader of the source that the reader came from first, on the article; 1 without a source.

    order  the table's rows by reader, article, time      again  whether the reader had acted on the article before
    """
    source, row, at = table["source"].fill_null(0).to_numpy(), table["row"].to_numpy(), table["at"].to_numpy()
    places = np.ones(row.size)
    firsts = np.flatnonzero(~again & (source != 0))
    firsts = firsts[np.lexsort((at[firsts], row[firsts], source[firsts]))]
    first = np.flatnonzero(run_starts(source[firsts], row[firsts]))
    places[firsts] = np.arange(firsts.size) - np.repeat(first, np.diff(np.append(first, firsts.size))) + 1.0
    heads = np.flatnonzero(~again[order])
    places[order] = np.repeat(places[order[heads]], np.diff(np.append(heads, order.size)))
    return places
