"""The mix of signals for a reader who is here, and for one who comes back."""

import numpy as np

from recsys.mix import AWAY, SIGNALS, Mix

MIX = Mix.default(np.array([2, 5], np.int32), np.array([1.0, 0.5]))


def test_who_comes_back_is_weighed_otherwise_than_who_is_here():
    popular = SIGNALS.index("popular")
    assert MIX.weights_at(0)[popular] < MIX.weights_at(AWAY + 1)[popular]
    assert np.array_equal(MIX.weights_at(AWAY), MIX.weights_at(0))


def test_every_signal_has_a_weight():
    assert MIX.weights.shape == (2, len(SIGNALS))


def test_arrays_come_back_as_the_mix_they_were():
    again = Mix.from_arrays(MIX.arrays())
    assert all(np.array_equal(array, MIX.arrays()[name]) for name, array in again.arrays().items())
