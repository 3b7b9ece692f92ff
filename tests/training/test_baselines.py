"""The simple models do what their names say, from before the cut alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from recsys.histories import visitor_key
from recsys.times import DAY, HOUR
from tests.recsys.sites import NOW, article, stored
from training.baselines import (
    RECENT_HALF_LIFE,
    Popularity,
    Simple,
    first_rows,
    random_rows,
    text_vectors,
)
from training.replay import Acts, Split

likes = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7), st.integers(0, 40)), max_size=40)


def acts(rows):
    """(visitor, article, hour) each, all of them liked."""
    rows = sorted(rows, key=lambda row: row[2])
    visitor = np.array([visitor_key(f"v{v}") for v, _, _ in rows], np.uint64)
    m = len(rows)
    return Acts(
        row=np.array([row for _, row, _ in rows], np.int32),
        at=np.array([hour * HOUR for _, _, hour in rows], np.int64),
        kind=np.ones(m, np.int8),
        value=np.full(m, np.nan),
        reader=visitor,
        visitor=visitor,
        source=np.zeros(m, np.uint64),
        strength=np.ones(m, np.float32),
        read=np.ones(m, np.bool_),
    )


@given(likes, st.lists(st.integers(0, 50), min_size=1, max_size=4))
def test_popularity_moved_on_is_the_count_made_anew(rows, hours):
    found = Popularity(acts(rows), 8)
    for hour in sorted(hours):
        found.move(hour * HOUR)
        past = [(row, at) for _, row, at in rows if at < hour]
        assert_allclose(found.total, np.bincount([row for row, _ in past], minlength=8))
        weights = [0.5 ** ((hour - at) * HOUR / RECENT_HALF_LIFE) for _, at in past]
        assert_allclose(found.recent, np.bincount([row for row, _ in past], weights, 8), atol=1e-9)


def test_each_reader_of_an_article_counts_once_and_only_what_was_read():
    split = Split(acts([(0, 1, 1), (0, 1, 2), (1, 1, 3), (1, 2, 4), (2, 5, 9)]), 5 * HOUR, 10 * HOUR)
    known = Simple.at(stored([article(n) for n in range(8)]), split, with_text=False).known
    assert known.readers.tolist() == [0, 2, 1, 0, 0, 0, 0, 0]
    assert known.visitors == 2
    assert known.vectors.shape == (8, 1)
    assert known.vectors.nnz == 0


def test_text_of_the_future_reaches_no_vector():
    articles = stored([article(n) for n in range(12)])
    known = np.arange(12) < 6
    found = text_vectors(articles, known)
    assert_allclose(found.multiply(found).sum(axis=1), known.astype(float))
    again = text_vectors([*articles[:6], *stored([article(n, body="other words") for n in range(12)])[6:]], known)
    assert (found != again).nnz == 0


def test_a_site_without_words_has_no_text_model():
    articles = stored([article(n, title="", body="") for n in range(3)])
    found = Simple.at(articles, Split(acts([]), NOW, NOW + DAY))
    assert found.scores(np.array([0, 1])) == {}
    assert found.known.visitors == 0


def test_section_most_liked_wins_and_articles_without_section_have_none():
    articles = stored([article(n) for n in range(12)] + [article(12, section=())])
    simple = Simple.at(articles, Split(acts([]), NOW, NOW + DAY))
    section = simple.section_of(np.array([1, 0, 7, 12]))
    assert np.flatnonzero(simple.section == section).tolist() == [1, 7]
    assert simple.section_of(np.array([12])) is None
    assert simple.section_of(np.array([], np.int64)) is None


def test_ties_go_to_the_lower_row_and_nothing_without_evidence_is_shown():
    candidates = np.array([True, False, True, True, True])
    assert first_rows(np.array([1.0, 9.0, 2.0, 2.0, 0.0]), candidates, 4) == [2, 3, 0]
    assert sorted(random_rows(candidates, 9, np.random.default_rng(0))) == [0, 2, 3, 4]
    nobody = np.zeros(5, np.bool_)
    assert first_rows(np.ones(5), nobody, 3) == []
