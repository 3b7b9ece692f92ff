"""The reader of a Recommendation: what they read, how much of it still counts, and what of it may be named."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from recsys.histories import Reads

# The newest reads that count, and after how many places one counts half: measured, decay by place beats decay by time.
READS = 30
HALF_LIFE = 5.0
_DECAY = 0.5 ** (np.arange(READS) / HALF_LIFE)
_OF_EQUALS = [_DECAY[:h] / _DECAY[:h].sum() for h in range(READS + 1)]  # weights of h articles liked alike
_ALL = np.ones(READS, np.bool_)


class Reader(msgspec.Struct, frozen=True):
    """One reader at one moment.

    rows      (h,) int32, at most READS liked articles, newest first, each once
    weights   (h,) float64, > 0, sum 1 where there are any
    seen      every row that must not be recommended
    nameable  (h,) bool, whether a reason may name the article: whether the request itself brought it
    idle      microseconds since the reader was last seen; 0 for one who is here now; None for one never seen
    chance    64 bits: the seed of what is left to chance; None: nothing is
    """

    rows: NDArray[np.int32]
    weights: NDArray[np.float64]
    seen: frozenset[int]
    nameable: NDArray[np.bool_]
    idle: int | None
    chance: int | None = None


def reader_of(
    now: int,
    stored: Reads | None = None,
    history: Sequence[int] = (),
    row: int | None = None,
    *,
    chance: int | None = None,
) -> Reader:
    """A reader of whom `stored` is known, with the `history` of rows (newest first) that the request brought, on `row`.

    What the request brought is newer than what is stored of the visitor. Repeats count once, where they are newest.
    """
    sent = list(dict.fromkeys([row, *history] if row is not None else history))
    idle = 0 if sent else None
    seen = frozenset(sent)
    if stored is None or not stored.rows.size:
        rows = np.array(sent[:READS], np.int32)
        return Reader(rows, _OF_EQUALS[rows.size], seen, _ALL[: rows.size], idle, chance)
    rows, strength = np.array(sent, np.int32), np.ones(len(sent), np.float32)
    liked = (stored.strength > 0) & ~np.isin(stored.rows, rows)
    seen |= frozenset(stored.rows.tolist())
    rows = np.concatenate([rows, stored.rows[liked]])[:READS]
    strength = np.concatenate([strength, stored.strength[liked]])[:READS]
    idle = max(0, now - int(stored.at[0])) if idle is None else idle
    weights = strength * _DECAY[: rows.size]
    if rows.size:
        weights /= weights.sum()
    return Reader(rows, weights, seen, np.arange(rows.size) < len(sent), idle, chance)
