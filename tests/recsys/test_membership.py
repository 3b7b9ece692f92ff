"""Names by row: what was put is found, whether it lies in base arrays or in the overlay."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsys.membership import Membership
from recsys.names import Names

NAMES = st.lists(st.sampled_from(["news", "sport", "Zürich", "a;b", ""]), max_size=4)


@given(st.lists(NAMES, max_size=8), st.lists(st.tuples(st.integers(0, 9), NAMES), max_size=6))
def test_base_and_overlay_answer_as_one_table(base, changes):
    table = Membership(Names.of(()))
    for row, names in enumerate(base):
        table.put(row, names)
    table = Membership.from_arrays(table.arrays(len(base)))
    expected = dict(enumerate(base))
    for row, names in changes:
        table.put(row, names)
        expected[row] = names
    rows = np.array([9, 0, 3, 3, 1, 7])
    for name in ("news", "Zürich", "absent"):
        assert table.has(rows, name).tolist() == [name in expected.get(int(row), ()) for row in rows]
    owner, codes = table.gather(rows)
    assert np.all(owner[1:] >= owner[:-1])
    for place, row in enumerate(rows):
        unique = list(dict.fromkeys(expected.get(int(row), ())))
        assert [table.name(code) for code in codes[owner == place]] == unique
        assert list(table.names(int(row))) == unique
