"""Shortlists out of tasks over rows, and lists out of shortlists."""

from collections.abc import Iterable

import numpy as np
from joblib import delayed
from numpy.typing import NDArray

from recsys.cosine import Found, Neighbours
from training.arrange_kernel import Arranged
from training.mapped import Shared
from training.rerank_kernel import best_of
from training.row_tasks import Task, joined, parallel, tasks_of
from training.shortlist_kernel import ShortlistArrays, Shortlists, enter

Begun = tuple[Task, ShortlistArrays]
Hits = tuple[NDArray[np.int32], NDArray[np.uint64]]  # for whom, and the pair


def complete(lists: Shortlists, begun: Iterable[Begun], met: Iterable[Hits]) -> Shortlists:
    """The `lists`, filled: with those that tasks have begun, then with what is met elsewhere.

    met  taken one by one, and what was taken is entered before the next is asked for: bars rise meanwhile
    """
    for task, found in begun:
        lists.put(*task, found)
    for owners, numbers in met:
        enter(lists.arrays(), owners, numbers)
    return lists


def best_lists(there: Shared[Arranged], lists: Shortlists, k: int, *, jobs: int) -> Neighbours:
    """Of shortlists the k best by exact score, for all rows by new number."""
    n = lists.fill.size
    tasks = (
        delayed(_best)(there, first, lists.rows(first, stop), lists.fill[first:stop], k)
        for first, stop in tasks_of(0, n)
    )
    return joined(n, k, parallel(jobs, tasks))


def _best(there: Shared[Arranged], first: int, rows: NDArray[np.int32], fill: NDArray[np.int64], k: int) -> Found:
    found: Found = best_of(there.open().arrays(), first, rows, fill, k)
    return found
