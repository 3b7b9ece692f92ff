"""Renewed neighbour lists are those that are made anew, whatever came, changed and went."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from recsys.cosine import Rows, all_pairs
from tests.training.test_neighbour_lists import corpus
from training import renewal
from training.renewal import renewed, torn

WIDTH = 12
vectors = st.lists(
    st.dictionaries(st.integers(0, WIDTH - 1), st.sampled_from([1.0, 2.0, 3.0]), max_size=4), max_size=14
)


def rows_of(found: list[dict[int, float]]) -> Rows:
    matrix = sparse.lil_array((len(found), WIDTH), dtype=np.float32)
    for row, weights in enumerate(found):
        length = np.sqrt(sum(weight * weight for weight in weights.values()))
        for term, weight in weights.items():
            matrix[row, term] = weight / length
    return Rows.of(sparse.csr_array(matrix.tocsr()))


@settings(max_examples=200, deadline=None)
@given(vectors, vectors, st.dictionaries(st.integers(0, 13), st.dictionaries(st.integers(0, 11), st.just(1.0))))
def test_lists_are_those_made_anew(first, added, changed):
    then = [changed.get(row, weights) for row, weights in enumerate(first)] + added
    before, after = rows_of(first), rows_of(then)
    new = [row for row, weights in enumerate(then) if row >= len(first) or weights != first[row]]
    came = np.array([row for row in new if then[row]], np.intp)
    went = np.array([row for row in new if row < len(first) and first[row]], np.intp)
    postings = after.transposed(WIDTH)
    old = all_pairs(before, before.transposed(WIDTH), 3)
    found = renewed(after, postings, old, came=came, went=went, anew=torn(old, went=went))
    anew = all_pairs(after, postings, 3)
    np.testing.assert_array_equal(found.rows, anew.rows)
    np.testing.assert_array_equal(found.scores, anew.scores)


def test_only_a_full_list_that_lost_an_entry_and_stays_is_torn():
    rows = rows_of([{0: 1.0}, {0: 1.0}, {0: 1.0}, {1: 1.0}, {1: 1.0}, {}])
    before = all_pairs(rows, rows.transposed(WIDTH), 2)
    assert torn(before, went=np.array([0])).tolist() == [1, 2]
    assert torn(before, went=np.array([0, 2])).tolist() == [1]
    assert torn(before, went=np.array([3])).tolist() == []
    assert torn(before, went=np.zeros(0, np.intp)).tolist() == []


@pytest.mark.parametrize(("pays", "merged"), [(0, 4_096), (10**9, 50)])
def test_lists_of_a_corpus_are_those_made_anew_compiled_and_in_several_parts(monkeypatch, pays, merged):
    monkeypatch.setattr(renewal, "COMPILING_PAYS", pays)
    monkeypatch.setattr(renewal, "MERGED", merged)
    matrix = corpus(700, seed=3)
    width, came, went = matrix.shape[1], np.arange(640, 700), np.arange(40, 60)
    changed = matrix[np.where(np.isin(np.arange(700), went), np.arange(700) + 1, np.arange(700))]
    before, after = Rows.of(matrix[:640]), Rows.of(changed)
    postings = after.transposed(width)
    asked = np.concatenate((went, came))
    old = all_pairs(before, before.transposed(width), 10)
    found = renewed(after, postings, old, came=asked, went=went, anew=torn(old, went=went), jobs=2)
    anew = all_pairs(after, postings, 10)
    np.testing.assert_array_equal(found.rows, anew.rows)
    np.testing.assert_array_equal(found.scores, anew.scores)
