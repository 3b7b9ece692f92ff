"""Looking up many numbers at once finds what looking for each would."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsys.lookup import Slate, Zeros, met

numbers = st.integers(0, 40) | st.integers(0, 2**31 - 1) | st.integers(0, 5).map(lambda n: n * 8192 + 7)


@given(st.frozensets(numbers, max_size=30), st.lists(numbers | st.just(-1), max_size=60))
def test_what_is_met_is_what_a_search_one_by_one_meets(ids, wanted):
    ascending = sorted(ids)
    at, place = met(np.array(ascending, np.int32), np.array(wanted, np.int32))
    assert at.tolist() == [i for i, number in enumerate(wanted) if number in ids]
    assert place.tolist() == [ascending.index(number) for number in wanted if number in ids]


@given(st.lists(st.lists(st.integers(0, 300), max_size=40), max_size=4))
def test_distinct_rows_stand_once_and_each_row_knows_its_own_whatever_was_asked_before(questions):
    slate = Slate()
    for rows in questions:
        distinct, place = slate.distinct(np.array(rows, np.int64))
        assert sorted(distinct.tolist()) == sorted(set(rows))
        assert distinct[place].tolist() == rows


def test_there_are_zeros_for_more_rows_than_before():
    zeros = Zeros()
    for n in (3, 0, 900):
        assert zeros.of(n).tolist() == [0] * n
