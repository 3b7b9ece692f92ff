"""Parts of a matrix meet each other once, and none is at two meetings at a time."""

from hypothesis import given
from hypothesis import strategies as st

from training.row_tasks import meetings


@given(st.integers(1, 40))
def test_every_two_parts_meet_once(parts: int) -> None:
    met = [two for in_a_round in meetings(parts) for two in in_a_round]
    assert sorted(map(sorted, met)) == [[a, b] for a in range(parts) for b in range(a + 1, parts)]


@given(st.integers(1, 40))
def test_nobody_is_at_two_meetings_of_a_round(parts: int) -> None:
    for in_a_round in meetings(parts):
        there = [part for two in in_a_round for part in two]
        assert len(set(there)) == len(there)
