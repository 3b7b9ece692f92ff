"""Splicing rows of different lengths is replacing them one by one."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsys.ragged import places, spliced

ROWS = st.lists(st.lists(st.integers(0, 99), max_size=4), max_size=8)


@given(ROWS, st.dictionaries(st.integers(0, 11), st.lists(st.integers(0, 99), max_size=4)), st.integers(0, 12))
def test_spliced_rows_are_the_old_ones_but_for_what_changed(old, changes, n):
    changes = {row: values for row, values in changes.items() if row < n}
    starts = np.cumsum([0, *map(len, old)])
    values = np.array([value for row in old for value in row], np.int32)
    found, spread = spliced(starts, values, changes, n)
    expected = [changes.get(row, old[row] if row < len(old) else []) for row in range(n)]
    assert [spread[begin:end].tolist() for begin, end in pairwise(found)] == expected
    assert spread.dtype == np.int32
    assert found[-1] == spread.size


@given(ROWS, st.lists(st.integers(0, 11), max_size=6))
def test_the_values_of_many_rows_are_those_of_each(values, asked):
    starts = np.cumsum([0, *map(len, values)])
    place, owner = places(starts, np.array(asked, np.int64))
    each = [(starts[row] + n, at) for at, row in enumerate(asked) if row < len(values) for n in range(len(values[row]))]
    assert list(zip(place.tolist(), owner.tolist(), strict=True)) == each
