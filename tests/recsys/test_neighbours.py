"""Neighbour lists stay those of a full rebuild, whatever comes, changes and goes."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from scipy import sparse

from recsys import bounded
from recsys.bounded import Frequent
from recsys.cosine import Rows, all_pairs
from recsys.neighbours import NeighbourIndex
from tests.recsys.vectors import TERMS, brute_force, matrices, news, unit, unit_rows

WIDER = TERMS + 3  # late vectors may hold terms that the base never saw

operations = st.lists(
    st.tuples(st.sampled_from(["add", "replace", "remove", "restore"]), st.integers(0, 30), unit_rows(WIDER)),
    max_size=14,
)

shares = st.sampled_from([None, 0.0, 0.3, 0.6])  # of all rows: what makes a term frequent; None: no bounds


@pytest.fixture(autouse=True)
def bounds_are_looked_at_however_few_rows_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "LEAST_SPARED", 1)
    monkeypatch.setattr(bounded, "WORTH", np.inf)


def indexed(matrix: sparse.csr_array, stored: int, share: float | None) -> NeighbourIndex:
    rows = Rows.of(matrix)
    postings = rows.transposed(matrix.shape[1])
    frequent = None if share is None else Frequent.of(postings, len(rows), share=share)
    return NeighbourIndex(rows, postings, all_pairs(rows, postings, stored), frequent=frequent)


def checkerboard(n: int = 8) -> sparse.csr_array:
    """Even rows are about term 0, odd ones about term 1; the further a row, the more of a word of its own."""
    dense = np.zeros((n, n + 2), np.float32)
    for row in range(n):
        dense[row, row % 2] = 1.0
        dense[row, row + 2] = 0.1 * row
        dense[row] = unit(dense[row])
    return sparse.csr_array(dense)


def test_neighbours_on_a_checkerboard_are_the_rows_of_the_same_colour() -> None:
    index = NeighbourIndex.build(checkerboard(), stored=5)
    assert index.neighbours(4)[0].tolist() == [0, 2, 6]
    assert index.neighbours(5)[0].tolist() == [1, 3, 7]
    assert index.neighbours(5, 2)[0].tolist() == [1, 3]


@given(matrices(), operations, st.integers(1, 4), shares)
def test_lists_after_any_changes_equal_those_of_a_full_rebuild(
    matrix: sparse.csr_array,
    changes: list[tuple[str, int, NDArray[np.float32]]],
    stored: int,
    share: float | None,
) -> None:
    index = indexed(matrix, stored, share)
    dense = np.zeros((matrix.shape[0], WIDER), np.float32)
    dense[:, :TERMS] = matrix.toarray()
    gone: set[int] = set()
    for what, number, vector in changes:
        n = dense.shape[0]
        if what == "add" or n == 0:
            dense = np.vstack((dense, vector))
            index.put(n, *parts(vector))
            continue
        row = number % n
        if what == "remove":
            dense[row] = 0
            gone.add(row)
            index.remove(row)
        elif what == "replace" or row in gone:
            dense[row] = vector
            gone.discard(row)
            index.put(row, *parts(vector))
    assert len(index) == dense.shape[0]
    for k in (stored - 1, stored, stored + 3):
        expected = brute_force(sparse.csr_array(dense), k)
        for row in range(len(index)):
            rows, scores = index.neighbours(row, k)
            assert_array_equal(rows, expected.rows[row][expected.rows[row] >= 0])
            assert_array_equal(scores, expected.scores[row][expected.rows[row] >= 0])
    for k in (stored - 1, stored):
        expected = brute_force(sparse.csr_array(dense), k)
        many = index.first_lists(np.arange(len(index)), k, current=len(index))
        assert_array_equal(many.rows, expected.rows)
        assert_array_equal(many.scores, expected.scores)
        flat = index.listed(np.arange(len(index)), k, current=len(index))
        places = flat.apart * flat.lists[:, None] + np.arange(flat.k)
        assert_array_equal(flat.rows[places], expected.rows)
        assert_array_equal(flat.scores[places], expected.scores)
    for row in range(len(index)):
        terms, weights = index.vector(row)
        assert_array_equal(terms, np.flatnonzero(dense[row]))
        assert_array_equal(weights, dense[row][terms])


@given(matrices(), operations, st.lists(st.booleans(), min_size=30, max_size=30), st.integers(1, 3), shares)
def test_a_filter_acts_before_the_cut(
    matrix: sparse.csr_array,
    changes: list[tuple[str, int, NDArray[np.float32]]],
    choice: list[bool],
    stored: int,
    share: float | None,
) -> None:
    index = indexed(matrix, stored, share)
    for _, _, vector in changes:
        index.put(len(index), *parts(vector))
    allowed = np.array(choice[: len(index)], np.bool_)
    for row in range(len(index)):
        everyone, scores = index.neighbours(row, len(index))
        kept = allowed[everyone]
        rows, values = index.neighbours(row, 3, allowed=allowed)
        assert_array_equal(rows, everyone[kept][:3])
        assert_array_equal(values, scores[kept][:3])


@pytest.mark.parametrize("seed", range(4))
def test_lists_are_the_same_with_bounds_and_without(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = news(400, rng)
    indices = [indexed(matrix[:300], 10, share) for share in (None, 0.05, 0.2)]
    for number in range(100):
        row, gone = int(rng.integers(300)), int(rng.integers(300 + number))
        new = Rows.of(matrix).row(300 + number)
        for index in indices:
            index.put(len(index), *new)
            index.put(row, *index.vector(number))
            index.remove(gone)
    for row in range(400):
        lists = [index.neighbours(row) for index in indices]
        longer = [index.neighbours(row, 14) for index in indices]
        for plain, *others in (lists, longer):
            for other in others:
                assert_array_equal(other[0], plain[0])
                assert_array_equal(other[1], plain[1])


def test_a_query_with_an_own_vector_finds_that_row_first() -> None:
    index = NeighbourIndex.build(checkerboard(), stored=5)
    rows, scores = index.query(*index.vector(3), 3)
    assert rows.tolist() == [3, 1, 5]
    assert scores[0] == pytest.approx(1.0)


def test_a_removed_row_has_no_neighbours_and_stands_in_no_list_until_it_is_put_again() -> None:
    index = NeighbourIndex.build(checkerboard(), stored=2)
    vector = index.vector(0)
    before = [index.neighbours(row)[0].tolist() for row in range(len(index))]
    index.remove(0)
    assert index.neighbours(0)[0].size == 0
    assert index.vector(0)[0].size == 0
    assert index.query(*vector, 8)[0].tolist() == [2, 4, 6]
    assert all(0 not in index.neighbours(row)[0] for row in range(len(index)))
    index.put(0, *vector)
    assert [index.neighbours(row)[0].tolist() for row in range(len(index))] == before


def test_the_next_new_row_may_arrive_removed() -> None:
    """An article that was added and deleted before the log was read still takes its row."""
    index = NeighbourIndex.build(checkerboard(4), stored=2)
    index.remove(4)
    assert len(index) == 5
    assert index.neighbours(4)[0].size == 0


def test_putting_the_same_vector_again_changes_nothing() -> None:
    index = NeighbourIndex.build(checkerboard(), stored=2)
    index.put(3, *index.vector(3))
    assert index.arrays().keys()  # still the base alone


def test_identical_rows_are_listed_by_row_also_when_they_come_late() -> None:
    index = NeighbourIndex.build(sparse.csr_array(np.tile(np.array([0.6, 0.8], np.float32), (3, 1))), stored=2)
    same = index.vector(0)
    index.put(3, *same)
    index.remove(1)
    assert [index.neighbours(row)[0].tolist() for row in range(4)] == [[2, 3], [], [0, 3], [0, 2]]


def test_a_replaced_row_passes_an_equal_neighbour_of_a_higher_row() -> None:
    same, other = [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]
    index = NeighbourIndex.build(sparse.csr_array(np.array([same, other, same], np.float32)), stored=1)
    index.put(1, *index.vector(0))
    assert [index.neighbours(row)[0].tolist() for row in range(3)] == [[1], [0], [0]]


@pytest.mark.parametrize("n", [0, 1])
def test_an_empty_index_and_a_single_article_have_empty_lists(n: int) -> None:
    index = NeighbourIndex.build(checkerboard(n))
    assert len(index) == n
    assert all(index.neighbours(row)[0].size == 0 for row in range(n))
    index.put(n, np.array([0, 1], np.int32), np.array([0.6, 0.8], np.float32))
    assert index.neighbours(n)[0].tolist() == [0][:n]


def test_an_article_without_words_has_no_neighbours() -> None:
    index = NeighbourIndex.build(checkerboard(), stored=2)
    index.put(8, np.zeros(0, np.int32), np.zeros(0, np.float32))
    assert index.neighbours(8)[0].size == 0
    assert index.query(*index.vector(8), 5)[0].size == 0


@pytest.mark.parametrize(
    ("row", "terms", "weights", "reason"),
    [
        (9, [0], [1.0], "gap"),
        (-1, [0], [1.0], "gap"),
        (0, [1, 0], [0.6, 0.8], "ascending"),
        (0, [1, 1], [0.6, 0.8], "ascending"),
        (0, [-1], [1.0], "ascending"),
        (0, [0, 1], [1.0], "weights"),
        (0, [0], [float("nan")], "finite"),
        (0, [0], [-1.0], "negative"),
    ],
)
def test_a_vector_that_cannot_be_is_refused_and_changes_nothing(
    row: int, terms: list[int], weights: list[float], reason: str
) -> None:
    index = NeighbourIndex.build(checkerboard(), stored=2)
    with pytest.raises(ValueError, match=reason):
        index.put(row, np.array(terms, np.int32), np.array(weights, np.float32))
    assert len(index) == 8
    assert index.neighbours(4)[0].tolist() == [0, 2]


def test_a_saved_index_opens_from_read_only_maps_and_takes_changes(tmp_path: Path) -> None:
    saved = NeighbourIndex.build(checkerboard(), stored=3)
    for name, array in saved.arrays().items():
        np.save(tmp_path / name, array)
    maps = {name: np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in saved.arrays()}
    opened = NeighbourIndex.from_arrays(maps)
    assert [opened.neighbours(row)[0].tolist() for row in range(8)] == [
        saved.neighbours(row)[0].tolist() for row in range(8)
    ]
    opened.put(8, *opened.vector(2))
    opened.remove(0)
    assert opened.neighbours(2)[0].tolist() == [8, 4, 6]
    assert opened.neighbours(8)[0].tolist() == [2, 4, 6]
    with pytest.raises(ValueError, match="without changes"):
        opened.arrays()


def test_an_index_saved_before_there_were_bounds_opens_and_finds_the_same() -> None:
    saved = NeighbourIndex.build(checkerboard(), stored=3).arrays()
    old = {name: array for name, array in saved.items() if not name.startswith("frequent")}
    assert len(old) == len(saved) - 2
    indices = [NeighbourIndex.from_arrays(arrays) for arrays in (saved, old)]
    for index in indices:
        index.put(8, *index.vector(2))
    assert [indices[0].neighbours(row)[0].tolist() for row in range(9)] == [
        indices[1].neighbours(row)[0].tolist() for row in range(9)
    ]


def test_an_index_whose_weights_are_too_small_for_bounds_is_saved_without() -> None:
    saved = NeighbourIndex.build(sparse.csr_array(np.array([[1.0, 1e-30]] * 3, np.float32)), stored=2).arrays()
    opened = NeighbourIndex.from_arrays(saved)
    opened.put(3, *opened.vector(0))
    assert not any(name.startswith("frequent") for name in saved)
    assert opened.neighbours(3)[0].tolist() == [0, 1]


def parts(vector: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    terms = np.flatnonzero(vector).astype(np.int32)
    return terms, vector[terms]
