"""The ties of `training.covisits`, counted by a compiled kernel: articles in parallel, each by one thread."""

import math
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from recsys.ragged import run_starts
from training.covisit_kernel import FIXED_POINT, best_ties, by_article
from training.covisits import NEAR, PRIOR, TIES, VISITS

_TASK = 2_000  # articles

Arrays = dict[str, NDArray[Any]]


def count_ties(readers: NDArray[np.uint64], row: NDArray[np.int32], n: int, *, threads: int) -> tuple[Arrays, Arrays]:
    """The arrays of `recsys.covisitation.Ties`, together and after, for n articles.

    readers, row  (m,) the first visits of each reader to each article, by reader, then in order of time
    threads       0: one per core
    """
    reader, length = _runs(readers)
    begins = np.cumsum(length) - length
    kept = np.arange(row.size, dtype=np.int64) >= (begins + length - VISITS)[reader]
    row, reader = np.ascontiguousarray(row[kept], np.int32), reader[kept]
    length = np.minimum(length, VISITS).astype(np.int32)
    popularity = np.bincount(row, minlength=n)
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(popularity, out=starts[1:])
    shared = (row, reader, length, _weights(), starts, by_article(row, starts), popularity + PRIOR, TIES)
    tasks = [(start, min(start + _TASK, n)) for start in range(0, n, _TASK)]
    parts = list(
        Parallel(n_jobs=threads or -1, prefer="threads", return_as="generator")(
            delayed(_task)(task, shared) for task in tasks
        )
    )
    return _joined([part[0] for part in parts]), _joined([part[1] for part in parts])


def _task(task: tuple[int, int], shared: tuple[Any, ...]) -> list[list[NDArray[Any]]]:
    """Counts, rows, scores and readers of the ties of some articles, together and after, without what is not used."""
    counts, *columns = best_ties(*task, *shared)
    return [[counts[way], *(column[way, : counts[way].sum()].copy() for column in columns)] for way in range(2)]


def _joined(parts: list[list[NDArray[Any]]]) -> Arrays:
    counts, rows, scores, readers = (
        np.concatenate([np.zeros(0, kind), *(part[i] for part in parts)])
        for i, kind in enumerate((np.int32, np.int32, np.float32, np.int32))
    )
    starts = np.zeros(counts.size + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    return {"starts": starts, "rows": rows, "scores": scores, "readers": readers}


def _runs(readers: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The place (m,) of each visit's reader among the readers, and how many visits each reader has."""
    number = np.cumsum(run_starts(readers), dtype=np.int32) - np.int32(1)
    return number, np.bincount(number)


def _weights() -> NDArray[np.int64]:
    """(VISITS + 1, NEAR + 1) what a pair of visits of a reader of so many weighs, in fixed point, by visits apart."""
    of_length = [1.0 / math.log2(1.0 + length) if length else 0.0 for length in range(VISITS + 1)]
    apart = np.array([1, *range(1, NEAR + 1)])
    weights: NDArray[np.int64] = np.floor(np.array(of_length)[:, None] / apart * FIXED_POINT + 0.5).astype(np.int64)
    return weights
