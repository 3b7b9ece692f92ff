"""Shortlists of exact lists: between stripes and behind the last row."""

import numpy as np
import pytest

from recsys.cosine import Rows
from tests.training.test_neighbour_lists import corpus
from training.arrange_kernel import arrange
from training.exact_kernel import HEAVY, WORD, contenders, light, meet, stripe_of, within
from training.shortlist_kernel import other_of, pair


@pytest.mark.parametrize("n", [1, 8, 59, 400, 19_042, 66_000, 150_000])
@pytest.mark.parametrize("stripes", [2, 4, 16])
def test_stripes_are_equal_whole_words_and_their_rows_fit_16_bits(n, stripes):
    stripe = stripe_of(n, stripes)
    assert stripe % WORD == 0
    assert 0 < stripe <= 2**16
    assert -(-n // stripe) <= max(stripes, -(-n // 8_000))


def others(lists):
    pairs, fill, _ = lists
    return [{int(other_of(one)) for one in pairs[x, : fill[x]]} for x in range(fill.size)]


def test_rows_find_no_others_behind_the_last_row():
    """The last stripe of 59 rows has three: its sums and marks go on behind them, to heavy parts that are no row's."""
    matrix = corpus(59, seed=5)
    arranged = arrange(Rows.of(matrix), matrix.shape[1])
    postings = light(arranged, 8)
    assert postings.stripe == 8
    parts = np.full((64, HEAVY), 0.1, np.float32)[:59]
    read = arranged.arrays(), postings._replace(parts=parts).arrays()
    ours, theirs = within(*read, 48, 56, 20), within(*read, 56, 59, 20)
    assert others(theirs) == [{57, 58}, {56, 58}, {56, 57}]
    meet(*read, 6, 7, ours, theirs)
    assert set.union(*others(ours)) <= set(range(48, 59))
    assert set.union(*others(theirs)) <= set(range(48, 59))


def test_contenders_are_those_who_may_be_among_the_best():
    scores = np.array([0.5, 0.4, 0.3, 0.29999, 0.2], np.float32)
    pairs = np.array([[pair(score.view(np.uint32), row) for row, score in enumerate(scores)]], np.uint64)
    lists = pairs, np.array([5]), np.array([scores[4]]).view(np.uint32)
    rows, count, bars = contenders(lists, np.array([1e-4], np.float32), 3)
    assert sorted(rows[0, : count[0]].tolist()) == [0, 1, 2, 3]
    assert bars[0] == scores[4]
    assert contenders(lists, np.array([0.0], np.float32), 3)[1].tolist() == [3]
