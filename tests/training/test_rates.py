"""Shares and their intervals: as the textbook has them for independent looks, wider where readers differ."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from training.rates import clustered_rate, rate_difference, ratio_mismatch


def test_independent_looks_have_wilsons_interval():
    """10 of 50, as in any table of Wilson intervals: [0.1124, 0.3304]."""
    found = clustered_rate(np.ones(50), np.repeat([1, 0], [10, 40]))
    assert (found.mean, round(found.low, 4), round(found.high, 4)) == (0.2, 0.1124, 0.3304)


def test_no_click_at_all_leaves_room_above():
    """0 of 10: [0, 0.2775]."""
    found = clustered_rate(np.ones(10), np.zeros(10))
    assert (found.mean, found.low, round(found.high, 4)) == (0.0, 0.0, 0.2775)


def test_readers_who_differ_widen_the_interval():
    alike = clustered_rate(np.full(20, 10), np.full(20, 3))
    apart = clustered_rate(np.full(20, 10), np.repeat([10, 0], [6, 14]))
    assert alike.mean == apart.mean == 0.3
    assert apart.high - apart.low > 2 * (alike.high - alike.low)


def test_interval_holds_the_true_rate_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(300):
        own = rng.beta(2, 8, 80)  # readers differ; the mean is 0.2
        shown = rng.integers(1, 12, 80)
        found = clustered_rate(shown, rng.binomial(shown, own))
        held += found.low <= 0.2 <= found.high
    assert 270 <= held <= 297


counts = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)).map(lambda pair: (pair[0], min(pair))), min_size=1)


@given(counts)
def test_every_interval_lies_in_bounds_around_its_rate(readers):
    found = clustered_rate(*np.array(readers).T)
    assert 0.0 <= found.low <= found.mean + 1e-12
    assert found.mean - 1e-12 <= found.high <= 1.0


def test_nothing_shown_has_no_rate():
    with pytest.raises(ValueError, match="nothing was shown"):
        clustered_rate(np.zeros(0), np.zeros(0))


def test_difference_is_newcombes():
    """56/70 minus 48/80 (Newcombe 1998, table II, first column): 0.2000 [0.0524, 0.3339]."""
    one = clustered_rate(np.ones(70), np.repeat([1, 0], [56, 14]))
    other = clustered_rate(np.ones(80), np.repeat([1, 0], [48, 32]))
    found = rate_difference(one, other)
    assert_allclose([found.mean, found.low, found.high], [0.2, 0.0524, 0.3339], atol=5e-5)


def test_a_split_as_set_passes_and_one_that_lost_readers_does_not():
    assert ratio_mismatch(np.array([5_050, 4_950]), np.array([0.5, 0.5])) > 0.1
    assert ratio_mismatch(np.array([5_300, 4_700]), np.array([0.5, 0.5])) < 1e-6
    assert ratio_mismatch(np.array([900, 100]), np.array([9.0, 1.0])) == 1.0
    assert ratio_mismatch(np.array([7]), np.array([1.0])) == 1.0
    with pytest.raises(ValueError, match="no visitors"):
        ratio_mismatch(np.array([0, 0]), np.array([0.5, 0.5]))
