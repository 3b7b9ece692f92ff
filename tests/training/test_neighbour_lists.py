"""The compiled kernel gives the bits of its plain twin; pruned it gives nearly those."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse

from recsys.cosine import Neighbours, Rows, block
from tests.recsys.vectors import matrices
from training import neighbour_lists as fitting
from training import pruned_lists
from training.neighbour_lists import fit_neighbours, kernel_neighbours, plain_neighbours


def corpus(n: int, seed: int, words: int = 400, common_words: int = 30, story: int = 8) -> sparse.csr_array:
    """n unit rows of common words by Zipf's law and of words of a story's own; every tenth repeats some row."""
    rng = np.random.default_rng(seed)
    common = rng.zipf(1.3, (n, common_words)) % words
    own = words + rng.integers(0, max(1, n // story), (n, 1)) * 5 + rng.integers(0, 5, (n, 6))
    owner = np.repeat(np.arange(n), common_words + 6)
    shape = (n, int(own.max()) + 1)
    counts = sparse.csr_array((np.ones(owner.size), (owner, np.hstack((common, own)).ravel())), shape=shape)
    counts.sum_duplicates()
    repeated = np.where(np.arange(n) % 10 == 9, rng.integers(0, n, n), np.arange(n))
    counts = sparse.csr_array(counts[repeated])
    idf = np.log((1 + n) / (1 + np.bincount(counts.indices, minlength=shape[1]))) + 1
    counts.data *= idf[counts.indices]
    length = np.sqrt(counts.multiply(counts).sum(axis=1))
    counts.data /= np.repeat(length, np.diff(counts.indptr))
    return counts.astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(matrices(max_rows=40), st.integers(1, 6))
def test_kernel_equals_its_plain_twin_on_rows_full_of_ties(matrix: sparse.csr_array, k: int) -> None:
    rows, width = Rows.of(matrix), matrix.shape[1]
    assert_same(kernel_neighbours(rows, width, k), plain_neighbours(rows, width, k))


@pytest.mark.parametrize("n", [1, 7, 300, 2_000])
@pytest.mark.parametrize("k", [1, 20])
def test_kernel_equals_its_plain_twin_on_a_corpus(n: int, k: int) -> None:
    matrix = corpus(n, seed=n)
    rows, width = Rows.of(matrix), matrix.shape[1]
    assert_same(kernel_neighbours(rows, width, k), plain_neighbours(rows, width, k))


@pytest.mark.slow
def test_kernel_equals_its_plain_twin_across_blocks_of_16_bit_rows() -> None:
    matrix = corpus(66_000, seed=1, words=20_000, common_words=3, story=60)
    rows, width = Rows.of(matrix), matrix.shape[1]
    found = kernel_neighbours(rows, width, 10, jobs=2)
    postings = rows.transposed(width)
    for row in range(0, len(rows), 997):
        plain = block(rows, postings, row, row + 1, 10)
        assert_array_equal(found.scores[row], plain.scores[0])
        assert_array_equal(found.rows[row], plain.rows[0])


def test_workers_change_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruned_lists, "BLOCK", 300)
    matrix = corpus(1_000, seed=2)
    rows, width = Rows.of(matrix), matrix.shape[1]
    for theta in (0.0, 0.02):
        one, two = (kernel_neighbours(rows, width, 10, theta=theta, jobs=jobs) for jobs in (1, 2))
        assert_same(one, two)


def test_identical_rows_are_listed_by_row_number_however_many_there_are() -> None:
    """Float32 can't settle who comes first among many equals: such rows are left to the plain twin."""
    matrix = sparse.csr_array(np.tile(np.array([[0.6, 0.8]], np.float32), (600, 1)))
    found = kernel_neighbours(Rows.of(matrix), 2, 5)
    assert found.rows[0].tolist() == [1, 2, 3, 4, 5]
    assert found.rows[3].tolist() == [0, 1, 2, 4, 5]
    assert found.rows[599].tolist() == [0, 1, 2, 3, 4]


def test_pruning_keeps_nearly_all_of_the_ten_nearest_and_their_scores_exact() -> None:
    matrix = corpus(3_000, seed=3)
    rows, width = Rows.of(matrix), matrix.shape[1]
    exact = plain_neighbours(rows, width, 10)
    pruned = kernel_neighbours(rows, width, 10, theta=0.01)
    shared = [len(set(a) & set(b)) for a, b in zip(exact.rows.tolist(), pruned.rows.tolist(), strict=True)]
    assert np.mean(shared) > 9.8
    for row in range(0, 3_000, 71):
        for other, score in zip(pruned.rows[row].tolist(), pruned.scores[row].tolist(), strict=True):
            if other in exact.rows[row]:
                assert score == exact.scores[row][exact.rows[row] == other]


@pytest.mark.parametrize("most_rows", [700, 1_000, 1_999])
def test_blocks_change_no_list_where_nothing_is_left_out(most_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = corpus(2_000, seed=7)
    rows, width = Rows.of(matrix), matrix.shape[1]
    in_one = kernel_neighbours(rows, width, 10, theta=1e-6)
    monkeypatch.setattr(pruned_lists, "BLOCK", most_rows)
    assert_same(kernel_neighbours(rows, width, 10, theta=1e-6), in_one)


def test_neighbours_of_neighbours_bring_back_what_pruning_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = corpus(3_000, seed=3)
    rows, width = Rows.of(matrix), matrix.shape[1]
    exact = plain_neighbours(rows, width, 10)
    found = {}
    for looks in (0, 16):
        monkeypatch.setattr(pruned_lists, "reach", lambda n, looks=looks: looks)
        pruned = kernel_neighbours(rows, width, 10, theta=0.1)
        found[looks] = np.mean([np.isin(a, b).mean() for a, b in zip(exact.rows, pruned.rows, strict=True)])
    assert found[16] > found[0] + 0.01


def test_the_index_is_the_same_by_whichever_way_its_size_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = corpus(500, seed=4)
    plain = fit_neighbours(matrix, stored=10)
    monkeypatch.setattr(fitting, "PLAIN_BELOW", 1)
    for name, array in fit_neighbours(matrix, stored=10).arrays().items():
        assert_array_equal(array, plain.arrays()[name])


def test_only_builds_of_many_rows_are_pruned(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = corpus(400, seed=6)
    monkeypatch.setattr(fitting, "PLAIN_BELOW", 1)
    exact = fit_neighbours(matrix, stored=10).arrays()
    monkeypatch.setattr(fitting, "THETA", 0.05)
    assert_array_equal(fit_neighbours(matrix, stored=10).arrays()["rows"], exact["rows"])
    monkeypatch.setattr(fitting, "EXACT_BELOW", 400)
    assert not np.array_equal(fit_neighbours(matrix, stored=10).arrays()["rows"], exact["rows"])


@pytest.mark.parametrize("n", [0, 1])
def test_no_article_and_one_article_have_no_neighbours(n: int) -> None:
    index = fit_neighbours(corpus(1, seed=5)[:n])
    assert len(index) == n
    assert all(index.neighbours(row)[0].size == 0 for row in range(n))


def assert_same(found: Neighbours, expected: Neighbours) -> None:
    assert_array_equal(found.scores, expected.scores)
    assert_array_equal(found.rows, expected.rows)
