"""How entries vouch for themselves."""

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from recsys.store.payload import checksum, entry_checksum
from recsys.store.protocols import EntryKind

whole = st.integers(-(2**63), 2**63 - 1)
anything = whole | st.floats() | st.text(max_size=3) | st.binary(max_size=3) | st.none()


@given(whole, whole, st.sampled_from(get_args(EntryKind)), st.binary(max_size=300))
def test_the_checksum_of_an_entry_is_that_of_its_fields(seq, at, kind, payload):
    assert entry_checksum(seq, at, kind, payload) == checksum(seq, at, kind, payload)


@given(whole, anything, st.text(max_size=9) | st.binary(max_size=9) | st.none(), anything)
def test_so_is_that_of_whatever_damage_has_left(seq, at, kind, payload):
    assert entry_checksum(seq, at, kind, payload) == checksum(seq, at, kind, payload)
