"""What came after the base of a neighbour index: its vectors, and the notes that other rows take of them."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.cosine import DenseQuery, Found
from recsys.growing import Growing

END = -1


class LateVectors:
    """Vectors that came after the base, in order of arrival."""

    def __init__(self, dense: DenseQuery) -> None:
        self._starts = Growing(np.zeros(1, np.int32))
        self._terms = Growing(np.zeros(0, np.int32))
        self._weights = Growing(np.zeros(0, np.float64))
        self._width = 0  # more than any term
        self._dense = dense

    def append(self, terms: NDArray[np.int32], weights: NDArray[np.float32]) -> None:
        """Adds one at the end."""
        self._terms.extend(terms)
        self._weights.extend(weights)
        self._starts.extend(len(self._terms))
        if terms.size:
            self._width = max(self._width, int(terms[-1]) + 1)

    def row(self, i: int) -> Found:
        """Terms and weights of the i-th."""
        here = slice(*self._starts.view[i : i + 2].tolist())
        return self._terms.view[here], self._weights.view[here].astype(np.float32)

    def scores(self, terms: NDArray[np.int32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosine with each, in order of arrival: a product with the dense query, the same sums as from postings."""
        parts = (self._weights.view, self._terms.view, self._starts.view)
        rows = sparse.csr_array(parts, shape=(len(self._starts) - 1, self._width), copy=False)
        return self._dense.scores(rows, terms, weights)


class Notes:
    """Per row, which late slots belong in its list: chains in three arrays, so that a put adds thousands at once."""

    def __init__(self, n: int) -> None:
        self._newest = Growing(np.full(n, END, np.int32))  # by row: its newest note
        self._older = Growing(np.zeros(0, np.int32))  # by note: the next older note of the same row
        self._slots = Growing(np.zeros(0, np.int32))
        self._scores = Growing(np.zeros(0, np.float32))

    def extend(self) -> None:
        """Makes room for one more row."""
        self._newest.extend(END)

    def add(self, rows: NDArray[np.integer], values: NDArray[np.float32], slot: int) -> None:
        """Notes `slot` at each of `rows` (m,), with its score, `values` (m,)."""
        first, newest = len(self._slots), self._newest.own
        self._older.extend(newest[rows])
        self._slots.extend(np.full(rows.size, slot))
        self._scores.extend(values)
        newest[rows] = np.arange(first, first + rows.size)

    def forget(self, row: int) -> None:
        """Drops what was noted at `row`: it has a new list."""
        self._newest.own[row] = END

    def any(self, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Whether there are notes of each of `rows` (m,): (m,)."""
        found: NDArray[np.bool_] = self._newest.view[rows] != END
        return found

    def of(self, row: int) -> Found:
        """Slots and scores, newest first."""
        chain = []
        note = int(self._newest.view[row])
        while note != END:
            chain.append(note)
            note = int(self._older.view[note])
        return self._slots.view[chain], self._scores.view[chain]
