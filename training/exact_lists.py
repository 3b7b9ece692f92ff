"""Exact neighbour lists from the compiled kernel: the bits of the plain loop."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from joblib import delayed

from recsys.cosine import Found, Neighbours
from training.arrange_kernel import Arranged
from training.exact_kernel import Light, candidates, light
from training.mapped import Shared, shared
from training.rerank_kernel import best_of
from training.row_tasks import Task, joined, parallel, tasks_of


def exact_lists(
    arranged: Arranged, there: Shared[Arranged], k: int, *, jobs: int, folder: Path | None
) -> tuple[Neighbours, list[int]]:
    """The lists of all rows, by new number; and the rows whose last place has too many equals for float32.

    `there` is `arranged` for workers. Else as for `kernel_neighbours`.
    """
    n, unsettled = arranged.names.size, list[int]()
    postings = shared(light(arranged), folder, "postings")
    searches = parallel(jobs, [delayed(_search)(there, postings, task, k) for task in tasks_of(0, n)])
    return joined(n, k, _noted(searches, unsettled)), unsettled


def _search(there: Shared[Arranged], postings: Shared[Light], task: Task, k: int) -> tuple[Found, list[int]]:
    """The lists of the rows of a task, and which of the rows have a last place with too many equals for float32."""
    arranged, light, (first, stop) = there.open(), postings.open(), task
    keep = k + k // 8 + 8  # the spare ones settle which are the best k by exact score
    rows, fill, least = candidates(arranged.arrays(), light.arrays(), first, stop, keep)
    found = best_of(arranged.arrays(), first, rows, fill, k)
    close = (fill >= keep) & (found[1][:, -1] <= least + 2 * light.slack[first:stop])
    return found, (first + np.flatnonzero(close)).tolist()


def _noted(searches: Iterable[tuple[Found, list[int]]], unsettled: list[int]) -> Iterator[Found]:
    """The lists; the rows that come with them are added to `unsettled`."""
    for found, rows in searches:
        unsettled.extend(rows)
        yield found
