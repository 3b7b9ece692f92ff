"""Articles that share visitors are neighbours by the cosine, whatever is looked at in one go."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from tests.training.test_baselines import acts, likes
from training import item_neighbours as subject
from training.item_neighbours import NEIGHBOURS, item_neighbours


@given(likes)
def test_item_neighbours_are_cosines_of_the_sets_of_visitors(rows):
    found = item_neighbours(acts(rows), 8).toarray()
    readers = [{visitor for visitor, row, _ in rows if row == one} for one in range(8)]
    for a in range(8):
        for b in range(8):
            shared = len(readers[a] & readers[b]) if a != b else 0
            expected = shared / np.sqrt(len(readers[a]) * len(readers[b])) if shared else 0.0
            assert found[a, b] == pytest.approx(expected)


@given(likes, st.integers(1, 30))
def test_items_in_blocks_are_those_of_one_pass(rows, most):
    whole = item_neighbours(acts(rows), 8)
    former, subject._PAIRS = subject._PAIRS, most
    try:
        parts = item_neighbours(acts(rows), 8)
    finally:
        subject._PAIRS = former
    for name in ("indptr", "indices", "data"):
        assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_an_item_keeps_its_nearest_neighbours_only():
    rows = [(v, row, 1) for v in range(3) for row in range(NEIGHBOURS + 20)]
    found = item_neighbours(acts(rows), NEIGHBOURS + 20)
    assert set(np.diff(found.indptr)) == {NEIGHBOURS}
