"""Tasks over the rows of a matrix, on threads of this process or wherever joblib's backend in force runs them."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from joblib import Parallel

from recsys.cosine import Found, Neighbours

TASK = 256  # rows a task: small enough to share the work evenly, large enough to hide what a task costs

Task = tuple[int, int]  # from a row to before another one


def tasks_of(first: int, stop: int, size: int = TASK) -> list[Task]:
    """The rows first..stop-1 in order."""
    return [(start, min(start + size, stop)) for start in range(first, stop, size)]


def parallel(jobs: int, tasks: Iterable[Any]) -> Iterable[Any]:
    """Results in order, as they come. Threads, unless another backend is in force: compiled code holds no lock.

    tasks  of joblib's `delayed`; taken one by one, shortly before they begin
    """
    found: Iterable[Any] = Parallel(n_jobs=jobs, prefer="threads", return_as="generator")(tasks)
    return found


def joined(n: int, k: int, parts: Iterable[Found]) -> Neighbours:
    """The lists (n, k) of all rows from those of tasks in order."""
    found = Neighbours(np.empty((n, k), np.int32), np.empty((n, k), np.float32))
    start = 0
    for rows, scores in parts:
        found.rows[start : start + len(rows)] = rows
        found.scores[start : start + len(rows)] = scores
        start += len(rows)
    return found
