"""The learned ties are the least-squares solution that they claim to be, cut to the strongest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.covisitation import Ties
from recsys.event import Event
from recsys.interest import WEIGHTS, Worth
from training.events import event_table
from training.learned import learned_arrays, linear_model

WORTH = Worth.of(WEIGHTS)


def ties_of(reads, n=6, as_of=100, kind="view"):
    events = [Event(type=kind, article_id=str(row), visitor_id=f"v{v}", at=at) for v, row, at in reads]
    return Ties(**learned_arrays(event_table(events, int, 10**9), as_of, WORTH, n))


@given(st.integers(0, 2**20), st.floats(0.5, 50))
def test_no_other_weights_of_the_same_kind_predict_better(seed, ridge):
    rng = np.random.default_rng(seed)
    reads = (rng.random((12, 5)) < 0.4).astype(float)
    weights = linear_model(reads.T @ reads, ridge)

    def loss(candidate):
        return np.sum((reads - reads @ candidate) ** 2) + ridge * np.sum(candidate**2)

    assert np.all(np.diag(weights) == 0)
    for _ in range(5):
        moved = weights + rng.normal(0, 0.01, weights.shape) * (1 - np.eye(5))
        assert loss(weights) <= loss(moved)


def test_articles_liked_together_are_tied_and_strangers_are_not():
    reads = [(v, row, row) for v in range(8) for row in ((0, 1) if v % 2 else (2, 3))]
    found = ties_of(reads)
    assert found.of(0)[0].tolist() == [1]
    assert found.of(2)[0].tolist() == [3]
    assert found.of(0)[2].tolist() == [4]
    assert found.of(5)[0].size == 0


def test_ties_stand_strongest_first():
    reads = [(v, row, row) for v in range(9) for row in (0, 1 + v % 2, *((3,) if v == 0 else ()))]
    _, scores, _ = ties_of([*reads, (8, 3, 1)]).of(0)
    assert scores.size >= 2
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)


def test_nothing_from_the_cut_on_counts():
    reads = [(v, row, row) for v in range(6) for row in (0, 1)]
    later = [(v, row, 100 + row) for v in range(6) for row in (0, 4)]
    assert [a.tolist() for a in ties_of(reads).of(0)] == [a.tolist() for a in ties_of(reads + later).of(0)]


@pytest.mark.parametrize("reads", [[], [(0, 1, 1)]])
def test_a_site_without_common_readers_has_no_ties(reads):
    found = ties_of(reads)
    assert found.rows.size == 0
    assert found.starts.tolist() == [0] * 7


def test_a_dislike_ties_nothing():
    assert ties_of([(v, row, row) for v in range(6) for row in (0, 1)], kind="dislike").rows.size == 0


def test_a_ridge_of_nothing_is_refused():
    with pytest.raises(ValueError, match="positive"):
        linear_model(np.eye(2), 0.0)
