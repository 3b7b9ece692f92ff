"""Short lists of numbers: where thousands of others stand in one, and two of them together."""

import numpy as np
from numpy.typing import NDArray

from recsys.ragged import run_starts

_SIEVE = 1 << 13  # 8 KB: stays in the nearest cache


def met(ids: NDArray[np.integer], wanted: NDArray[np.integer]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which of `wanted` are among `ids`, and where.

    ids      (u,) strictly ascending, >= 0      wanted  (m,) any order, may repeat; negative ones are never met
    returns  positions in `wanted`, ascending, and for each its position in `ids`
    cost     O(u + m + hits log u): a look at the last bits drops most misses before the search, which takes half the
             time of searching for all
    """
    sieve = np.zeros(_SIEVE, np.bool_)
    sieve[ids & (_SIEVE - 1)] = True
    likely = np.flatnonzero(sieve[wanted & (_SIEVE - 1)])
    if not likely.size:
        return likely, likely
    sought = wanted[likely]
    place = np.searchsorted(ids, sought)
    place[place == ids.size] = 0
    hit = ids[place] == sought
    return likely[hit], place[hit]


class Slate:
    """Room for a number by row, by which thousands of rows are told apart in a third of the time of sorting them."""

    def __init__(self) -> None:
        self._last = np.zeros(0, np.int32)

    def distinct(self, rows: NDArray[np.integer]) -> tuple[NDArray[np.integer], NDArray[np.intp]]:
        """The distinct of `rows` (m,) >= 0 in some order, and for each of `rows` its place among these: (m,).

        cost  O(m); O(greatest row) once, and where rows grow
        """
        greatest = int(rows.max(initial=0))
        if greatest >= self._last.size:
            self._last = np.zeros(greatest + 1 + greatest // 4, np.int32)
        self._last[rows] = np.arange(rows.size, dtype=np.int32)  # of equal rows the last one stays
        last = self._last.take(rows)
        here = np.flatnonzero(last == np.arange(rows.size))
        number = np.empty(rows.size, np.intp)
        number[here] = np.arange(here.size)
        return rows.take(here), number.take(last)


class Zeros:
    """Room for a number by row, to tell rows apart; whoever writes to it puts the zeros back."""

    def __init__(self) -> None:
        self._room = np.zeros(0, np.int32)

    def of(self, n: int) -> NDArray[np.int32]:
        """(n,) zeros, to be left as they are found."""
        if n > self._room.size:
            self._room = np.zeros(n + n // 4, np.int32)
        return self._room[:n]


def union(left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.integer]:
    """The numbers of two arrays, ascending, each once: `np.union1d`, for a few hundred in a fifth of the time."""
    both = np.concatenate((left, right))
    both.sort()
    return both[run_starts(both)]
