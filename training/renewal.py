"""Neighbour lists of a site that has hardly changed: from those of before, as exact as lists made anew.

Vectors that stayed keep their cosines with each other. So the lists of new vectors are computed, and in those of the
others the new ones take the places that they have earned. A list that lost an entry, because that vector went or
changed, is computed anew where it was full: who stood behind its last place is not known.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.cosine import Neighbours, Rows, scores, top_k

COMPILING_PAYS = 100_000_000  # cosines: fewer are had before the kernel is imported
TASK = 16  # vectors a task
MERGED = 4_096  # lists that are sorted at once

_KEY = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


class Last(NamedTuple):
    """The last place of each list."""

    rows: NDArray[np.int32]  # (n,) who stands there
    scores: NDArray[np.float32]  # (n,) by what score; infinite where nobody is taken in


class Found(NamedTuple):
    """What was found for one vector."""

    nearest: NDArray[np.intp]  # (at most k,)
    scores: NDArray[np.float32]  # of the nearest
    takers: NDArray[np.intp]  # (j,) whose lists take it in
    values: NDArray[np.float32]  # (j,) by which score


def torn(before: Neighbours, *, went: NDArray[np.intp]) -> NDArray[np.intp]:
    """Whose list has to be computed anew, ascending: those that stay, had a full list, and lost an entry of it.

    before  (m, k) as they were      went  those of the m that changed, or of which nothing is left
    """
    lost = np.flatnonzero(_entries_of(before, went).any(axis=1) & (before.rows[:, -1] >= 0))
    return np.setdiff1d(lost, went)


def renewed(
    rows: Rows,
    postings: Rows,
    before: Neighbours,
    *,
    came: NDArray[np.intp],
    went: NDArray[np.intp],
    anew: NDArray[np.intp],
    jobs: int = 1,
) -> Neighbours:
    """The lists of n vectors, bit for bit those of `recsys.cosine.all_pairs`.

    before  (m, k), m <= n, the lists of the first m vectors as they were
    came    vectors that are new or have changed      went  those that changed, or of which nothing is left
    anew    those that are `torn`      jobs  threads, -1: one a processor, where there are many
    cost    a query for each that came or is torn, and a sort of each list that takes in a new entry
    """
    n, k = len(rows), before.rows.shape[1]
    old = Neighbours(np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32))
    old.rows[: len(before.rows)], old.scores[: len(before.rows)] = before.rows, before.scores
    is_new, in_full = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    is_new[came] = True
    in_full[came], in_full[anew] = True, True
    for emptied in (went, in_full):
        old.rows[emptied], old.scores[emptied] = -1, 0.0
    lost = _entries_of(old, went)
    shorter = np.flatnonzero(lost.any(axis=1))
    old.rows[lost], old.scores[lost] = -1, 0.0
    last = Last(old.rows[:, -1].copy(), np.where(in_full, np.float32(np.inf), old.scores[:, -1]))
    takers, entries, values = [np.zeros(0, np.intp)], [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
    full = np.concatenate((came, anew))
    for row, found in zip(full.tolist(), _searched(full, rows, postings, last, k, jobs=jobs), strict=True):
        old.rows[row, : found.nearest.size], old.scores[row, : found.nearest.size] = found.nearest, found.scores
        if is_new[row]:
            takers.append(found.takers)
            entries.append(np.full(found.takers.size, row, np.int32))
            values.append(found.values)
    _merge(old, shorter, np.concatenate(takers), np.concatenate(entries), np.concatenate(values))
    return old


def _entries_of(lists: Neighbours, some: NDArray[np.intp]) -> NDArray[np.bool_]:
    """(m, k) which entries of the lists are of `some` vectors."""
    wanted = np.zeros(len(lists.rows) + 1, np.bool_)
    wanted[some] = True
    found: NDArray[np.bool_] = wanted[lists.rows]  # -1, where there is none, is the last and never wanted
    return found


def _searched(asked: NDArray[np.intp], rows: Rows, postings: Rows, last: Last, k: int, *, jobs: int) -> Iterator[Found]:
    """For each of the vectors asked for."""
    if asked.size * len(rows) < COMPILING_PAYS:
        yield from _found(asked, rows, last, k, partial(scores, postings, len(rows)))
        return
    from joblib import delayed  # what few vectors don't need takes a while to import

    from training.row_tasks import parallel, tasks_of

    tasks = [asked[slice(*task)] for task in tasks_of(0, asked.size, TASK)]
    for found in parallel(jobs, [delayed(_compiled)(task, rows, postings, last, k) for task in tasks]):
        yield from found


def _compiled(asked: NDArray[np.intp], rows: Rows, postings: Rows, last: Last, k: int) -> list[Found]:
    from training.cosine_kernel import cosines

    sums, found = np.zeros(len(rows)), np.empty(len(rows), np.float32)

    def of(terms: NDArray[np.int32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        cosines(postings.starts, postings.terms, postings.weights, terms, weights, sums, found)
        return found

    return [*_found(asked, rows, last, k, of)]


def _found(
    asked: NDArray[np.intp],
    rows: Rows,
    last: Last,
    k: int,
    cosines: Callable[[NDArray[np.int32], NDArray[np.float32]], NDArray[np.float32]],
) -> Iterator[Found]:
    for row in asked.tolist():
        found = cosines(*rows.row(row))
        found[row] = 0.0
        best = top_k(found, k)
        taking = np.flatnonzero(found >= last.scores)
        taking = taking[(found[taking] > last.scores[taking]) | (row < last.rows[taking])]
        yield Found(best, found[best], taking, found[taking])


def _merge(
    lists: Neighbours,
    shorter: NDArray[np.intp],
    takers: NDArray[np.intp],
    entries: NDArray[np.int32],
    values: NDArray[np.float32],
) -> None:
    """Sorts into the lists of `takers` (j,) the `entries` (j,) with their `values`, and closes gaps in `shorter`."""
    touched, place = np.unique(np.concatenate((takers, shorter)), return_inverse=True)
    counts = np.bincount(place[: takers.size], minlength=touched.size)
    by_count = np.argsort(counts, kind="stable")  # those that take in as many become as long
    order = np.argsort(np.argsort(by_count)[place[: takers.size]], kind="stable")
    touched, counts = touched[by_count], counts[by_count]
    ends = np.concatenate(([0], np.cumsum(counts)))
    for first in range(0, touched.size, MERGED):
        some = slice(first, first + MERGED)
        here = order[ends[first] : ends[min(first + MERGED, touched.size)]]
        _sort_in(lists, touched[some], counts[some], entries[here], values[here])


def _sort_in(
    lists: Neighbours,
    touched: NDArray[np.intp],
    counts: NDArray[np.intp],
    entries: NDArray[np.int32],
    values: NDArray[np.float32],
) -> None:
    """Sorts into each of the lists `touched` (t,) the next `counts` (t,) of the entries (j,).

    One integer sorts by falling score, then by row: floats that are not negative sort like their bits.
    """
    k = lists.rows.shape[1]
    owner = np.repeat(np.arange(touched.size), counts)
    column = k + np.arange(owner.size) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = np.full((touched.size, k + int(counts.max(initial=0))), -1, np.int32)
    found = np.zeros(rows.shape, np.float32)
    rows[:, :k], found[:, :k] = lists.rows[touched], lists.scores[touched]
    rows[owner, column], found[owner, column] = entries, values
    keys = ((_LOW - found.view(np.uint32)) << _KEY) | rows.view(np.uint32)
    keys.sort(axis=1)
    keys = keys[:, :k]
    lists.rows[touched] = (keys & _LOW).astype(np.uint32).view(np.int32)
    lists.scores[touched] = (_LOW - (keys >> _KEY)).astype(np.uint32).view(np.float32)
