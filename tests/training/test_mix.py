"""The mix follows what readers chose, and stays near the default where they say little."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.mix import SIGNALS, Mix
from training.mix import Asked, most_probable

BEFORE = Mix.default(np.zeros(0, np.int32), np.zeros(0)).weights[0]


def asked(rng, chosen_by, groups):
    """Questions of 40 candidates each, of which the one strongest in a signal is wanted."""
    found = []
    for group in groups:
        strength = rng.random((len(SIGNALS), 40)).astype(np.float32)
        found.append(Asked(group, strength, np.arange(40) == strength[SIGNALS.index(chosen_by)].argmax()))
    return found


def test_without_questions_the_default_stays():
    assert most_probable(BEFORE, []) is BEFORE


@pytest.mark.parametrize("signal", ["text", "popular", "after"])
def test_the_signal_that_readers_follow_weighs_most(signal):
    weights = most_probable(BEFORE, asked(np.random.default_rng(1), signal, range(300)))
    assert SIGNALS[int(weights.argmax())] == signal
    assert weights.sum() == pytest.approx(1.0)


def test_one_reader_however_busy_changes_less_than_many():
    text = SIGNALS.index("text")
    one = most_probable(BEFORE, asked(np.random.default_rng(1), "text", [7] * 100))
    many = most_probable(BEFORE, asked(np.random.default_rng(1), "text", range(100)))
    assert BEFORE[text] < one[text] < many[text]


def test_a_signal_that_says_nothing_keeps_its_part_of_the_default():
    questions = asked(np.random.default_rng(1), "popular", range(100))
    for question in questions:
        question.strength[SIGNALS.index("tags")] = 0.0
    weights = most_probable(BEFORE, questions)
    assert 0.0 < weights[SIGNALS.index("tags")] <= BEFORE[SIGNALS.index("tags")] * 1.5


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), count=st.integers(1, 12))
def test_weights_are_never_negative_and_sum_to_one(seed, count):
    rng = np.random.default_rng(seed)
    weights = most_probable(BEFORE, asked(rng, SIGNALS[int(rng.integers(9))], range(count)))
    assert (weights >= 0.0).all()
    assert weights.sum() == pytest.approx(1.0)
