"""Exact scores of the few rows that can matter, the others ruled out by a bound on what frequent terms add.

A few dozen terms that stand in an eighth of all rows or more hold most of the postings that a new vector meets, and say
little. Their products with a row add up to no more than the product of two lengths (Cauchy and Schwarz): that of the
vector's frequent part and that of the row's, which is known beforehand. So only rarer terms are added up for all rows,
on top of that bound, and rows whose bound reaches a list are scored from their own vectors.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recsys.cosine import DenseQuery, Found, Rows, scores, top_k

SHARE = 0.12  # of all rows: terms that stand in so many are frequent; with less, more rows pass the bound (decision 36)
LEAST_SPARED = 200_000  # postings of frequent terms; fewer are added up sooner than a bound is looked at
AHEAD = 3  # times k rows of the highest bounds are scored first: the k-th best of those is the bar for all others
WORTH = 1.0  # products of rows that are scored, for each posting that is spared: more take as long as all postings
LEAST_WEIGHT = np.float32(2.0**-60)  # products of smaller ones are no normal float32, whose rounding the slack covers

_STEP = 2.0**-23  # a sum of m products of positive float32 is off by less than (m + 2) / 2 such steps


@dataclass(frozen=True, slots=True)
class Frequent:
    """Which terms of n rows are frequent, and how long each row's part of them is."""

    least: int  # terms that stand in at least so many rows are frequent
    lengths: NDArray[np.float32]  # (n,) Euclidean, rounded up

    @classmethod
    def of(cls, postings: Rows, n: int, *, share: float = SHARE) -> Self | None:
        """What the postings of n rows say; None where weights are too small for bounds in float32."""
        if postings.weights.min(where=postings.weights > 0, initial=1.0) < LEAST_WEIGHT:
            return None
        least = max(1, int(share * n))
        squares = np.zeros(n)
        for term in np.flatnonzero(np.diff(postings.starts) >= least).tolist():
            rows, weights = postings.row(term)
            squares[rows] += weights.astype(np.float64) ** 2
        lengths = np.nextafter(np.sqrt(squares).astype(np.float32), np.float32(np.inf))
        return cls(least, np.where(squares > 0, lengths, np.float32(0)))


@dataclass(frozen=True, slots=True)
class Base:
    """Rows that don't change, as they are searched. Only `frequent` may be None: then all postings are added up."""

    vectors: Rows
    postings: Rows  # the same by term
    frequent: Frequent | None
    dense: DenseQuery


def reached(
    base: Base,
    query: Found,
    k: int,
    *,
    bars: NDArray[np.float32] | None = None,
    allowed: NDArray[np.bool_] | None = None,
    closed: NDArray[np.int32] | None = None,
) -> Found:
    """Rows, ascending, with their scores: the k best, all that reach their own bars, and perhaps others.

    query    terms, ascending, and weights of a vector      k  >= 1
    bars     (n,) scores; None: only the k best are asked for
    allowed  (n,) only these rows; it acts before the cut
    closed   rows that count no more
    cost     O(n + postings of the vector's rarer terms + terms of the rows that are scored), or that of `scores`
    """
    found = within_reach(base, query, k, bars=bars, allowed=allowed, closed=closed)
    if found is not None:
        return found
    values = scores(base.postings, len(base.vectors), *query)
    _shut(values, allowed, closed)
    best = top_k(values, k)
    within = np.zeros(values.size, np.bool_) if bars is None else values >= bars
    within[best] = True
    rows = np.flatnonzero(within)
    return rows.astype(np.int32), values[rows]


def within_reach(
    base: Base,
    query: Found,
    k: int,
    *,
    bars: NDArray[np.float32] | None = None,
    allowed: NDArray[np.bool_] | None = None,
    closed: NDArray[np.int32] | None = None,
) -> Found | None:
    """What `reached` returns, by bounds; None where there are none, or adding up all postings takes no longer."""
    terms, weights = query
    known = int(np.searchsorted(terms, len(base.postings)))
    terms, weights = terms[:known], weights[:known]
    if base.frequent is None or weights.min(where=weights > 0, initial=1.0) < LEAST_WEIGHT:
        return None
    counts = base.postings.starts[terms + 1] - base.postings.starts[terms]
    often = counts >= base.frequent.least
    spared = int(counts[often].sum())
    if spared < LEAST_SPARED:
        return None
    most = WORTH * spared * len(base.vectors) / base.vectors.terms.size  # rows to score, of medium length
    bounds = upper_bounds(base.frequent, base.postings, terms, weights, often)
    _shut(bounds, allowed, closed)
    first = np.flatnonzero(bounds >= _high(bounds, AHEAD * k))
    if first.size > most:
        return None
    values = _scored(base, first, terms, weights)
    bar = np.partition(values, values.size - k)[values.size - k] if values.size >= k else np.float32(0)
    bounds[first] = 0.0
    within = bounds > bar
    if bars is not None:
        within |= bounds > bars
    others = np.flatnonzero(within)
    if first.size + others.size > most:
        return None
    rows = np.concatenate((first, others)).astype(np.int32)
    values = np.concatenate((values, _scored(base, others, terms, weights)))
    order = np.argsort(rows)
    return rows[order], values[order]


def upper_bounds(
    frequent: Frequent,
    postings: Rows,
    terms: NDArray[np.int32],
    weights: NDArray[np.float32],
    often: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """More than the score of every row that has one above 0: (n,), 0 for some of the others.

    often  (m,) which of `terms` are frequent
    """
    slack = 1 + (terms.size + 8) * _STEP
    exact = weights.astype(np.float64) * slack
    bounds: NDArray[np.float32] = frequent.lengths * np.float32(np.linalg.norm(exact[often]))
    rare = terms[~often]
    spans = zip(postings.starts[rare].tolist(), postings.starts[rare + 1].tolist(), strict=True)
    for (begin, end), weight in zip(spans, exact[~often].astype(np.float32), strict=True):
        np.add.at(bounds, postings.terms[begin:end], postings.weights[begin:end] * weight)
    return bounds


def _high(bounds: NDArray[np.float32], count: int) -> np.float32:
    """A positive number that at least `count` bounds reach, hardly more, and all that are positive where fewer are.

    Of so many stripes one after the other their highest bounds at each place: the count-th of those is such a number.
    """
    stripes = max(1, bounds.size // (16 * count))
    width = bounds.size // stripes
    highest = bounds[: width * stripes].reshape(stripes, width).max(axis=0)
    count = min(count, width)
    return max(np.partition(highest, width - count)[width - count], np.finfo(np.float32).tiny)


def _scored(
    base: Base, rows: NDArray[np.intp], terms: NDArray[np.int32], weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    return base.dense.scores(base.vectors.matrix(rows, len(base.postings)), terms, weights)


def _shut(values: NDArray[np.float32], allowed: NDArray[np.bool_] | None, closed: NDArray[np.int32] | None) -> None:
    """Sets to 0 what is not allowed or closed."""
    if allowed is not None:
        values[~allowed] = 0.0
    if closed is not None:
        values[closed] = 0.0
