"""Shortlists, compiled: of each row those others that may be its nearest, while pairs of rows come in any order.

A pair is one number: the score in its upper half, and in its lower half the other row, so that of equal scores a lower
row counts more. Which pairs stay on a shortlist depends on the pairs alone, not on the order in which they come.
"""

from typing import NamedTuple, TypeAlias, cast

import numpy as np

from training.compiled import I32, I64, U32, U64, compiled

ShortlistArrays: TypeAlias = tuple[U64, I64, U32]

_HALF = np.uint64(32)
_LOWER = np.uint64(0xFFFFFFFF)


class Shortlists(NamedTuple):
    """Of each row at least the `keep` highest pairs that were entered; a pair below its bar can be spared."""

    pairs: U64  # (n, room) without order; room > keep
    fill: I64  # (n,) how many of them count
    bars: U32  # (n,) a score: so many pairs as are kept reach it; 1 until it is known

    @classmethod
    def empty(cls, n: int, room: int) -> "Shortlists":
        """Of n rows, with room for so many pairs each."""
        return cls(np.empty((n, room), np.uint64), np.zeros(n, np.int64), np.ones(n, np.uint32))

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

    def rows(self, first: int, stop: int, keep: int) -> I32:
        """(stop - first, keep) the others of the rows first..stop-1, once lists are settled; the first `fill` count."""
        return (_LOWER - (self.pairs[first:stop, :keep] & _LOWER)).astype(np.int32)


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
def keep_highest(pairs: U64, fill: int, keep: int) -> np.uint32:
    """Moves the `keep` highest of pairs[:fill] to the front, and returns the score of the least of them."""
    part = np.partition(pairs[:fill], fill - keep)
    pairs[:keep] = part[fill - keep :]
    return score_of(part[fill - keep])


@compiled
def enter(lists: ShortlistArrays, keep: int, owners: I32, numbers: U64) -> None:
    """Enters pairs on the shortlists of their owners."""
    pairs, fill, bars = lists
    for p in range(owners.size):
        i = owners[p]
        if score_of(numbers[p]) >= bars[i]:
            if fill[i] == pairs.shape[1]:
                bars[i] = keep_highest(pairs[i], fill[i], keep)
                fill[i] = keep
            pairs[i, fill[i]] = numbers[p]
            fill[i] += 1


@compiled
def settle(lists: ShortlistArrays, keep: int) -> None:
    """Leaves the `keep` highest pairs of each row."""
    pairs, fill, bars = lists
    for i in range(fill.size):
        if fill[i] >= keep:
            bars[i] = keep_highest(pairs[i], fill[i], keep)
            fill[i] = keep


@compiled
def longer(owners: I32, numbers: U64, room: int) -> tuple[I32, U64]:
    """The same arrays, or twice as long ones that begin alike where `room` is more than they have."""
    if room <= owners.size:
        return owners, numbers
    more_owners, more_numbers = np.empty(2 * room, np.int32), np.empty(2 * room, np.uint64)
    more_owners[: owners.size], more_numbers[: owners.size] = owners, numbers
    return more_owners, more_numbers
