"""Tasks over the rows of a matrix, on threads of this process or wherever joblib's backend in force runs them."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from joblib import Parallel

from recsys.cosine import Found, Neighbours

TASK = 256  # rows a task: small enough to share the work evenly, large enough to hide what a task costs

Task = tuple[int, int]  # from a row to before another one


def tasks_of(first: int, stop: int, size: int = TASK) -> list[Task]:
    """The rows first..stop-1 in order."""
    return [(start, min(start + size, stop)) for start in range(first, stop, size)]


def meetings(parts: int) -> Iterator[list[tuple[int, int]]]:
    """Every two of so many parts once, in rounds in which each is at one meeting at most.

    As in a tournament: one keeps its seat, the others move on by a seat from round to round.
    """
    seats = parts + parts % 2
    for turn in range(seats - 1):
        order = [0, *(1 + (turn + seat) % (seats - 1) for seat in range(seats - 1))]
        pairs = zip(order[: seats // 2], reversed(order[seats // 2 :]), strict=True)
        yield [(a, b) for a, b in pairs if max(a, b) < parts]


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
