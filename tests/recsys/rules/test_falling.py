"""What is made of all articles at once is what is made of a few."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.rules import falling
from recsys.rules.falling import Falling
from recsys.rules.rule import LEAST_FACTOR, MOST_FACTOR
from recsys.rules.selecting import words_of

N = 40


@st.composite
def sites(draw):
    factors = draw(st.lists(st.sampled_from([1.0, 0.5, 2.0, 3.0, 0.01, 100.0]), min_size=1, max_size=130))
    seed = draw(st.integers(0, 1_000))
    under = np.random.default_rng(seed).random((len(factors), N)) < 0.1
    asked = draw(st.sets(st.integers(0, len(factors) - 1)))
    return factors, under, asked


def of(factors, under):
    words = [words_of(np.flatnonzero(column).tolist(), len(factors)) for column in under.T]
    return Falling(np.array(words, np.uint64).T.copy(), factors)


@pytest.mark.parametrize(("few", "often"), [(0, 50), (N, 50), (N, 0)])
@settings(deadline=None, max_examples=60)
@given(site=sites(), rows=st.lists(st.integers(0, N - 1), max_size=N).map(lambda rows: np.array(rows, np.int64)))
def test_both_ways_equal_the_plain_product(few, often, site, rows):
    factors, under, asked = site
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(falling, "FEW", few)
        patch.setattr(falling, "OFTEN", often)
        found, rules = of(factors, under), words_of(asked, len(factors))
        for _ in range(2):
            any_of, factor = found.any(rules, rows), found.factor(rules, rows)
            assert any_of.tolist() == [any(under[rule, row] for rule in asked) for row in rows]
            logs = [sum(np.log(factors[rule]) for rule in asked if under[rule, row]) for row in rows]
            expected = [np.exp(np.clip(log, np.log(LEAST_FACTOR), np.log(MOST_FACTOR))) for log in logs]
            assert factor == pytest.approx(expected, rel=1e-9)


def test_what_is_patched_is_asked_anew():
    found = of([2.0, 3.0], np.zeros((2, 3), bool))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(falling, "FEW", 0)
        every, both = np.arange(3), words_of([0, 1], 2)
        assert found.factor(both, every).tolist() == [1.0, 1.0, 1.0]
        found.patch(np.array([1, 3]), np.array([[1, 3]], np.uint64))
        assert found.factor(both, np.arange(4)).tolist() == [1.0, 2.0, 1.0, 6.0]
        assert found.touched().tolist() == [3]


def test_what_is_kept_stays_within_its_bytes(monkeypatch):
    monkeypatch.setattr(falling, "FEW", 0)
    monkeypatch.setattr(falling, "KEPT_BYTES", 10 * N)
    found = of([2.0] * 20, np.ones((20, N), bool))
    for rule in range(20):
        assert found.factor(words_of([rule], 20), np.arange(N)).tolist() == [2.0] * N
    assert found.kept_bytes <= 10 * N
