"""Exact neighbour lists from the compiled kernel: the bits of the plain loop.

Rows are cut into groups, like ones together. Shortlists begin with the pairs within a group; then each row meets those
of all later groups, and a pair is entered on the shortlists of both its rows.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from joblib import delayed
from numpy.typing import NDArray

from recsys.cosine import Neighbours
from training.arrange_kernel import Arranged
from training.exact_kernel import Light, after, light, within
from training.mapped import Shared, shared
from training.row_tasks import Task, parallel, tasks_of
from training.shortlist_kernel import Shortlists
from training.shortlists import Begun, Hits, best_lists, complete

GROUP = 4_096  # rows; it divides BLOCK


class Search(NamedTuple):
    """What each search reads."""

    there: Shared[Arranged]
    postings: Shared[Light]


def exact_lists(
    arranged: Arranged, there: Shared[Arranged], k: int, *, jobs: int, folder: Path | None
) -> tuple[Neighbours, list[int]]:
    """The lists of all rows, by new number; and the rows whose last place has too many equals for float32.

    `there` is `arranged` for workers. Else as for `kernel_neighbours`.
    """
    n, keep = arranged.names.size, k + k // 8 + 8  # the spare ones settle which are the best k by exact score
    postings = light(arranged)
    shortlists = _shortlists(Search(there, shared(postings, folder, "postings")), n, keep, jobs=jobs)
    found = best_lists(there, shortlists, keep, k, jobs=jobs)
    least = shortlists.bars.view(np.float32)
    close = (shortlists.fill >= keep) & (found.scores[:, -1] <= least + 2 * postings.slack)
    return found, np.flatnonzero(close).tolist()


def _shortlists(search: Search, n: int, keep: int, *, jobs: int) -> Shortlists:
    """Of n rows, with the `keep` highest float32 scores."""
    lists = Shortlists.empty(n, keep)
    room, bars = lists.pairs.shape[1], lists.bars.view(np.float32)
    groups = [(first, min(first + GROUP, n)) for first in range(0, n, GROUP)]
    tasks = [(task, group) for group in groups for task in tasks_of(*group)]
    begun = parallel(jobs, [delayed(_within)(search, task, group, keep, room) for task, group in tasks])
    met = (delayed(_after)(search, task, end, bars[task[0] :].copy(), keep) for task, (_, end) in tasks if end < n)
    return complete(lists, keep, begun, parallel(jobs, met))


def _within(search: Search, task: Task, group: Task, keep: int, room: int) -> Begun:
    rows, postings = search.there.open().arrays(), search.postings.open().arrays()
    return task, within(rows, postings, *task, *group, keep, room)


def _after(search: Search, task: Task, since: int, bars: NDArray[np.float32], keep: int) -> Hits:
    rows, postings = search.there.open().arrays(), search.postings.open().arrays()
    found: Hits = after(rows, postings, *task, since, bars, keep)
    return found
