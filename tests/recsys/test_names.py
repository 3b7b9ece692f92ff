"""A name keeps its number, whether it lies in a bundle's arrays or came later."""

from hypothesis import given
from hypothesis import strategies as st

from recsys.names import Names

names = st.lists(st.text(max_size=3), max_size=8)


@given(names, names, st.booleans())
def test_numbers_are_those_of_the_first_coming(base, later, ordered):
    arrays = Names.of(base).arrays()
    if not ordered:
        del arrays["order"]  # as in bundles of earlier versions
    found = Names.from_arrays(arrays)
    expected = {name: code for code, name in enumerate(dict.fromkeys(base))}
    for name in later:
        assert found.code(name) == expected.get(name)
        assert found.intern(name) == expected.setdefault(name, len(expected))
    again = Names.from_arrays(found.arrays())
    for table in (found, again):
        assert len(table) == len(expected)
        assert [table.name(code) for code in range(len(table))] == [*expected]
        assert all(table.code(name) == code for name, code in expected.items())
        assert table.code("no such name") is None
