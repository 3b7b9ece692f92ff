"""Readers of one source weigh as a plain sort over their weights says, whoever comes and goes in whatever order."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from recsys.interest import LONG_AGO, READERS_OF_SOURCE
from recsys.source_groups import KEPT, Members, SourceGroups
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


WEIGHTS = np.array([1.0, 2.0])
NOBODY = Members(np.zeros(0, np.intp), np.zeros((0, len(LIVES))))


def members(groups: SourceGroups, readers: list) -> Members:
    """The readers, all in the first group."""
    latest = np.full((len(readers), WEIGHTS.size), LONG_AGO)
    for row, some in enumerate(readers):
        for weight, at in some:
            column = int(weight == 2.0)
            latest[row, column] = max(latest[row, column], at)
    return Members(np.zeros(len(readers), np.intp), groups.keys(latest))


def change(groups: SourceGroups, now: int, *, begun: list = (), gone: list = (), come: list = ()) -> tuple:
    """What one group weighed, and weighs now."""
    parts = {name: members(groups, [*some]) for name, some in (("begun", begun), ("gone", gone), ("come", come))}
    before, after = groups.change(np.array([7], np.uint64), at=np.array([now]), **parts)
    return before[0], after[0]


@given(st.lists(acts, max_size=12), st.lists(acts, max_size=5), st.randoms(use_true_random=False))
def test_a_group_weighs_as_the_plain_sort_says(readers, begun, chance):
    now = START + 400 * HOUR
    groups = SourceGroups(np.array(LIVES), WEIGHTS)
    before, after = change(groups, now, begun=begun, come=chance.sample(readers, len(readers)))
    assert_allclose(before, [plain(begun, h, now) for h in LIVES], rtol=1e-6, atol=1e-12)
    assert_allclose(after, [plain(begun + readers, h, now) for h in LIVES], rtol=1e-6, atol=1e-12)
    gone = chance.randrange(len(readers)) if readers else 0
    before, left = change(groups, now, gone=readers[gone : gone + 1])
    assert_allclose(before, after)
    kept = begun + readers[:gone] + readers[gone + 1 :]
    assert_allclose(left, [plain(kept, h, now) for h in LIVES], rtol=1e-6, atol=1e-12)


@given(st.lists(st.tuples(st.integers(0, 3), acts), max_size=20), st.integers(1, 20))
def test_many_groups_at_once_weigh_as_each_by_itself(come, size):
    now = START + 400 * HOUR
    together, apart = (SourceGroups(np.array(LIVES), WEIGHTS) for _ in range(2))
    for start in range(0, len(come), size):
        some = come[start : start + size]
        names, group = np.unique([of for of, _ in some], return_inverse=True)
        keys = members(together, [acts for _, acts in some]).keys
        at = np.full(names.size, now)
        together.change(names.astype(np.uint64), NOBODY, NOBODY, Members(group, keys), at)
        for of, acts in some:
            one = members(apart, [acts])
            apart.change(np.array([of], np.uint64), NOBODY, NOBODY, one, np.array([now]))
    every = np.arange(4, dtype=np.uint64)
    found, expected = (groups.change(every, NOBODY, NOBODY, NOBODY, np.full(4, now))[0] for groups in (together, apart))
    assert_allclose(found, expected)


@given(st.lists(acts, max_size=8), acts)
def test_one_reader_more_never_lowers_the_weight(readers, another):
    now = START + 400 * HOUR
    before, after = change(SourceGroups(np.array(LIVES), WEIGHTS), now, begun=readers, come=[another])
    assert all(after >= before * (1 - 1e-9))


def test_any_number_of_readers_of_one_source_weighs_less_than_six_and_takes_bounded_room():
    groups = SourceGroups(np.array(LIVES), WEIGHTS)
    _, after = change(groups, START, come=[[(1.0, START)]] * 5_000)
    assert 5.0 < after[0] < 6.0
    assert len(groups._held) == KEPT * len(LIVES)


def test_a_group_of_more_than_are_kept_weighs_the_same_after_many_have_left():
    groups = SourceGroups(np.array(LIVES), WEIGHTS)
    readers = [[(1.0, START + n * HOUR)] for n in range(KEPT + 50)]
    now = START + (KEPT + 50) * HOUR
    change(groups, now, come=readers)
    _, left = change(groups, now, gone=readers[-200:])
    assert_allclose(left, [plain(readers[:-200], h, now) for h in LIVES], rtol=1e-6)
