"""Text vectors -> neighbour lists of all articles, in blocks that run in parallel."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse

from recsys.cosine import STORED, Found, Neighbours, Rows, block
from recsys.neighbours import NeighbourIndex

if TYPE_CHECKING:
    from training.layout_kernel import Layout  # numba takes a second to import: only where it is used

TASK = 256  # rows a task: small enough to share the work evenly, large enough to hide what a task costs
PLAIN_BELOW = 10_000  # rows that the plain loop finishes sooner than the kernel compiles and runs
EXACT_BELOW = 150_000  # rows; above, exact lists would take more than minutes on two cores
REACH = 16  # in a pruned build: how many neighbours' how many neighbours are looked at


def fit_neighbours(vectors: sparse.csr_array, *, stored: int = STORED, jobs: int = 1) -> NeighbourIndex:
    """The neighbour index of a matrix (n, V) of unit rows.

    Its size decides how: below 10,000 rows by the plain loop, below 150,000 by the exact kernel, which gives the same
    bits, above by the pruned kernel.

    stored  neighbours kept a row      jobs  parallel workers, -1: one a processor; changes only speed
    """
    rows, width = Rows.of(vectors), vectors.shape[1]
    if len(rows) < PLAIN_BELOW:
        table = plain_neighbours(rows, width, stored, jobs=jobs)
    else:
        theta = 0.0 if len(rows) < EXACT_BELOW else pruning(len(rows))
        table = kernel_neighbours(rows, width, stored, theta=theta, jobs=jobs)
    return NeighbourIndex(rows, rows.transposed(width), table)


def pruning(n: int) -> float:
    """The least product of two weights that a pruned build of n rows counts when it chooses candidates.

    It grows with n, as the nearest of more rows are nearer. Chosen for a recall@10 above 0.99 on 100,000 invented rows
    (benchmarks/corpus.py).
    """
    return float(0.006 * (n / 100_000) ** 0.3)


def plain_neighbours(rows: Rows, width: int, k: int, *, jobs: int = 1) -> Neighbours:
    """Exact lists without compiling anything. `width`: V, more than any term."""
    postings = rows.transposed(width)
    parts = _parallel(jobs, [delayed(block)(rows, postings, *task, k) for task in _tasks(len(rows))])
    return _joined(len(rows), k, ((part.rows, part.scores) for part in parts))


def kernel_neighbours(rows: Rows, width: int, k: int, *, theta: float = 0.0, jobs: int = 1) -> Neighbours:
    """Lists from the compiled kernel: the bits of `plain_neighbours` where theta is 0, else nearly those, sooner.

    theta  the least product of two weights that counts when candidates are chosen; scores are exact all the same
    """
    from training.kernel import with_neighbours_of_neighbours
    from training.layout_kernel import lay_out

    n = len(rows)
    if n == 0:
        return _joined(0, k, ())
    layout = lay_out(rows, width)
    unsettled: list[int] = []
    lists = _joined(n, k, _parallel(jobs, [delayed(_search)(layout, task, k, theta, unsettled) for task in _tasks(n)]))
    if theta > 0:
        sweeps = [
            delayed(with_neighbours_of_neighbours)(layout.parts_only(), *t, lists.rows, lists.scores, REACH)
            for t in _tasks(n)
        ]
        lists = _joined(n, k, _parallel(jobs, sweeps))
    old = np.where(lists.rows >= 0, layout.names[lists.rows], np.int32(-1))
    found = Neighbours(old[layout.places], lists.scores[layout.places])
    if unsettled:
        postings = rows.transposed(width)
        for row in layout.names[unsettled].tolist():
            plain = block(rows, postings, row, row + 1, k)
            found.rows[row], found.scores[row] = plain.rows[0], plain.scores[0]
    return found


def _search(layout: "Layout", task: tuple[int, int], k: int, theta: float, unsettled: list[int]) -> Found:
    """The lists of the rows of a task; adds to `unsettled` those whose last place has too many equals for float32."""
    from training.kernel import best_of, candidates

    first, stop = task
    keep = k + k // 4 + 8  # the spare ones settle which are the best k by exact score
    rows, fill, least = candidates(layout.parts_only(), first, stop, keep, np.float32(theta))
    found = best_of(layout.parts_only(), first, rows, fill, k)
    if theta == 0:
        close = (fill >= keep) & (found[1][:, -1] <= least + 2 * layout.slack[first:stop])
        unsettled.extend((first + np.flatnonzero(close)).tolist())
    return found


def _tasks(n: int) -> list[tuple[int, int]]:
    return [(start, min(start + TASK, n)) for start in range(0, n, TASK)]


def _parallel(jobs: int, tasks: list[Any]) -> Iterable[Any]:
    """Results in order, as they come. Threads: the work is in compiled code that lets go of the interpreter."""
    found: Iterable[Any] = Parallel(n_jobs=jobs, prefer="threads", return_as="generator")(tasks)
    return found


def _joined(n: int, k: int, parts: Iterable[Found]) -> Neighbours:
    found = Neighbours(np.empty((n, k), np.int32), np.empty((n, k), np.float32))
    start = 0
    for rows, scores in parts:
        found.rows[start : start + len(rows)] = rows
        found.scores[start : start + len(rows)] = scores
        start += len(rows)
    return found
