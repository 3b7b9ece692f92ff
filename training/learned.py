"""Ties learned from who likes what with what: a linear model that predicts a reader's articles from the others'.

EASE (Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019), cut to the strongest ties of each article.
"""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from recsys.histories import strengths
from recsys.interest import Worth
from recsys.ragged import run_starts
from training.covisits import TIES, VISITS
from training.event_columns import before, plain

ARTICLES = 3_000  # the model covers those with most readers: its cost grows with the third power, here 5 s
READERS = 2  # and at least so many
RIDGE = 300.0  # how many readers' worth of doubt pulls every weight towards 0


def learned_arrays(events: pa.Table, as_of: int, worth: Worth, n: int) -> dict[str, NDArray[Any]]:
    """`starts`, `rows`, `scores`, `readers` of `recsys.covisitation.Ties`, from what visitors liked before `as_of`.

    events  a table of `training.events`      n  how many articles there are
    """
    liked = _liked(events, as_of, worth, n)
    readers = np.bincount(liked.indices, minlength=n)
    covered = np.flatnonzero(readers >= READERS)
    covered = np.sort(covered[np.lexsort((covered, -readers[covered]))[:ARTICLES]])
    together = (liked[:, covered].T @ liked[:, covered]).toarray()
    weights = linear_model(together, RIDGE)
    best = np.empty((covered.size, min(TIES, covered.size)), np.int64)
    for place, row in enumerate(weights):  # all at once they would take as much again as the model, twice
        best[place] = np.argsort(-row, kind="stable")[: best.shape[1]]
    score = np.take_along_axis(weights, best, axis=1)
    kept = score > 0.0
    starts = np.zeros(n + 1, np.int64)
    starts[covered + 1] = kept.sum(axis=1)
    return {
        "starts": np.cumsum(starts),
        "rows": covered[best[kept]].astype(np.int32),
        "scores": score[kept].astype(np.float32),
        "readers": np.take_along_axis(together, best, axis=1)[kept].astype(np.int32),
    }


def linear_model(together: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
    """How much having read article i speaks for article j: (a, a), diagonal 0.

    together  (a, a) how many readers liked both; the diagonal, how many liked each
    returns   B that minimises |X - XB|^2 + ridge |B|^2 with diagonal 0, where together = X'X
    raises    ValueError: ridge <= 0      cost  O(a^3)
    """
    if ridge <= 0.0:
        raise ValueError("ridge must be positive")
    ridged = together.copy()
    np.fill_diagonal(ridged, np.diag(together) + ridge)
    with threadpool_limits(1, user_api="blas"):  # several threads add in another order: other bits, another bundle
        precision = np.linalg.inv(ridged)
    weights: NDArray[np.float64] = np.divide(precision, -np.diag(precision), out=precision)
    np.fill_diagonal(weights, 0.0)
    return weights


def _liked(events: pa.Table, as_of: int, worth: Worth, n: int) -> sparse.csr_array:
    """(visitors, n) 1.0 where a visitor liked an article, of each only the last VISITS."""
    events = before(events, as_of)
    strength, kept = strengths(plain(events["type"], 0), plain(events["value"], np.nan), worth)
    kept &= (strength > 0.0) & events["visitor"].is_valid().to_numpy()
    key, row, at = (plain(events[name], 0)[kept] for name in ("visitor", "row", "at"))
    order = np.lexsort((row, -at, key))
    del at
    key, row = key[order], row[order]
    visitor = np.cumsum(run_starts(key), dtype=np.int32) - np.int32(1)
    del key, order
    _, first = np.unique(visitor * np.int64(n) + row, return_index=True)
    first.sort()  # newest first within each visitor, each article once
    visitor, row = visitor[first], row[first]
    visitors = int(visitor[-1]) + 1 if visitor.size else 0
    begins = np.searchsorted(visitor, np.arange(visitors))
    last = np.arange(visitor.size) - begins[visitor] < VISITS
    shape = (visitors, n)
    return sparse.csr_array((np.ones(int(last.sum())), (visitor[last], row[last])), shape=shape)
