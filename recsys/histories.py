"""What each visitor has read, newest first: arrays from a bundle and, over them, what happened since.

A visitor is known by a 64-bit digest of the id; the id itself is in no bundle. Of each visitor the newest `SEEN`
articles are kept. An article that one visitor met several times counts once, at its last time and greatest strength,
whether the events came before the bundle or after.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsys.event import Event, EventType
from recsys.interest import NOTHING, Worth

SEEN = 10_000


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


def visitor_digest(visitor_id: str) -> str:
    """`visitor_key` as 16 hex digits, for the change log."""
    return f"{visitor_key(visitor_id):016x}"


def strength_of(kind: EventType, value: float | None, worth: Worth) -> float | None:
    """What one event says of its reader's wish for more like it: 0 or more; None where it shows no reading at all."""
    if kind == "impression" or (kind == "like" and value == 0.0):
        return None
    if kind == "rating" and value is not None and value < worth.good_rating:
        return 0.0
    level = worth.level(kind, value)
    return 0.0 if level == NOTHING else float(worth.levels[level])


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
        self._since: dict[int, dict[int, tuple[int, float]]] = {}

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

    def add(self, event: Event, row: int, worth: Worth) -> None:
        """One event on the article at `row`."""
        strength = strength_of(event.type, event.value, worth)
        if event.visitor_id is not None and strength is not None:
            self.read(visitor_key(event.visitor_id), row, event.at, strength)

    def read(self, visitor: int, row: int, at: int, strength: float) -> None:
        """The same, of a visitor who is known by `visitor_key` only."""
        reads = self._since.setdefault(visitor, {})
        last, before = reads.get(row, (at, strength))
        reads[row] = (max(last, at), max(before, strength))
        if len(reads) > SEEN:
            del reads[min(reads, key=lambda seen: (reads[seen][0], -seen))]

    def erase(self, key: int) -> None:
        """Forgets the visitor who is known by `visitor_key`; events added later begin anew."""
        self._erased.add(key)
        self._since.pop(key, None)

    def of(self, visitor_id: str) -> Reads:
        """Everything known of a visitor; empty arrays where that is nothing."""
        return self.of_key(visitor_key(visitor_id))

    def of_key(self, key: int) -> Reads:
        """The same, of a visitor who is known by `visitor_key` only."""
        base = self._of_base(key)
        since = self._since.get(key)
        if not since:
            return base
        rows = np.fromiter(since, np.int32, len(since))
        at = np.fromiter((seen[0] for seen in since.values()), np.int64, len(since))
        strength = np.fromiter((seen[1] for seen in since.values()), np.float32, len(since))
        return _merged(
            Reads(
                np.concatenate([base.rows, rows]),
                np.concatenate([base.at, at]),
                np.concatenate([base.strength, strength]),
            )
        )

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

    keys, rows, at, strength  (m,) visitor's key, article, microseconds and `strength_of` of each event
    cost                      O(m log m)
    """
    order = np.lexsort((at, rows, keys))
    keys, rows, at, strength = keys[order], rows[order], at[order], strength[order]
    new = np.ones(keys.size, np.bool_)
    new[1:] = (keys[1:] != keys[:-1]) | (rows[1:] != rows[:-1])
    first = np.flatnonzero(new)
    strength = np.maximum.reduceat(strength, first) if first.size else strength[:0]
    last = np.append(first[1:], keys.size) - 1 if first.size else first
    keys, rows, at = keys[last], rows[last], at[last]

    order = np.lexsort((rows, -at, keys))
    keys, rows, at, strength = keys[order], rows[order], at[order], strength[order]
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
