"""Text vectors -> neighbour lists of all articles, in blocks that run in parallel."""

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse

from recsys.cosine import STORED, Neighbours, Rows, block
from recsys.neighbours import NeighbourIndex

BLOCK = 256  # rows a task: a fraction of a second


def fit_neighbours(vectors: sparse.csr_array, *, stored: int = STORED, jobs: int = 1) -> NeighbourIndex:
    """The neighbour index of a matrix (n, V) of unit rows.

    stored  neighbours kept a row      jobs  parallel workers, -1: one a processor; changes only speed
    """
    rows = Rows.of(vectors)
    postings = rows.transposed(vectors.shape[1])
    return NeighbourIndex(rows, postings, _plain(rows, postings, stored, jobs))


def _plain(rows: Rows, postings: Rows, k: int, jobs: int) -> Neighbours:
    starts = range(0, len(rows), BLOCK)
    parts = Parallel(n_jobs=jobs, prefer="threads")(
        delayed(block)(rows, postings, start, min(start + BLOCK, len(rows)), k) for start in starts
    )
    nothing = block(rows, postings, 0, 0, k)
    return Neighbours(
        np.concatenate([nothing.rows, *(part.rows for part in parts)]),
        np.concatenate([nothing.scores, *(part.scores for part in parts)]),
    )
