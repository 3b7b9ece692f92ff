"""Neighbour lists of a site that has hardly changed: from those of before, as exact as lists made anew.

Vectors that stayed keep their cosines with each other. So the lists of new vectors are computed, and in those of the
others the new ones take the places that they have earned. A list that lost an entry, because that vector went or
changed, is computed anew where it was full: who stood behind its last place is not known.
"""

import numpy as np
from numpy.typing import NDArray

from recsys.cosine import Neighbours, Rows, block, scores, top_k

_KEY = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


def renewed(
    rows: Rows, postings: Rows, before: Neighbours, *, came: NDArray[np.intp], went: NDArray[np.intp], most: int
) -> Neighbours | None:
    """The lists of n vectors, bit for bit those of `recsys.cosine.all_pairs`; None where they are to be made anew.

    before  (m, k), m <= n, the lists of the first m vectors as they were
    came    vectors that are new or have changed      went  those that changed, or of which nothing is left
    most    lists to compute in full, at most
    cost    a query for each list to compute, and a sort of each that takes in a new entry
    """
    n, k = len(rows), before.rows.shape[1]
    old = Neighbours(np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32))
    old.rows[: len(before.rows)], old.scores[: len(before.rows)] = before.rows, before.scores
    is_new, is_lost = np.zeros(n, np.bool_), np.zeros(n + 1, np.bool_)
    is_new[came], is_lost[went] = True, True
    old.rows[came], old.scores[came] = -1, 0.0
    old.rows[went], old.scores[went] = -1, 0.0
    lost = is_lost[old.rows]  # -1 is the last, and never lost
    losers = np.flatnonzero(lost.any(axis=1))
    anew = losers[old.rows[losers, -1] >= 0]
    if came.size + anew.size > most:
        return None
    shorter = np.setdiff1d(losers, anew)
    old.rows[lost], old.scores[lost] = -1, 0.0
    in_full = np.zeros(n, np.bool_)
    in_full[anew] = True
    in_full |= is_new
    last_row, last = old.rows[:, -1].copy(), np.where(in_full, np.float32(np.inf), old.scores[:, -1])
    takers, entries, values = [np.zeros(0, np.intp)], [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
    for row in came.tolist():
        found = scores(postings, n, *rows.row(row))
        found[row] = 0.0
        best = top_k(found, k)
        old.rows[row, : best.size], old.scores[row, : best.size] = best, found[best]
        taking = np.flatnonzero(found >= last)
        taking = taking[(found[taking] > last[taking]) | (row < last_row[taking])]
        takers.append(taking)
        entries.append(np.full(taking.size, row, np.int32))
        values.append(found[taking])
    for row in anew.tolist():
        plain = block(rows, postings, row, row + 1, k)
        old.rows[row], old.scores[row] = plain.rows[0], plain.scores[0]
    _merge(old, shorter, np.concatenate(takers), np.concatenate(entries), np.concatenate(values))
    return old


def _merge(
    lists: Neighbours,
    shorter: NDArray[np.intp],
    takers: NDArray[np.intp],
    entries: NDArray[np.int32],
    values: NDArray[np.float32],
) -> None:
    """Sorts into the lists of `takers` (j,) the `entries` (j,) with their `values`, and closes gaps in `shorter`.

    One integer sorts by falling score, then by row: floats that are not negative sort like their bits.
    """
    touched, place = np.unique(np.concatenate((takers, shorter)), return_inverse=True)
    if not touched.size:
        return
    k = lists.rows.shape[1]
    owner = place[: takers.size]
    order = np.argsort(owner, kind="stable")
    counts = np.bincount(owner, minlength=touched.size)
    column = np.empty(owner.size, np.intp)
    column[order] = np.arange(owner.size) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = np.full((touched.size, k + int(counts.max(initial=0))), -1, np.int32)
    found = np.zeros(rows.shape, np.float32)
    rows[:, :k], found[:, :k] = lists.rows[touched], lists.scores[touched]
    rows[owner, k + column], found[owner, k + column] = entries, values
    keys = ((_LOW - found.view(np.uint32)) << _KEY) | rows.view(np.uint32)
    keys.sort(axis=1)
    keys = keys[:, :k]
    lists.rows[touched] = (keys & _LOW).astype(np.uint32).view(np.int32)
    lists.scores[touched] = (_LOW - (keys >> _KEY)).astype(np.uint32).view(np.float32)
