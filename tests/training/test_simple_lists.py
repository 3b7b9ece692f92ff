"""Lists cut from orders made once are those that a look at all articles makes for each reader."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recsys.histories import Reads
from recsys.times import HOUR
from tests.training.test_baselines import acts
from training.baselines import Popularity, Simple, item_neighbours
from training.comparison import Known
from training.replay_recommendation import _simple
from training.simple_lists import SimpleLists

N, K = 24, 4


def reads(rng):
    rows = rng.choice(N, int(rng.integers(1, N + 1)), replace=False).astype(np.int32)
    return Reads(rows, np.arange(rows.size), rng.integers(0, 2, rows.size).astype(np.float32))


@pytest.mark.parametrize("with_text", [True, False])
@given(seed=st.integers(0, 2**32 - 1))
def test_each_list_is_that_of_the_whole_site(with_text, seed):
    rng = np.random.default_rng(seed)
    past = acts(rng.integers((1, 0, 0), (6, N, 40), (int(rng.integers(0, 40)), 3)).tolist())
    vectors = sparse.csr_array(rng.random((N, 5)) * (rng.random((N, 5)) < 0.3 * with_text))
    vectors.eliminate_zeros()
    known = Known(rng.integers(0, 9, N), np.zeros(N, np.int64), 5, vectors)
    simple = Simple(rng.integers(-1, 3, N), item_neighbours(past, N), known)
    popularity = Popularity(past, N)
    popularity.move(36 * HOUR)
    shown = rng.random(N) < rng.random()
    lists = SimpleLists(simple, popularity, shown)
    ours, theirs = np.random.default_rng(1), np.random.default_rng(1)
    for _ in range(4):
        one = reads(rng)
        candidates = shown.copy()
        candidates[one.rows] = False
        whole = _simple(simple, popularity, one, candidates, k=K, rng=theirs)
        found = lists.to(one, K, ours)
        assert found == whole
        assert [*found] == [*whole]
