"""An array that grows leaves what it began with as it was, and copies it no sooner than it has to."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsys.growing import Growing


def read_only(values: list[int]) -> np.ndarray:
    found = np.array(values, np.int32)
    found.flags.writeable = False
    return found


def test_until_it_changes_nothing_is_copied():
    start = read_only([1, 2, 3])
    growing = Growing(start)
    assert np.shares_memory(growing.view, start)
    assert len(growing) == 3


@given(st.lists(st.integers(-9, 9), max_size=5), st.lists(st.lists(st.integers(-9, 9), max_size=70), max_size=5))
def test_it_holds_what_a_list_would(start, added):
    base = read_only(start)
    growing, plain = Growing(base), [*start]
    for values in added:
        growing.extend(values)
        plain += values
        if plain:
            growing.own[-1] = plain[-1] = 7
    assert growing.view.tolist() == plain
    assert base.tolist() == start
