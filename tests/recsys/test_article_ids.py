"""Ids of articles find their rows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsys import article_ids as subject
from recsys.article_ids import ArticleIds, id_arrays
from recsys.id_kernel import NO_ROW

IDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8).filter(
    lambda i: i not in (".", "..")
)


@given(st.lists(IDS, unique=True, max_size=20), st.integers(0, 20))
def test_every_id_finds_its_row_and_no_other_does(ids, cut):
    found = ArticleIds(id_arrays(ids[:cut]))
    for article_id in ids[cut:]:
        found.extend([article_id])
    assert found.rows([*ids, "x" * 9, *ids]).tolist() == [*range(len(ids)), NO_ROW, *range(len(ids))]
    assert [found.row(i) for i in ids] == list(range(len(ids)))
    assert [found.id(row) for row in range(len(ids))] == ids
    assert found.row("x" * 9) is None
    assert len(found) == len(ids)


@given(st.lists(IDS, unique=True, max_size=20), st.integers(0, 20))
def test_ids_that_came_are_laid_down_as_if_they_had_been_there(ids, cut):
    found = ArticleIds(id_arrays(ids[:cut]))
    found.extend(ids[cut:])
    for name, array in id_arrays(ids).items():
        np.testing.assert_array_equal(found.arrays()[name], array, err_msg=name, strict=True)


def test_ids_of_one_hash_are_told_apart(monkeypatch):
    monkeypatch.setattr(subject, "_hashes", lambda raw: np.zeros(len(list(raw)), np.uint64))
    found = ArticleIds(id_arrays(["a", "b"]))
    assert [found.row("b"), found.row("a"), found.row("c")] == [1, 0, None]
    assert found.rows(["b", "c", "a"]).tolist() == [1, NO_ROW, 0]
