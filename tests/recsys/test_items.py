"""The k highest scores are those of a full sort, equal ones by lower row."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsys.items import best, highest


@given(
    scores=st.lists(st.integers(0, 3), min_size=1, max_size=30),
    k=st.integers(0, 32),
    seed=st.integers(0, 9),
)
def test_the_highest_are_the_best_in_ascending_places_and_those_of_a_full_sort(scores, k, seed):
    rows = np.random.default_rng(seed).permutation(99)[: len(scores)]
    sorted_places = sorted(range(len(scores)), key=lambda place: (-scores[place], rows[place]))[:k]
    values = np.array(scores, np.float64)
    assert best(values, rows, k).tolist() == sorted_places
    assert highest(values, rows, k).tolist() == sorted(sorted_places)
