"""Exact cosine between sparse unit rows: postings, scores of one query, the k best, all pairs.

A score is defined once, so that every way to compute it gives the same bits: the products of the shared terms, added in
float64 by ascending term, rounded to float32. A product of two float32 is exact in float64, so no fused instruction of
any machine changes it. Rows that share no term, or only terms of weight 0, are no neighbours.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Found = tuple[NDArray[np.int32], NDArray[np.float32]]  # rows with their scores, or terms with their weights

STORED = 100  # neighbours kept per article: lists show 10, filters, folding and re-ranking need more to choose from


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows, each with its terms in ascending order. The arrays may be read-only memory maps."""

    starts: NDArray[np.int64]  # (n + 1,) where each row begins
    terms: NDArray[np.int32]  # (m,) columns, ascending within a row
    weights: NDArray[np.float32]  # (m,) finite, >= 0

    @classmethod
    def of(cls, vectors: sparse.csr_array) -> Self:
        """The rows of a sparse matrix (n, V), which is left as it is; duplicates are summed, terms sorted."""
        if not vectors.has_canonical_format:
            vectors = vectors.copy()
            vectors.sum_duplicates()
        return cls(
            vectors.indptr.astype(np.int64, copy=False),
            vectors.indices.astype(np.int32, copy=False),
            vectors.data.astype(np.float32, copy=False),
        )

    def __len__(self) -> int:
        return self.starts.size - 1

    def row(self, i: int) -> Found:
        """Terms and weights of row i, as views."""
        here = slice(int(self.starts[i]), int(self.starts[i + 1]))
        return self.terms[here], self.weights[here]

    def transposed(self, width: int) -> "Rows":
        """The same numbers by column (postings): row t lists the rows that hold term t, ascending.

        width  V, more than any term      cost  O(m + n + V)
        """
        columns = sparse.csr_array((self.weights, self.terms, self.starts), shape=(len(self), width)).tocsc()
        return Rows(columns.indptr.astype(np.int64), columns.indices.astype(np.int32), columns.data)

    def matrix(self, rows: NDArray[np.integer], width: int) -> sparse.csr_array:
        """Copies of `rows` (m,), ascending, as a matrix (m, width) of float64, for `DenseQuery`.

        width  V, more than any term      cost  O(m + their terms)
        """
        few = self.terms.size <= np.iinfo(np.int32).max
        bounds: NDArray[np.int32 | np.int64] = np.zeros(2 * rows.size + 2, np.int32 if few else np.int64)
        bounds[1:-1:2], bounds[2:-1:2], bounds[-1] = self.starts[rows], self.starts[rows + 1], self.terms.size
        # All entries as a matrix of these rows and of what lies between: a third of the time of indexing entries.
        cut = sparse.csr_array((self.weights, self.terms, bounds), shape=(bounds.size - 1, width), copy=False)[1::2]
        return sparse.csr_array((cut.data.astype(np.float64), cut.indices, cut.indptr), shape=cut.shape, copy=False)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The k nearest rows of every row, best first, equal ones by lower row; itself excluded."""

    rows: NDArray[np.int32]  # (n, k), -1 where there are no more
    scores: NDArray[np.float32]  # (n, k) cosine, 0 where there are no more


def scores(postings: Rows, n: int, terms: NDArray[np.int32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosine of one vector with each of n rows.

    postings  the rows by term; terms beyond them match nothing
    terms, weights  (q,) the vector, terms ascending
    returns   (n,) float32
    cost      O(n + postings of these terms)
    """
    known = int(np.searchsorted(terms, len(postings)))
    terms, weights = terms[:known], weights[:known]
    spans = list(zip(postings.starts[terms].tolist(), postings.starts[terms + 1].tolist(), strict=True))
    if not spans:
        return np.zeros(n, np.float32)
    starts = np.zeros(known + 1, np.int64)
    np.cumsum([end - begin for begin, end in spans], out=starts[1:])
    rows = np.concatenate([postings.terms[begin:end] for begin, end in spans])
    data = np.concatenate([postings.weights[begin:end] for begin, end in spans], dtype=np.float64)
    # Half the time of adding list by list: the product with a column-wise matrix is one pass in compiled code.
    lists = sparse.csc_array((data, rows, starts.astype(np.int32)), shape=(n, known), copy=False)
    product = np.asarray(lists @ weights.astype(np.float64))
    return product.astype(np.float32)


class DenseQuery:
    """Vectors laid out by term, one at a time, to be multiplied with rows; the room for them is kept, all zero."""

    def __init__(self) -> None:
        self._room = np.zeros(0)

    def scores(
        self, rows: sparse.csr_array, terms: NDArray[np.int32], weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Cosine of one vector with each of some rows (m, V) of float64, terms ascending: the sums of `scores`.

        cost  O(entries of the rows)
        """
        width = rows.shape[1]
        if width > self._room.size:
            self._room = np.zeros(width + self._room.size // 4)
        known = int(np.searchsorted(terms, width))
        dense = self._room[:width]
        dense[terms[:known]] = weights[:known]
        found = np.asarray(rows @ dense)
        dense[terms[:known]] = 0.0
        return found.astype(np.float32)


def top_k(values: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Positions of the k highest positive values, best first, equal ones by lower position.

    values   (n,) finite
    returns  (at most k,)
    cost     O(n + k log k)
    """
    if k <= 0:
        return np.empty(0, np.intp)
    kept = np.flatnonzero(values > 0)  # few where vectors are sparse
    found = values[kept]
    if k < kept.size:
        least = np.partition(found, found.size - k)[found.size - k]
        above = np.flatnonzero(found > least)
        level = np.flatnonzero(found == least)[: k - above.size]
        first = np.concatenate((above, level))
        kept, found = kept[first], found[first]
    return kept[np.argsort(-found, kind="stable")]


def block(vectors: Rows, postings: Rows, start: int, stop: int, k: int) -> Neighbours:
    """The k nearest of rows start..stop-1 among all rows: one task of a parallel build.

    returns  Neighbours of stop - start rows
    """
    n = len(vectors)
    found = Neighbours(np.full((stop - start, k), -1, np.int32), np.zeros((stop - start, k), np.float32))
    for i in range(start, stop):
        values = scores(postings, n, *vectors.row(i))
        values[i] = 0.0
        best = top_k(values, k)
        found.rows[i - start, : best.size] = best
        found.scores[i - start, : best.size] = values[best]
    return found


def all_pairs(vectors: Rows, postings: Rows, k: int = STORED) -> Neighbours:
    """The k nearest of every row: the plain twin of training's compiled kernel. O(n) numpy calls, no compilation."""
    return block(vectors, postings, 0, len(vectors), k)
