"""Text vectors -> neighbour lists of all articles, in blocks that run in parallel.

Blocks run on threads of this process, or where joblib's backend in force runs them (`joblib.parallel_config`), such as
a Dask cluster: then a folder that all its machines see is needed, for the arrays that every block reads.
"""

from pathlib import Path

import numpy as np
from joblib import delayed
from scipy import sparse

from recsys.cosine import STORED, Neighbours, Rows, block
from recsys.neighbours import NeighbourIndex
from training.mapped import shared
from training.row_tasks import joined, parallel, tasks_of

PLAIN_BELOW = 10_000  # rows that the plain loop finishes sooner than the kernel compiles and runs
EXACT_BELOW = 150_000  # rows; above, exact lists would take more than minutes on two cores
THETA = 0.0095  # in a pruned build: the least product of two weights that counts when candidates are chosen


def fit_neighbours(
    vectors: sparse.csr_array, *, stored: int = STORED, jobs: int = 1, folder: Path | None = None
) -> NeighbourIndex:
    """The neighbour index of a matrix (n, V) of unit rows.

    Its size decides how: below 10,000 rows by the plain loop, below 150,000 by the exact kernel, which gives the same
    bits, above by the pruned kernel.

    stored  neighbours kept a row      jobs  parallel workers, -1: one a processor; changes only speed
    folder  an empty one that workers in other processes see at the same path; None: workers are threads
    """
    rows, width = Rows.of(vectors), vectors.shape[1]
    if len(rows) < PLAIN_BELOW:
        table = plain_neighbours(rows, width, stored, jobs=jobs)
    else:
        theta = 0.0 if len(rows) < EXACT_BELOW else THETA
        table = kernel_neighbours(rows, width, stored, theta=theta, jobs=jobs, folder=folder)
    return NeighbourIndex(rows, rows.transposed(width), table)


def plain_neighbours(rows: Rows, width: int, k: int, *, jobs: int = 1) -> Neighbours:
    """Exact lists without compiling anything. `width`: V, more than any term."""
    postings = rows.transposed(width)
    parts = parallel(jobs, [delayed(block)(rows, postings, *task, k) for task in tasks_of(0, len(rows))])
    return joined(len(rows), k, ((part.rows, part.scores) for part in parts))


def kernel_neighbours(
    rows: Rows, width: int, k: int, *, theta: float = 0.0, jobs: int = 1, folder: Path | None = None
) -> Neighbours:
    """Lists from the compiled kernels: the bits of `plain_neighbours` where theta is 0, else nearly those, sooner.

    theta   the least product of two weights that counts when candidates are chosen; scores are exact all the same
    folder  see `fit_neighbours`
    """
    from training.arrange_kernel import arrange

    if len(rows) == 0:
        return joined(0, k, ())
    arranged = arrange(rows, width)
    there = shared(arranged, folder, "rows")
    unsettled: list[int] = []
    if theta > 0:
        from training.pruned_lists import pruned_lists

        lists = pruned_lists(arranged, there, k, theta, jobs=jobs, folder=folder)
    else:
        from training.exact_lists import exact_lists

        lists, unsettled = exact_lists(arranged, there, k, jobs=jobs, folder=folder)
    old = np.where(lists.rows >= 0, arranged.names[lists.rows], np.int32(-1))
    found = Neighbours(old[arranged.places], lists.scores[arranged.places])
    if unsettled:
        columns = rows.transposed(width)
        for row in arranged.names[unsettled].tolist():
            plain = block(rows, columns, row, row + 1, k)
            found.rows[row], found.scores[row] = plain.rows[0], plain.scores[0]
    return found
