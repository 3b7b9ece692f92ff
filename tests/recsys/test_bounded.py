"""Rows that a bound rules out can be in no list, and those that it lets through have the scores of a full sum."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from scipy import sparse

from recsys import bounded
from recsys.bounded import Base, Frequent, reached, upper_bounds, within_reach
from recsys.cosine import DenseQuery, Found, Rows, scores, top_k
from tests.recsys.vectors import TERMS, matrices, news, unit_rows

SHARES = st.sampled_from([0.0, 0.2, 0.4, 0.8])
Wish = tuple[list[float], list[bool], set[int]]  # bars, allowed, closed
wishes = st.tuples(
    st.lists(st.sampled_from([0.0, 0.3, 0.6, 1.0]), min_size=14, max_size=14),
    st.lists(st.booleans(), min_size=14, max_size=14),
    st.sets(st.integers(0, 13), max_size=4),
)


@pytest.fixture(autouse=True)
def always_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "LEAST_SPARED", 1)
    monkeypatch.setattr(bounded, "WORTH", np.inf)


def parts(vector: NDArray[np.float32]) -> Found:
    terms = np.flatnonzero(vector).astype(np.int32)
    return terms, vector[terms]


def searched(matrix: sparse.csr_array, share: float) -> Base:
    rows = Rows.of(matrix)
    postings = rows.transposed(matrix.shape[1])
    frequent = Frequent.of(postings, len(rows), share=share)
    assert frequent is not None
    return Base(rows, postings, frequent, DenseQuery())


@given(matrices(), unit_rows(TERMS + 2), SHARES)
def test_bounds_are_above_every_positive_score(
    matrix: sparse.csr_array, vector: NDArray[np.float32], share: float
) -> None:
    assert_bounded(matrix, parts(vector[:TERMS]), share)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_bounds_are_above_every_positive_score_of_uneven_weights(seed: int, share: float) -> None:
    matrix = news(300, np.random.default_rng(seed))
    for row in range(0, 300, 10):
        assert_bounded(matrix, Rows.of(matrix).row(row), share)


def assert_bounded(matrix: sparse.csr_array, query: Found, share: float) -> None:
    base = searched(matrix, share)
    assert base.frequent is not None
    often = np.diff(base.postings.starts)[query[0]] >= base.frequent.least
    found = upper_bounds(base.frequent, base.postings, *query, often)
    exact = scores(base.postings, len(base.vectors), *query)
    assert np.all((found > exact) | (exact == 0))


@given(matrices(), unit_rows(TERMS + 2), SHARES, st.integers(1, 5), wishes)
def test_what_is_reached_is_what_a_full_sum_finds(
    matrix: sparse.csr_array, vector: NDArray[np.float32], share: float, k: int, wish: Wish
) -> None:
    base, n = searched(matrix, share), matrix.shape[0]
    bars, allowed, closed = np.array(wish[0][:n], np.float32), np.array(wish[1][:n], np.bool_), wish[2]
    out = np.array([row for row in closed if row < n], np.int32)
    exact = scores(base.postings, n, *parts(vector))
    exact[out] = 0
    for own, only in itertools.product((None, bars), (None, allowed)):
        expected = exact if only is None else np.where(only, exact, np.float32(0))
        for one in (base, replace(base, frequent=None)):
            rows, values = reached(one, parts(vector), k, bars=own, allowed=only, closed=out)
            assert_array_equal(values, expected[rows])
            assert np.all(np.diff(rows) > 0)
            assert_array_equal(rows[top_k(values, k)], top_k(expected, k))
            if own is not None:
                assert set(np.flatnonzero((expected >= own) & (expected > 0))) <= set(rows.tolist())


def test_few_rows_are_scored_where_most_products_are_of_frequent_terms() -> None:
    base = searched(news(4_000, np.random.default_rng(1)), 0.1)
    found = within_reach(base, base.vectors.row(7), 10, bars=np.full(4_000, 0.9, np.float32))
    assert found is not None
    assert found[0].size < 400


def test_bounds_that_rule_out_too_few_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    base = searched(news(300, np.random.default_rng(1)), 0.1)
    query, everybody = base.vectors.row(7), np.zeros(300, np.float32)
    assert within_reach(base, query, 10, bars=everybody) is not None
    monkeypatch.setattr(bounded, "WORTH", 0.5)
    assert within_reach(base, query, 10, bars=everybody) is None
    monkeypatch.setattr(bounded, "WORTH", np.inf)
    monkeypatch.setattr(bounded, "LEAST_SPARED", 10_000)
    assert within_reach(base, query, 10, bars=everybody) is None


def test_weights_whose_products_float32_cannot_hold_have_no_bounds() -> None:
    tiny = sparse.csr_array(np.array([[1.0, 1e-30], [1.0, 0.0]], np.float32))
    assert Frequent.of(Rows.of(tiny).transposed(2), 2) is None
    fine = searched(sparse.csr_array(np.eye(2, dtype=np.float32)), 0.0)
    assert within_reach(fine, (np.array([0, 1], np.int32), np.array([1.0, 1e-30], np.float32)), 1) is None
