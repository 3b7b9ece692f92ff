"""Exact cosine: the k best of a score row, postings, all pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from scipy import sparse

from recsys.cosine import DenseQuery, Neighbours, Rows, all_pairs, block, scores, top_k
from tests.recsys.vectors import TERMS, brute_force, matrices, unit_rows

FEW_LEVELS = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])


@given(hnp.arrays(np.float32, st.integers(0, 40), elements=FEW_LEVELS), st.integers(0, 45))
def test_top_k_equals_full_sort_with_ties_to_the_lower_position(values: NDArray[np.float32], k: int) -> None:
    order = np.lexsort((np.arange(values.size), -values))
    assert_array_equal(top_k(values, k), order[values[order] > 0][:k])


@given(matrices())
def test_transposed_twice_is_the_same_rows(matrix: sparse.csr_array) -> None:
    rows = Rows.of(matrix)
    again = rows.transposed(matrix.shape[1]).transposed(matrix.shape[0])
    for name in ("starts", "terms", "weights"):
        assert_array_equal(getattr(again, name), getattr(rows, name))


@given(matrices(), st.integers(1, 12))
def test_all_pairs_equal_a_full_sort_of_all_products(matrix: sparse.csr_array, k: int) -> None:
    assert_same(plain(matrix, k), brute_force(matrix, k))


@given(matrices(), st.integers(1, 5), st.integers(0, 14))
def test_blocks_joined_equal_all_pairs_at_once(matrix: sparse.csr_array, k: int, cut: int) -> None:
    rows = Rows.of(matrix)
    postings = rows.transposed(matrix.shape[1])
    cut = min(cut, len(rows))
    parts = [block(rows, postings, 0, cut, k), block(rows, postings, cut, len(rows), k)]
    joined = Neighbours(np.concatenate([p.rows for p in parts]), np.concatenate([p.scores for p in parts]))
    assert_same(joined, plain(matrix, k))


@given(matrices(), st.lists(unit_rows(TERMS + 2), max_size=3), st.sets(st.integers(0, 13)))
def test_a_dense_query_gives_some_rows_the_scores_that_postings_give(
    matrix: sparse.csr_array, vectors: list[NDArray[np.float32]], chosen: set[int]
) -> None:
    rows, dense = Rows.of(matrix), DenseQuery()
    these = np.array(sorted(row for row in chosen if row < len(rows)), np.intp)
    for vector in vectors:
        terms = np.flatnonzero(vector).astype(np.int32)
        found = dense.scores(rows.matrix(these, TERMS), terms, vector[terms])
        assert_array_equal(found, scores(rows.transposed(TERMS), len(rows), terms, vector[terms])[these])


def test_rows_of_an_untidy_matrix_have_each_term_once_in_ascending_order() -> None:
    untidy = sparse.csr_array(
        (np.array([1, 2, 4], np.float32), np.array([2, 0, 2], np.int32), np.array([0, 3], np.int32)), shape=(1, 3)
    )
    terms, weights = Rows.of(untidy).row(0)
    assert_array_equal(terms, [0, 2])
    assert_array_equal(weights, [2, 5])
    assert_array_equal(untidy.data, [1, 2, 4])  # the caller's matrix is as it was


def test_terms_beyond_the_postings_match_nothing() -> None:
    postings = Rows.of(sparse.csr_array(np.eye(3, dtype=np.float32))).transposed(3)
    found = scores(postings, 3, np.array([1, 7], np.int32), np.array([0.6, 0.8], np.float32))
    assert_array_equal(found, np.array([0, 0.6, 0], np.float32))


@pytest.mark.parametrize("n", [1, 5])
def test_identical_rows_list_each_other_by_row(n: int) -> None:
    found = plain(sparse.csr_array(np.tile(np.array([[0.6, 0.8]], np.float32), (n, 1))), 3)
    for row in range(n):
        others = [other for other in range(n) if other != row][:3]
        assert found.rows[row].tolist() == others + [-1] * (3 - len(others))


def plain(matrix: sparse.csr_array, k: int) -> Neighbours:
    rows = Rows.of(matrix)
    return all_pairs(rows, rows.transposed(matrix.shape[1]), k)


def assert_same(found: Neighbours, expected: Neighbours) -> None:
    assert_array_equal(found.scores, expected.scores)
    assert_array_equal(found.rows, expected.rows)
