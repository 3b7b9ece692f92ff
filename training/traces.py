"""What readers left on articles, as plain columns in order of time: what the ranking's replay walks through."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsys.interest import LONG_AGO, Worth


class Traces(NamedTuple):
    """What readers made of articles, in order of time. A reader's act on an article takes the place of the former one.

    row     (m,) int32      at         (m,) int64, microseconds                        weight         (m,) float64, > 0
    former  (m,) float64, the weight of the same reader's act before, 0 for none       former_at  (m,) int64
    """

    row: NDArray[np.int32]
    at: NDArray[np.int64]
    weight: NDArray[np.float64]
    former: NDArray[np.float64]
    former_at: NDArray[np.int64]

    def only(self, kept: NDArray[np.bool_] | slice) -> "Traces":
        """Some of them, in the same order."""
        return Traces(*(column[kept] for column in self))  # type: ignore[arg-type]


def traces_of(table: pa.Table, worth: Worth) -> Traces:
    """From a table of `training.events`. An event that names no reader is an act by itself."""
    weight = worth.weights(table["type"].to_numpy(), table["value"].to_numpy())
    table = table.filter(pa.array(weight > 0.0))
    weight = weight[weight > 0.0]
    row, at = table["row"].to_numpy(), table["at"].to_numpy()
    reader = pc.coalesce(table["visitor"], table["session"])
    named = reader.is_valid().to_numpy()
    reader = reader.fill_null(0).to_numpy()
    order = np.lexsort((at, row, reader))
    again = np.zeros(row.size, np.bool_)
    one, next_one = order[:-1], order[1:]
    same = named[one] & (row[one] == row[next_one]) & (reader[one] == reader[next_one])
    again[next_one] = same
    former, former_at = np.zeros(row.size), np.full(row.size, LONG_AGO)
    former[next_one[same]], former_at[next_one[same]] = weight[one[same]], at[one[same]]
    return Traces(row, at, weight, former, former_at).only(np.argsort(at, kind="stable"))  # type: ignore[arg-type]
