"""Tables of ties are read as they were written, and new articles have none."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from recsys.covisitation import Covisits, Ties


@pytest.fixture
def ties():
    return Ties(
        np.array([0, 2, 2, 3], np.int64),
        np.array([2, 1, 0], np.int32),
        np.array([0.5, 0.25, 1], np.float32),
        np.array([4, 2, 9], np.int32),
    )


def test_ties_of_a_row_are_its_own(ties):
    rows, scores, readers = ties.of(0)
    assert (rows.tolist(), scores.tolist(), readers.tolist()) == ([2, 1], [0.5, 0.25], [4, 2])


@pytest.mark.parametrize("row", [1, 3, 99, -1])
def test_rows_without_ties_and_rows_beyond_the_table_have_none(ties, row):
    assert [part.size for part in ties.of(row)] == [0, 0, 0]


def test_arrays_come_back_as_the_tables_they_were(ties):
    covisits = Covisits(ties, Ties.empty(), ties)
    again = Covisits.from_arrays(covisits.arrays())
    assert_array_equal(again.together(2)[0], [0])
    assert again.after_table.of(2)[0].size == 0
    assert_array_equal(again.learned_table.rows, ties.rows)
    assert {array.dtype.kind for array in covisits.arrays().values()} <= {"i", "f"}
