"""Shortlists hold the highest pairs of each row, whatever the order in which they come."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.shortlist_kernel import Shortlists, enter, longer, pair

ROWS = 4

entries = st.lists(st.tuples(st.integers(0, ROWS - 1), st.integers(1, 60), st.integers(0, 2**31 - 1)), max_size=200)


@given(entries, st.integers(1, 12), st.integers(1, 5))
def test_the_highest_pairs_stay_and_of_equal_scores_the_lower_rows(
    found: list[tuple[int, int, int]], keep: int, parts: int
) -> None:
    lists = Shortlists.empty(ROWS, keep)
    owners = np.array([owner for owner, _, _ in found], np.int32)
    numbers = np.array([pair(score, other) for _, score, other in found], np.uint64)
    for some in np.array_split(np.arange(owners.size), parts):
        enter(lists.arrays(), owners[some], numbers[some])
    for row in range(ROWS):
        best = sorted((-score, other) for owner, score, other in found if owner == row)[:keep]
        assert sorted(lists.rows(0, ROWS)[row, : lists.fill[row]]) == sorted(other for _, other in best)
        if len(best) == keep:
            assert lists.bars[row] == -best[-1][0]


def test_longer_arrays_begin_alike() -> None:
    owners, numbers = np.arange(3, dtype=np.int32), np.arange(3, dtype=np.uint64)
    more_owners, more_numbers = longer(owners, numbers, 4)
    assert min(more_owners.size, more_numbers.size) >= 4
    assert more_owners[:3].tolist() == more_numbers[:3].tolist() == [0, 1, 2]
    assert longer(owners, numbers, 3)[0] is owners or longer(owners, numbers, 3)[0].size == 3
