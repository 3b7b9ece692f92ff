"""Keys keep the number that they were given, however many come and whatever they are."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from recsys.key_index import ABSENT, KeyIndex

TOP = 2**64 - 1
close = st.integers(0, 40)  # many at the same places of a small table
keys = st.one_of(close, close.map(lambda low: low << 58), st.integers(0, TOP))


def array(some):
    return np.array([*some], np.uint64)


@given(st.lists(keys, unique=True, max_size=300), st.lists(keys, max_size=20), st.integers(1, 100))
def test_numbers_are_those_of_a_dict(added, others, size):
    index, plain = KeyIndex(), {}
    for start in range(0, len(added), size):
        some = added[start : start + size]
        numbers = index.add(array(some)).tolist()
        assert numbers == [*range(start, start + len(some))]
        plain.update(zip(some, numbers, strict=True))
    assert len(index) == len(plain)
    asked = [*added, *others, *added[:3]]
    expected = [plain.get(key, ABSENT) for key in asked]
    assert index.find(array(asked)).tolist() == expected
    assert [*map(index.number, asked)] == expected


def test_a_hundred_thousand_keys_are_all_found():
    some = np.random.default_rng(2).permutation(200_000).astype(np.uint64)
    index = KeyIndex()
    for part in np.split(some[:100_000], 4):
        index.add(part)
    assert_array_equal(index.find(some[:100_000]), np.arange(100_000))
    assert (index.find(some[100_000:]) == ABSENT).all()
