"""Text vectors -> neighbour lists of all articles, in blocks that run in parallel.

Blocks run on threads of this process, or where joblib's backend in force runs them (`joblib.parallel_config`), such as
a Dask cluster: then a folder that all its machines see is needed, for the arrays that every block reads.
"""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy import sparse

from recsys.cosine import STORED, Found, Neighbours, Rows, block
from recsys.neighbours import NeighbourIndex
from training.mapped import Shared, shared

if TYPE_CHECKING:
    from training.arrange_kernel import Arranged  # numba takes a second to import: only where it is used
    from training.coarse_kernel import Coarse
    from training.exact_kernel import Light

TASK = 256  # rows a task: small enough to share the work evenly, large enough to hide what a task costs
PLAIN_BELOW = 10_000  # rows that the plain loop finishes sooner than the kernel compiles and runs
EXACT_BELOW = 150_000  # rows; above, exact lists would take more than minutes on two cores
THETA = 0.0095  # in a pruned build: the least product of two weights that counts when candidates are chosen


class Lists(NamedTuple):
    """The columns of `Neighbours`, as workers take them along."""

    rows: NDArray[np.int32]  # (n, k)
    scores: NDArray[np.float32]  # (n, k)


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


def reach(n: int) -> int:
    """How many neighbours' how many neighbours a pruned build of n rows looks at: 16 of 100,000, 28 of 1,000,000.

    More is left out of more rows when candidates are chosen, and a look costs less in comparison. Chosen on invented
    rows (benchmarks/corpus.py) for a recall@10 above 0.99, and 0.98 at 1,000,000.
    """
    return round(16 * math.pow(n / 100_000, 0.25))


def plain_neighbours(rows: Rows, width: int, k: int, *, jobs: int = 1) -> Neighbours:
    """Exact lists without compiling anything. `width`: V, more than any term."""
    postings = rows.transposed(width)
    parts = _parallel(jobs, [delayed(block)(rows, postings, *task, k) for task in _tasks(len(rows))])
    return _joined(len(rows), k, ((part.rows, part.scores) for part in parts))


def kernel_neighbours(
    rows: Rows, width: int, k: int, *, theta: float = 0.0, jobs: int = 1, folder: Path | None = None
) -> Neighbours:
    """Lists from the compiled kernels: the bits of `plain_neighbours` where theta is 0, else nearly those, sooner.

    theta   the least product of two weights that counts when candidates are chosen; scores are exact all the same
    folder  see `fit_neighbours`
    """
    from training.arrange_kernel import arrange

    if len(rows) == 0:
        return _joined(0, k, ())
    arranged = arrange(rows, width)
    there = shared(arranged, folder, "rows")
    unsettled: list[int] = []
    if theta > 0:
        lists = _pruned(arranged, there, k, theta, jobs=jobs, folder=folder)
    else:
        lists = _exact(arranged, there, k, unsettled, jobs=jobs, folder=folder)
    old = np.where(lists.rows >= 0, arranged.names[lists.rows], np.int32(-1))
    found = Neighbours(old[arranged.places], lists.scores[arranged.places])
    if unsettled:
        columns = rows.transposed(width)
        for row in arranged.names[unsettled].tolist():
            plain = block(rows, columns, row, row + 1, k)
            found.rows[row], found.scores[row] = plain.rows[0], plain.scores[0]
    return found


def _exact(
    arranged: "Arranged",
    there: "Shared[Arranged]",
    k: int,
    unsettled: list[int],
    *,
    jobs: int,
    folder: Path | None,
) -> Neighbours:
    """Exact lists by new number; adds to `unsettled` the rows whose last place has too many equals for float32."""
    from training.exact_kernel import light

    n = arranged.names.size
    postings = shared(light(arranged), folder, "postings")
    searches = _parallel(jobs, [delayed(_search)(there, postings, task, k) for task in _tasks(n)])
    return _joined(n, k, _noted(searches, unsettled))


def _pruned(
    arranged: "Arranged", there: "Shared[Arranged]", k: int, theta: float, *, jobs: int, folder: Path | None
) -> Neighbours:
    """Nearly exact lists by new number."""
    first = shared(_coarse(arranged, there, k, theta, jobs=jobs, folder=folder), folder, "lists")
    tasks = _tasks(arranged.names.size)
    return _joined(arranged.names.size, k, _parallel(jobs, [delayed(_swept)(there, first, task) for task in tasks]))


def _coarse(
    arranged: "Arranged", there: "Shared[Arranged]", k: int, theta: float, *, jobs: int, folder: Path | None
) -> "Lists":
    """Lists by new number of what the coarse sums find."""
    from training.coarse_kernel import coarse

    n = arranged.names.size
    postings = shared(coarse(arranged, theta), folder, "postings")
    searches = _parallel(jobs, [delayed(_coarse_search)(there, postings, task, k, theta) for task in _tasks(n)])
    found = _joined(n, k, searches)
    return Lists(found.rows, found.scores)


def _search(
    there: "Shared[Arranged]", postings: "Shared[Light]", task: tuple[int, int], k: int
) -> tuple[Found, list[int]]:
    """The lists of the rows of a task, and which of the rows have a last place with too many equals for float32."""
    from training.exact_kernel import candidates
    from training.rerank_kernel import best_of

    arranged, light, (first, stop) = there.open(), postings.open(), task
    keep = k + k // 8 + 8  # the spare ones settle which are the best k by exact score
    rows, fill, least = candidates(arranged.arrays(), light.arrays(), first, stop, keep)
    found = best_of(arranged.arrays(), first, rows, fill, k)
    close = (fill >= keep) & (found[1][:, -1] <= least + 2 * light.slack[first:stop])
    return found, (first + np.flatnonzero(close)).tolist()


def _coarse_search(
    there: "Shared[Arranged]", postings: "Shared[Coarse]", task: tuple[int, int], k: int, theta: float
) -> Found:
    """The lists of the rows of a task."""
    from training.coarse_kernel import coarse_candidates
    from training.rerank_kernel import best_of

    arranged = there.open().arrays()
    keep = k + k // 2 + 8  # coarse sums err by some places
    rows, fill = coarse_candidates(arranged, postings.open().arrays(), *task, keep, np.float32(theta))
    found: Found = best_of(arranged, task[0], rows, fill, k)
    return found


def _swept(there: "Shared[Arranged]", lists: Shared[Lists], task: tuple[int, int]) -> Found:
    """The lists of the rows of a task, bettered by their neighbours' neighbours."""
    from training.rerank_kernel import with_neighbours_of_neighbours

    rows, scores = lists.open()
    found: Found = with_neighbours_of_neighbours(there.open().arrays(), *task, rows, scores, reach(len(rows)))
    return found


def _noted(searches: Iterable[tuple[Found, list[int]]], unsettled: list[int]) -> Iterator[Found]:
    """The lists; the rows that come with them are added to `unsettled`."""
    for found, rows in searches:
        unsettled.extend(rows)
        yield found


def _tasks(n: int) -> list[tuple[int, int]]:
    return [(start, min(start + TASK, n)) for start in range(0, n, TASK)]


def _parallel(jobs: int, tasks: list[Any]) -> Iterable[Any]:
    """Results in order, as they come. Threads, unless another backend is in force: compiled code holds no lock."""
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
