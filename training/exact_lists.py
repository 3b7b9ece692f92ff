"""Exact neighbour lists from the compiled kernel: the bits of the plain loop.

Shortlists begin with the pairs within a stripe of rows; then every two stripes meet once, in rounds in which each is at
most at one meeting, so that a meeting has the shortlists of its two stripes for itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from joblib import delayed, effective_n_jobs

from recsys.cosine import Found, Neighbours
from training.arrange_kernel import Arranged
from training.exact_kernel import Light, contenders, light, meet, within
from training.mapped import Shared, shared
from training.rerank_kernel import best_of
from training.row_tasks import Task, joined, meetings, parallel, tasks_of
from training.shortlist_kernel import ShortlistArrays, Shortlists


class Search(NamedTuple):
    """What each task reads."""

    there: Shared[Arranged]
    postings: Shared[Light]
    keep: int


def exact_lists(
    arranged: Arranged, there: Shared[Arranged], k: int, *, jobs: int, folder: Path | None
) -> tuple[Neighbours, list[int]]:
    """The lists of all rows, by new number; and the rows whose last place has too many equals for float32.

    `there` is `arranged` for workers. Else as for `kernel_neighbours`.
    """
    n, unsettled = arranged.names.size, list[int]()
    made = light(arranged, 2 * effective_n_jobs(jobs))  # each worker has a meeting of two
    keep = k + k // 16 + 4  # the spare ones settle which are the best k by exact score
    search = Search(there, shared(made, folder, "postings"), keep)
    lists = Shortlists.empty(n, keep)
    stripes = [(first, min(first + made.stripe, n)) for first in range(0, n, made.stripe)]
    _begin(search, lists, stripes, jobs=jobs)
    _meet(search, lists, stripes, jobs=jobs)
    tasks = (delayed(_best)(search, task, lists.part(*task), k) for task in tasks_of(0, n))
    return joined(n, k, _noted(parallel(jobs, tasks), unsettled)), unsettled


def _begin(search: Search, lists: Shortlists, stripes: Sequence[Task], *, jobs: int) -> None:
    """Enters the pairs within stripes."""
    tasks = [task for stripe in stripes for task in tasks_of(*stripe)]
    begun = parallel(jobs, [delayed(_within)(search, task) for task in tasks])
    for task, found in zip(tasks, begun, strict=True):
        lists.put(*task, found)


def _meet(search: Search, lists: Shortlists, stripes: Sequence[Task], *, jobs: int) -> None:
    """Enters the pairs of rows of different stripes."""
    for pairs in meetings(len(stripes)):
        given = [(lists.part(*stripes[a]), lists.part(*stripes[b])) for a, b in pairs]
        tasks = [delayed(_met)(search, *pair, *parts) for pair, parts in zip(pairs, given, strict=True)]
        for (a, b), (ours, theirs) in zip(pairs, parallel(jobs, tasks), strict=True):
            lists.put(*stripes[a], ours)
            lists.put(*stripes[b], theirs)


def _within(search: Search, task: Task) -> ShortlistArrays:
    found: ShortlistArrays = within(search.there.open().arrays(), search.postings.open().arrays(), *task, search.keep)
    return found


def _met(
    search: Search, a: int, b: int, ours: ShortlistArrays, theirs: ShortlistArrays
) -> tuple[ShortlistArrays, ShortlistArrays]:
    """Both shortlists after the meeting: those of this process are changed where they are."""
    ours, theirs = _own(ours), _own(theirs)
    meet(search.there.open().arrays(), search.postings.open().arrays(), a, b, ours, theirs)
    return ours, theirs


def _own(lists: ShortlistArrays) -> ShortlistArrays:
    """The same arrays, or copies of what another process sent, which may not be written to."""
    pairs, fill, bars = lists
    return np.require(pairs, requirements="W"), np.require(fill, requirements="W"), np.require(bars, requirements="W")


def _best(search: Search, task: Task, lists: ShortlistArrays, k: int) -> tuple[Found, list[int]]:
    """The lists of the rows of a task, and which of the rows have a last place with too many equals for float32."""
    first, stop = task
    arranged, slack = search.there.open().arrays(), search.postings.open().slack[first:stop]
    rows, count, bars = contenders(lists, slack, k)
    found = best_of(arranged, first, rows, count, k)
    close = (lists[1] >= search.keep) & (found[1][:, -1] <= bars + 2 * slack)
    return found, (first + np.flatnonzero(close)).tolist()


def _noted(searches: Iterable[tuple[Found, list[int]]], unsettled: list[int]) -> Iterator[Found]:
    """The lists; the rows that come with them are added to `unsettled`."""
    for found, rows in searches:
        unsettled.extend(rows)
        yield found
