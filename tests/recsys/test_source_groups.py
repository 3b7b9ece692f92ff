"""Readers of one source weigh as a plain sort over their weights says, whoever comes and goes in whatever order."""

import math

from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from recsys.interest import READERS_OF_SOURCE
from recsys.source_groups import SourceGroups
from recsys.times import DAY, HOUR

LIVES = [1.0 * HOUR, 3.0 * DAY, math.inf]
START = 1_700_000_000_000_000

acts = st.lists(
    st.tuples(st.sampled_from([1.0, 2.0]), st.integers(0, 400).map(lambda hours: START + hours * HOUR)),
    min_size=1,
    max_size=3,
)


def plain(readers: list, half_life: float, now: int) -> float:
    weights = sorted((max(w * 0.5 ** ((now - at) / half_life) for w, at in acts) for acts in readers), reverse=True)
    return sum(weight / place for place, weight in enumerate(weights[:READERS_OF_SOURCE], 1))


def groups_of(readers: list) -> SourceGroups:
    groups = SourceGroups(LIVES)
    groups.begin(0, 7, [])
    for one in readers:
        groups.insert(0, 7, one)
    return groups


@given(st.lists(acts, max_size=12), st.randoms(use_true_random=False))
def test_a_group_weighs_as_the_plain_sort_says(readers, chance):
    now = START + 400 * HOUR
    groups = groups_of(chance.sample(readers, len(readers)))
    kept = readers
    if readers:
        gone = chance.randrange(len(readers))
        groups.remove(0, 7, readers[gone])
        kept = readers[:gone] + readers[gone + 1 :]
    assert_allclose(groups.weights(0, 7, now), [plain(kept, h, now) for h in LIVES], rtol=1e-6, atol=1e-12)


@given(st.lists(acts, max_size=8), acts)
def test_one_reader_more_never_lowers_the_weight(readers, another):
    now = START + 400 * HOUR
    less, more = groups_of(readers), groups_of([*readers, another])
    pairs = zip(less.weights(0, 7, now), more.weights(0, 7, now), strict=True)
    assert all(after >= before * (1 - 1e-9) for before, after in pairs)


def test_any_number_of_readers_of_one_source_weighs_less_than_six():
    groups = groups_of([[(1.0, START)]] * 5_000)
    assert 5.0 < groups.weights(0, 7, START)[0] < 6.0
