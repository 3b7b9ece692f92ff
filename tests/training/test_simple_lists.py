"""Lists cut from orders made once are those that a look at all articles makes for each reader."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recsys.histories import Reads
from recsys.times import HOUR
from tests.training.test_baselines import acts
from training.baselines import Popularity, Simple, first_rows, random_rows
from training.comparison import Known
from training.item_neighbours import item_neighbours
from training.simple_lists import SimpleLists

N, K = 24, 4


def reads(rng):
    rows = rng.choice(N, int(rng.integers(1, N + 1)), replace=False).astype(np.int32)
    return Reads(rows, np.arange(rows.size), rng.integers(0, 2, rows.size).astype(np.float32))


def whole(simple, popularity, liked, candidates, rng):
    """The plain twin: of all articles each time, by their scores."""
    by_score = {"most popular": popularity.total, "recent popular": popularity.recent} | simple.scores(liked)
    if simple.has_sections:
        section = simple.section_of(liked)
        in_section = np.zeros(N, np.bool_) if section is None else simple.section == section
        by_score["popular in the section"] = np.where(in_section, popularity.recent, 0.0)
    found = {name: first_rows(score, candidates, K) for name, score in by_score.items()}
    newest = sorted(np.flatnonzero(candidates).tolist(), key=lambda row: (-simple.known.published[row], row))
    return found | {"newest": newest[:K], "random": random_rows(candidates, K, rng)}


@pytest.mark.parametrize("with_text", [True, False])
@given(seed=st.integers(0, 2**32 - 1))
def test_each_list_is_that_of_the_whole_site(with_text, seed):
    rng = np.random.default_rng(seed)
    past = acts(rng.integers((1, 0, 0), (6, N, 40), (int(rng.integers(0, 40)), 3)).tolist())
    vectors = sparse.csr_array(rng.random((N, 5)) * (rng.random((N, 5)) < 0.3 * with_text))
    vectors.eliminate_zeros()
    known = Known(rng.integers(0, 9, N), np.zeros(N, np.int64), 5, vectors)
    newest = np.argsort(-known.published, kind="stable")
    simple = Simple(rng.integers(-1, 3, N), newest, item_neighbours(past, N), known)
    popularity = Popularity(past, N)
    popularity.move(36 * HOUR)
    shown = rng.random(N) < rng.random()
    lists = SimpleLists(simple, popularity, shown)
    ours, theirs = np.random.default_rng(1), np.random.default_rng(1)
    for _ in range(4):
        one = reads(rng)
        candidates = shown.copy()
        candidates[one.rows] = False
        plain = whole(simple, popularity, one.rows[one.strength > 0], candidates, theirs)
        found = lists.to(one, K, ours)
        assert found == plain
        assert [*found] == [*plain]
