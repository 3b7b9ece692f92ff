"""Shortlists, compiled: of each row those others that may be its nearest, while pairs of rows come in any order.

A pair is one number: the score in its upper half, and in its lower half the other row, so that of equal scores a lower
row counts more. Which pairs stay on a shortlist depends on the pairs alone, not on the order in which they come.
"""

from typing import NamedTuple, TypeAlias, cast

import numpy as np

from recsys.compiled import I32, I64, U32, U64, compiled

ShortlistArrays: TypeAlias = tuple[U64, I64, U32]

_HALF = np.uint64(32)
_LOWER = np.uint64(0xFFFFFFFF)


class Shortlists(NamedTuple):
    """Of each row the `keep` highest pairs that were entered; a pair below its bar can be spared."""

    pairs: U64  # (n, keep) a full shortlist is a heap: none is lower than the first, nor any than its parent
    fill: I64  # (n,) how many of them count
    bars: U32  # (n,) a score that `keep` pairs reach: the lowest of a full shortlist; 1 until one is known

    @classmethod
    def empty(cls, n: int, keep: int) -> "Shortlists":
        """Of n rows, each with room for `keep` pairs."""
        return cls(np.empty((n, keep), np.uint64), np.zeros(n, np.int64), np.ones(n, np.uint32))

    def arrays(self) -> ShortlistArrays:
        """The fields as a plain tuple."""
        return cast(ShortlistArrays, tuple(self))

    def part(self, first: int, stop: int) -> ShortlistArrays:
        """Those of the rows first..stop-1, as views."""
        return self.pairs[first:stop], self.fill[first:stop], self.bars[first:stop]

    def put(self, first: int, stop: int, lists: ShortlistArrays) -> None:
        """Those of the rows first..stop-1, if they are not views of these."""
        if not np.may_share_memory(self.pairs, lists[0]):
            self.pairs[first:stop], self.fill[first:stop], self.bars[first:stop] = lists

    def rows(self, first: int, stop: int) -> I32:
        """(stop - first, keep) the others of the rows first..stop-1; the first `fill` count."""
        return (_LOWER - (self.pairs[first:stop] & _LOWER)).astype(np.int32)


@compiled
def pair(score: int | np.unsignedinteger, other: int) -> np.uint64:
    """A pair as one number. `score`: 0..2**32 - 1."""
    return (np.uint64(score) << _HALF) | (_LOWER - np.uint64(other))


@compiled
def score_of(number: np.uint64) -> np.uint32:
    """The score of a pair."""
    return np.uint32(number >> _HALF)


@compiled
def other_of(number: np.uint64) -> np.uint64:
    """The other row of a pair."""
    return _LOWER - (number & _LOWER)


@compiled
def sink(heap: U64, place: int, number: np.uint64) -> None:
    """Puts a number at a place of the heap, below which all are heaps, or further down where it belongs."""
    child = 2 * place + 1
    while child < heap.size:
        if child + 1 < heap.size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= number:
            break
        heap[place] = heap[child]
        place, child = child, 2 * child + 1
    heap[place] = number


@compiled
def enter_one(pairs: U64, fill: I64, bars: U32, i: int, number: np.uint64) -> None:
    """Enters a pair on shortlist i if it reaches the bar. Arrays one by one: as a tuple they take a third longer."""
    if score_of(number) < bars[i]:
        return
    heap = pairs[i]
    if fill[i] < heap.size:
        heap[fill[i]] = number
        fill[i] += 1
        if fill[i] == heap.size:
            for place in range(heap.size // 2 - 1, -1, -1):
                sink(heap, place, heap[place])
            bars[i] = score_of(heap[0])
    elif number > heap[0]:
        sink(heap, 0, number)
        bars[i] = score_of(heap[0])


@compiled
def enter(lists: ShortlistArrays, owners: I32, numbers: U64) -> None:
    """Enters pairs on the shortlists of their owners."""
    pairs, fill, bars = lists
    for p in range(owners.size):
        enter_one(pairs, fill, bars, owners[p], numbers[p])


@compiled
def longer(owners: I32, numbers: U64, room: int) -> tuple[I32, U64]:
    """The same arrays, or twice as long ones that begin alike where `room` is more than they have."""
    if room <= owners.size:
        return owners, numbers
    more_owners, more_numbers = np.empty(2 * room, np.int32), np.empty(2 * room, np.uint64)
    more_owners[: owners.size], more_numbers[: owners.size] = owners, numbers
    return more_owners, more_numbers
