"""What each visitor has read, newest first: arrays from a bundle and, over them, what happened since.

A visitor is known by a 64-bit digest of the id; the id itself is in no bundle. Of each visitor the newest `SEEN`
articles are kept. An article that one visitor met several times counts once, at its last time and greatest strength,
whether the events came before the bundle or after.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsys.event import EVENT_TYPES
from recsys.growing import Growing
from recsys.interest import Worth
from recsys.key_index import ABSENT, KeyIndex
from recsys.ragged import run_starts

SEEN = 10_000

_LIKE, _RATING, _IMPRESSION = (EVENT_TYPES.index(name) for name in ("like", "rating", "impression"))
_NONE = -1


class Reads(NamedTuple):
    """One visitor's articles, newest first; equal times by lower row.

    rows      (h,) int32, each once
    at        (h,) int64, microseconds of the last event
    strength  (h,) float32; 0: read, and not liked
    """

    rows: NDArray[np.int32]
    at: NDArray[np.int64]
    strength: NDArray[np.float32]


def visitor_key(visitor_id: str) -> int:
    """The 64-bit digest that stands for a visitor."""
    return int.from_bytes(blake2b(visitor_id.encode(), digest_size=8).digest(), "little")


def visitor_keys(visitor_ids: Iterable[str], prefix: str = "") -> NDArray[np.uint64]:
    """(m,) the key of each of several, who all have this prefix; in two thirds of the time."""
    begun = blake2b(prefix.encode(), digest_size=8)
    digests = []
    for one in visitor_ids:
        state = begun.copy()  # takes less than to begin anew
        state.update(one.encode())
        digests.append(state.digest())
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64, copy=False)


def visitor_digest(visitor_id: str) -> str:
    """`visitor_key` as 16 hex digits, for the change log."""
    return f"{visitor_key(visitor_id):016x}"


def strengths(
    kind: NDArray[np.integer], value: NDArray[np.float64], worth: Worth
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """What m events say of their readers' wish for more like it, (m,) 0 or more; and whether each shows any reading.

    kind   (m,) position in EVENT_TYPES      value  (m,) NaN where there is none
    """
    strength = worth.weights(kind, value)
    strength[(kind == _RATING) & (value < worth.good_rating)] = 0.0
    read = (kind != _IMPRESSION) & ~((kind == _LIKE) & (value == 0.0))
    return strength.astype(np.float32), read


class Histories:
    """Articles read, by visitor. One thread changes it."""

    def __init__(
        self,
        keys: NDArray[np.uint64],
        starts: NDArray[np.int64],
        reads: Reads,
    ) -> None:
        """keys (v,) ascending      starts (v + 1,) where each visitor's part of `reads` begins"""
        self._keys = keys
        self._starts = starts
        self._base = reads
        self._erased: set[int] = set()
        self._visitors = KeyIndex()  # who came since
        self._newest = Growing(np.zeros(0, np.int32))  # by visitor: where the last read stands
        self._older = Growing(np.zeros(0, np.int32))  # of each read since: where the same visitor's one before stands
        self._rows = Growing(reads.rows[:0])
        self._at = Growing(reads.at[:0])
        self._strength = Growing(reads.strength[:0])

    @classmethod
    def empty(cls) -> Self:
        """Of a site without visitors."""
        nothing = Reads(np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.float32))
        return cls(np.zeros(0, np.uint64), np.zeros(1, np.int64), nothing)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `history_arrays` returned."""
        reads = Reads(arrays["rows"], arrays["at"], arrays["strength"])
        return cls(arrays["keys"], arrays["starts"], reads)

    def meet(
        self,
        visitor: NDArray[np.uint64],
        row: NDArray[np.integer],
        at: NDArray[np.int64],
        strength: NDArray[np.float32],
    ) -> None:
        """m reads of visitors who are known by `visitor_key`. O(m log m)."""
        order = np.argsort(visitor)
        visitor = visitor.take(order)
        place = np.arange(len(self._rows), len(self._rows) + visitor.size)
        first = run_starts(visitor)
        number, new = self._visitors.with_new(visitor[first])
        self._newest.extend(np.full(new, _NONE))
        older = place - 1
        older[first] = self._newest.view[number]
        self._newest.own[number] = place[np.roll(first, -1)]  # the last of each visitor's
        self._older.extend(older)
        self._rows.extend(row.take(order))
        self._at.extend(at.take(order))
        self._strength.extend(strength.take(order))

    def erase(self, key: int) -> None:
        """Forgets the visitor who is known by `visitor_key`; events added later begin anew."""
        self._erased.add(key)
        if (number := self._visitors.number(key)) != ABSENT:
            self._newest.own[number] = _NONE

    def of(self, visitor_id: str) -> Reads:
        """Everything known of a visitor; empty arrays where that is nothing."""
        return self.of_key(visitor_key(visitor_id))

    def of_key(self, key: int) -> Reads:
        """The same, of a visitor who is known by `visitor_key` only."""
        base, since = self._of_base(key), self._since(key)
        if not since.rows.size:
            return base
        return _merged(
            Reads(
                np.concatenate((base.rows, since.rows)),
                np.concatenate((base.at, since.at)),
                np.concatenate((base.strength, since.strength)),
            )
        )

    def _since(self, key: int) -> Reads:
        """What a visitor read since the bundle. Of one who reads without end the many are made few on the way."""
        number, chain, older = self._visitors.number(key), [], self._older.view
        place = _NONE if number == ABSENT else int(self._newest.view[number])
        while place != _NONE:
            chain.append(place)
            place = int(older[place])
        reads = Reads(self._rows.view[chain], self._at.view[chain], self._strength.view[chain])
        if len(chain) > 2 * SEEN:
            reads = _merged(reads)
            self._newest.own[number] = _NONE
            self.meet(np.full(reads.rows.size, key, np.uint64), *reads)
        return reads

    def _of_base(self, key: int) -> Reads:
        place = int(np.searchsorted(self._keys, np.uint64(key)))
        if place == self._keys.size or int(self._keys[place]) != key or key in self._erased:
            return Reads(self._base.rows[:0], self._base.at[:0], self._base.strength[:0])
        here = slice(int(self._starts[place]), int(self._starts[place + 1]))
        return Reads(self._base.rows[here], self._base.at[here], self._base.strength[here])


def _merged(reads: Reads) -> Reads:
    """One visitor's reads, each row once, in order, no more than SEEN."""
    rows, inverse = np.unique(reads.rows, return_inverse=True)
    at = np.full(rows.size, np.iinfo(np.int64).min)
    strength = np.zeros(rows.size, np.float32)
    np.maximum.at(at, inverse, reads.at)
    np.maximum.at(strength, inverse, reads.strength)
    order = np.lexsort((rows, -at))[:SEEN]
    return Reads(rows[order], at[order], strength[order])


