"""Nearly exact neighbour lists of many rows: candidates by coarse sums, exact scores, then neighbours' neighbours.

Rows are cut into blocks, like ones together. Shortlists begin with the pairs within a block; then every two blocks meet
once, in whichever order, and a pair is entered on the shortlists of both its rows.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from joblib import delayed
from numpy.typing import NDArray

from recsys.cosine import Found, Neighbours
from training.arrange_kernel import BLOCK, Arranged
from training.coarse_kernel import Coarse, across, coarse, within
from training.mapped import Shared, shared
from training.rerank_kernel import with_neighbours_of_neighbours
from training.row_tasks import Task, joined, meetings, parallel, tasks_of
from training.shortlist_kernel import Shortlists
from training.shortlists import Begun, Hits, best_lists, complete

MEETING = 1_024  # rows that meet a block in one task

Bars = NDArray[np.uint16]


class Lists(NamedTuple):
    """The columns of `Neighbours`, as workers take them along."""

    rows: NDArray[np.int32]  # (n, k)
    scores: NDArray[np.float32]  # (n, k)


class Search(NamedTuple):
    """What each search for candidates reads."""

    there: Shared[Arranged]
    postings: Shared[Coarse]
    theta: float


def pruned_lists(
    arranged: Arranged, there: Shared[Arranged], k: int, theta: float, *, jobs: int, folder: Path | None
) -> Neighbours:
    """The lists of all rows, by new number; `there` is `arranged` for workers. Else as for `kernel_neighbours`."""
    n = arranged.names.size
    first = _from_candidates(arranged, there, k, theta, jobs=jobs, folder=folder)
    lists = shared(Lists(first.rows, first.scores), folder, "lists")
    return joined(n, k, parallel(jobs, [delayed(_swept)(there, lists, task) for task in tasks_of(0, n)]))


def reach(n: int) -> int:
    """How many neighbours' how many neighbours a pruned build of n rows looks at: 20 of 100,000, 28 of 1,000,000.

    More is left out of more rows when candidates are chosen, and a look costs less in comparison. Chosen on invented
    rows (benchmarks/corpus.py) for a recall@10 above 0.99, and 0.98 at 1,000,000.
    """
    return round(20 * math.pow(n / 100_000, 1 / 7))


def block_of(n: int) -> int:
    """How many rows a block of n rows has: equal blocks of at most BLOCK, as few as there can be."""
    return -(-n // -(-n // BLOCK))


def _from_candidates(
    arranged: Arranged, there: Shared[Arranged], k: int, theta: float, *, jobs: int, folder: Path | None
) -> Neighbours:
    """The best by exact score of what the coarse sums find: they err by some places, so it is more than k."""
    n, keep, block = arranged.names.size, k + k // 2 + 8, block_of(arranged.names.size)
    search = Search(there, shared(coarse(arranged, theta, block), folder, "postings"), theta)
    return best_lists(there, _shortlists(search, n, keep, block, jobs=jobs), k, jobs=jobs)


def _shortlists(search: Search, n: int, keep: int, block: int, *, jobs: int) -> Shortlists:
    """Of n rows, with the `keep` highest sums."""
    lists = Shortlists.empty(n, keep)
    blocks = [(first, min(first + block, n)) for first in range(0, n, block)]
    tasks = [task for one in blocks for task in tasks_of(*one)]
    begun = parallel(jobs, [delayed(_within)(search, task, keep) for task in tasks])
    return complete(lists, begun, _met(search, lists.bars, blocks, jobs=jobs))


def _met(search: Search, bars: NDArray[np.uint32], blocks: Sequence[Task], *, jobs: int) -> Iterator[Hits]:
    """What rows of different blocks find in each other; `bars` are read shortly before they count."""
    for a_round in meetings(len(blocks)):
        tasks = (
            delayed(_across)(search, task, _levels(bars, task), b, _levels(bars, blocks[b]))
            for a, b in a_round
            for task in tasks_of(*blocks[a], MEETING)
        )
        yield from parallel(jobs, tasks)


def _levels(bars: NDArray[np.uint32], rows: Task) -> Bars:
    return bars[slice(*rows)].astype(np.uint16)


def _within(search: Search, task: Task, keep: int) -> Begun:
    rows, postings, theta = search.there.open().arrays(), search.postings.open().arrays(), np.float32(search.theta)
    return task, within(rows, postings, *task, keep, theta)


def _across(search: Search, task: Task, own_bars: Bars, b: int, their_bars: Bars) -> Hits:
    rows, postings, theta = search.there.open().arrays(), search.postings.open().arrays(), np.float32(search.theta)
    found: Hits = across(rows, postings, *task, own_bars, b, their_bars, theta)
    return found


def _swept(there: Shared[Arranged], lists: Shared[Lists], task: Task) -> Found:
    """The lists of the rows of a task, bettered by their neighbours' neighbours."""
    rows, scores = lists.open()
    found: Found = with_neighbours_of_neighbours(there.open().arrays(), *task, rows, scores, reach(len(rows)))
    return found
