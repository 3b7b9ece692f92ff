"""Rows of different lengths, one after the other in one array: where they lie, and how some of them are replaced."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)

_BOUNDS = np.array([[0], [1]])  # from where a row begins to where the next one does


def spliced(
    starts: NDArray[np.int64],
    values: NDArray[Scalar],
    changes: Mapping[int, Sequence[object] | NDArray[Scalar]],
    n: int,
) -> tuple[NDArray[np.int64], NDArray[Scalar]]:
    """The first n rows, those of `changes` as they are there; rows beyond the old ones are empty unless they are.

    starts   (m + 1,) where each old row begins in `values`      changes  by row, 0..n-1
    returns  starts (n + 1,), values
    cost     O(n + values), and a copy for each change: what lies between two is copied at once
    """
    m = min(starts.size - 1, n)
    lengths = np.zeros(n, np.int64)
    lengths[:m] = np.diff(starts[: m + 1])
    parts, done = [values[:0]], 0
    for row in sorted(changes):
        parts.append(values[starts[min(done, m)] : starts[min(row, m)]])
        parts.append(np.asarray(changes[row], values.dtype))
        lengths[row], done = parts[-1].size, row + 1
    parts.append(values[starts[min(done, m)] : starts[m]])
    found = np.zeros(n + 1, np.int64)
    np.cumsum(lengths, out=found[1:])
    return found, np.concatenate(parts)


def run_starts(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """(m,) whether a run of equal entries begins there; of several columns (m,), of entries equal in all of them."""
    found = np.ones(columns[0].size, np.bool_)
    np.not_equal(columns[0][1:], columns[0][:-1], out=found[1:])
    for column in columns[1:]:
        found[1:] |= column[1:] != column[:-1]
    return found


def positions(stops: NDArray[np.integer], counts: NDArray[np.integer], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """The positions in m stretches of an array, one after the other: the last `counts` (m,) before `stops` (m,).

    ends  (m,) running sum of `counts`
    """
    found: NDArray[np.int64] = (stops - ends).repeat(counts)
    found += np.arange(found.size)
    return found


def places(starts: NDArray[np.int64], rows: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Where the values of `rows` (h,) lie.

    starts   (n + 1,) where each row begins; a row beyond has no values
    returns  for each value (m,) its place in the array and the position in `rows` of whose it is, ascending
    """
    first, after = starts.take(rows + _BOUNDS, mode="clip")
    counts = after - first  # none beyond the last row, where both are its end
    return positions(after, counts, counts.cumsum()), np.arange(rows.size).repeat(counts)