def history_arrays(
    keys: NDArray[np.uint64],
    rows: NDArray[np.int32],
    at: NDArray[np.int64],
    strength: NDArray[np.float32],
) -> dict[str, NDArray[Any]]:
    """The arrays of `Histories` from events in any order.

    keys, rows, at, strength  (m,) visitor's key, article, microseconds and `strengths` of each event
    cost                      O(m log m)
    """
    order = np.lexsort((at, rows, keys))
    keys, rows = keys[order], rows[order]  # a few at a time, so that no more than two are there twice
    at, strength = at[order], strength[order]
    first = np.flatnonzero(run_starts(keys, rows))
    strength = np.maximum.reduceat(strength, first) if first.size else strength[:0]
    last = np.append(first[1:], keys.size) - 1 if first.size else first
    keys, rows, at = keys[last], rows[last], at[last]

    order = np.lexsort((rows, -at, keys))
    keys, rows = keys[order], rows[order]
    at, strength = at[order], strength[order]
    visitors, begins, counts = np.unique(keys, return_index=True, return_counts=True)
    kept = np.arange(keys.size) - np.repeat(begins, counts) < SEEN
    starts = np.zeros(visitors.size + 1, np.int64)
    np.cumsum(np.minimum(counts, SEEN), out=starts[1:])
    return {
        "keys": visitors.astype(np.uint64),
        "starts": starts,
        "rows": rows[kept].astype(np.int32),
        "at": at[kept].astype(np.int64),
        "strength": strength[kept].astype(np.float32),
    }
