"""Small matrices of unit rows with many ties, and the neighbours that a full sort gives."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from recsys.cosine import Neighbours

TERMS = 5


@st.composite
def unit_rows(draw: st.DrawFn, width: int = TERMS) -> NDArray[np.float32]:
    """One row (width,): few terms of few weights, so that equal scores and empty rows are common."""
    chosen = draw(st.lists(st.integers(0, width - 1), max_size=4, unique=True))
    raw = np.zeros(width, np.float32)
    raw[chosen] = draw(st.lists(st.sampled_from([1.0, 2.0, 3.0]), min_size=len(chosen), max_size=len(chosen)))
    return unit(raw)


@st.composite
def matrices(draw: st.DrawFn, max_rows: int = 14) -> sparse.csr_array:
    """A matrix (n, TERMS) of such rows, n from 0."""
    rows = draw(st.lists(unit_rows(), max_size=max_rows))
    return sparse.csr_array(np.array(rows, np.float32).reshape(len(rows), TERMS))


def news(n: int, rng: np.random.Generator) -> sparse.csr_array:
    """Unit rows (n, 400) of weights of all sizes: a few terms stand in most rows, most terms in few."""
    numbers = np.arange(400)
    held = rng.random((n, 400)) < 0.9 / (1 + numbers)
    dense = np.where(held, rng.lognormal(0, 2, (n, 400)) * np.log(2 + numbers), 0)
    dense[:, rng.permutation(400)] = dense.copy()
    return sparse.csr_array((dense / np.maximum(np.linalg.norm(dense, axis=1), 1e-9)[:, None]).astype(np.float32))


def unit(raw: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vector at length 1, or as it is where it has none."""
    length = np.linalg.norm(raw)
    return (raw / length).astype(np.float32) if length > 0 else raw


def brute_force(matrix: sparse.csr_array, k: int) -> Neighbours:
    """Neighbours by sorting every product of the dense matrix."""
    dense = matrix.toarray().astype(np.float64)
    n = dense.shape[0]
    products = np.zeros((n, n))
    for term in range(dense.shape[1]):  # by ascending term: the order that defines a score
        products += np.outer(dense[:, term], dense[:, term])
    values = products.astype(np.float32)
    np.fill_diagonal(values, 0)
    found = Neighbours(np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32))
    for row in range(n):
        order = np.lexsort((np.arange(n), -values[row]))
        order = order[values[row][order] > 0][:k]
        found.rows[row, : order.size] = order
        found.scores[row, : order.size] = values[row][order]
    return found
