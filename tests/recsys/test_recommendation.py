"""Recommendation fits the reader, says why, tells nobody's secrets, and is not empty where there is something."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys import votes
from recsys.candidates import candidates_for
from recsys.items import Wish
from recsys.mix import SIGNALS
from recsys.reader import READS, reader_of
from recsys.recommendation import recommend
from recsys.store import StoredArticle
from recsys.times import DAY
from recsys.untrained import untrained_model
from tests.recsys.sites import NOW, Reading, article, model_of, view


def undiversified(model):
    return replace(model, mix=replace(model.mix, diversity=0.0))


@pytest.fixture(scope="module")
def site():
    return undiversified(model_of([article(n) for n in range(48)], Reading().events))


def rows_of(items):
    return [item.row for item in items]


def topic(row):
    return row % 6


def named(items):
    return {reason.article_id for item in items for reason in item.reasons if reason.article_id is not None}


def test_a_reader_of_one_topic_gets_what_is_left_of_it_first(site):
    left = set(range(0, 48, 6)) - set(site.histories.of("v0").rows.tolist())
    found = recommend(site, Wish(limit=8), NOW, visitor_id="v0")
    assert set(rows_of(found)[: len(left)]) == left


def test_what_the_reader_has_read_is_out_also_of_the_fill(site):
    read = set(site.histories.of("v0").rows.tolist())
    found = recommend(site, Wish(limit=48), NOW, visitor_id="v0", history=[1, 2])
    assert not set(rows_of(found)) & (read | {1, 2})
    assert len(found) == 48 - len(read | {1, 2})


def test_history_sent_with_the_request_is_enough(site):
    found = recommend(site, Wish(limit=4), NOW, history=[3, 9])
    assert all(topic(row) == 3 for row in rows_of(found))
    assert named(found) <= {"a3", "a9"}
    assert named(found)


def test_the_newest_read_counts_most(site):
    assert topic(rows_of(recommend(site, Wish(limit=1), NOW, history=[4, 3]))[0]) == 4
    assert topic(rows_of(recommend(site, Wish(limit=1), NOW, history=[3, 4]))[0]) == 3


def test_the_current_article_stands_for_a_reader_of_whom_nothing_else_is_known(site):
    found = recommend(site, Wish(limit=4), NOW, row=5)
    assert all(topic(row) == 5 and row != 5 for row in rows_of(found))
    assert named(found) == {"a5"}


@pytest.mark.parametrize("visitor", [None, "never seen"])
def test_a_reader_of_whom_nothing_is_known_gets_the_ranking_marked_as_fill(site, visitor):
    found = recommend(site, Wish(limit=8), NOW, visitor_id=visitor)
    assert len(found) == 8
    assert {item.fill for item in found} == {"ranking"}
    assert all(item.score == 0.0 and [reason.weight for reason in item.reasons] == [0.0] for item in found)
    assert recommend(site, Wish(limit=8, fill="none"), NOW, visitor_id=visitor) == []


def test_a_guessed_visitor_id_reveals_nobodys_reading(site):
    found = recommend(site, Wish(limit=8), NOW, visitor_id="v0")
    assert named(found) == set()
    assert all(reason.name is None for item in found if not item.fill for reason in item.reasons)
    with_history = recommend(site, Wish(limit=8), NOW, visitor_id="v0", history=[3])
    assert named(with_history) <= {"a3"}


def test_a_live_read_counts_at_once():
    site = undiversified(model_of([article(n) for n in range(48)], Reading().events))
    site.add([view("new here", 4, 0.001), view("new here", 10, 0.0005)])
    found = recommend(site, Wish(limit=4), NOW, visitor_id="new here")
    assert all(topic(row) == 4 and row not in (4, 10) for row in rows_of(found))


def test_popularity_weighs_more_for_a_reader_who_was_long_away(site):
    def share_of_popularity(now):
        item = recommend(site, Wish(limit=1), now, visitor_id="v0")[0]
        return sum(reason.weight for reason in item.reasons if reason.kind in ("liked", "popular", "new")) / item.score

    assert share_of_popularity(NOW + 60 * DAY) > share_of_popularity(NOW)


def test_a_visitor_who_liked_nothing_gets_what_is_popular_but_not_what_was_disliked():
    site = model_of([article(n) for n in range(48)], [*Reading().events, view("sour", 0, 1, kind="dislike")])
    found = recommend(site, Wish(limit=8, fill="none"), NOW, visitor_id="sour")
    assert found
    assert 0 not in rows_of(found)
    assert {reason.kind for item in found for reason in item.reasons} <= {"liked", "popular", "new"}


@pytest.mark.parametrize("articles", [[], [article(0)]])
def test_a_site_with_next_to_nothing_gets_a_valid_list(articles):
    site = model_of(articles)
    assert recommend(site, Wish(limit=8), NOW, visitor_id="x", history=[]) == recommend(site, Wish(limit=8), NOW)
    assert len(recommend(site, Wish(limit=8), NOW)) == len(articles)


def test_filters_act_before_the_cut(site):
    found = recommend(site, Wish(limit=8, section="Glacier", fill="none"), NOW, history=[0, 6])
    assert rows_of(found)
    assert {topic(row) for row in rows_of(found)} == {2}


@settings(max_examples=60, deadline=None)
@given(
    history=st.lists(st.integers(0, 47), max_size=12),
    visitor=st.sampled_from([None, "v0", "v7", "nobody"]),
    row=st.none() | st.integers(0, 47),
    exclude=st.frozensets(st.integers(0, 47), max_size=10),
    limit=st.integers(1, 60),
)
def test_every_list_is_full_sorted_without_repeats_and_adds_up(site, *, history, visitor, row, exclude, limit):
    found = recommend(site, Wish(limit=limit, exclude=exclude), NOW, visitor_id=visitor, history=history, row=row)
    rows = rows_of(found)
    stored = site.histories.of(visitor).rows.tolist() if visitor else []
    out = exclude | set(history) | set(stored) | ({row} if row is not None else set())
    assert len(set(rows)) == len(rows) == min(limit, 48 - len(out))
    assert not set(rows) & out
    assert all(sum(reason.weight for reason in item.reasons) == pytest.approx(item.score, abs=1e-9) for item in found)
    scores = [item.score for item in found]
    assert scores == sorted(scores, reverse=True)
    assert named(found) <= {f"a{n}" for n in [*history, *([row] if row is not None else [])]}


@pytest.mark.parametrize("tied", [1, 5])
def test_the_order_is_that_of_the_scores_told_also_where_few_ties_make_a_candidate(site, monkeypatch, tied):
    """The ties of a favourite that is not among those tied most strongly are in neither its score nor its reasons."""
    monkeypatch.setattr(votes, "TIED", tied)
    for history in ([3, 9, 4], [0, 1, 2, 5]):
        scores = [item.score for item in recommend(site, Wish(limit=40), NOW, history=history)]
        assert scores == sorted(scores, reverse=True)


def test_what_is_not_shown_neither_takes_a_place_among_the_tied_nor_sets_a_scale(monkeypatch):
    monkeypatch.setattr(votes, "TIED", 3)
    site = undiversified(model_of([article(n) for n in range(48)], Reading().events))
    wanted = recommend(site, Wish(limit=8, exclude=frozenset(range(12, 48, 6))), NOW, history=[0, 3])
    for row in range(12, 48, 6):
        site.articles.remove(row)
    assert recommend(site, Wish(limit=8), NOW, history=[0, 3]) == wanted


def test_ten_thousand_entries_with_duplicates_are_the_same_as_the_newest_of_them(site):
    long = [n % 7 for n in range(10_000)]
    assert recommend(site, Wish(limit=5), NOW, history=long) == recommend(site, Wish(limit=5), NOW, history=range(7))


def test_only_the_newest_reads_count_but_all_are_out():
    reader = reader_of(NOW, history=range(200))
    assert reader.rows.size == READS
    assert reader.weights.sum() == pytest.approx(1.0)
    assert len(reader.seen) == 200


def test_taste_is_the_weighted_share_of_a_name(site):
    reader = reader_of(NOW, history=[0, 6, 1])
    found = candidates_for(site, reader, Wish(exclude=reader.seen), NOW)
    sections = dict(zip(found.rows.tolist(), found.signals[SIGNALS.index("section")].tolist(), strict=True))
    harbour, orchard = reader.weights[:2].sum(), reader.weights[2]  # all three carry News
    assert sections == pytest.approx(
        {row: (1.0 + {0: harbour, 1: orchard}.get(topic(row), 0.0)) / 2 for row in set(range(48)) - {0, 6, 1}}
    )


def test_an_article_read_by_many_a_moment_ago_is_recommended_for_that():
    site = undiversified(model_of([article(n) for n in range(48)], Reading().events))
    recommend(site, Wish(limit=4), NOW, history=[0])
    site.add([view(f"crowd {n}", 47, 0.0001) for n in range(200)])
    found = {item.row: item.reasons for item in recommend(site, Wish(limit=8), NOW, history=[0])}
    assert "popular" in {reason.kind for reason in found[47]}


def test_an_article_put_after_training_is_recommended_to_those_who_read_the_like():
    site = undiversified(model_of([article(n) for n in range(48)], Reading().events))
    recommend(site, Wish(limit=4), NOW, history=[0])
    new = article(54, id="new", published_at=NOW)
    site.put(StoredArticle(article=new, row=48, views_at=0, likes_at=0))
    assert 48 in rows_of(recommend(site, Wish(limit=8), NOW + 1, history=[0, 6]))
    assert 48 not in rows_of(recommend(site, Wish(limit=8), NOW - 1, history=[0, 6]))


def test_a_site_that_was_never_trained_shows_the_newest_and_to_a_reader_what_shares_names_with_the_history():
    site = untrained_model()
    assert recommend(site, Wish(limit=8), NOW, history=[]) == []
    for row in range(3):
        site.put(StoredArticle(article=article(row), row=row, views_at=0, likes_at=0))
    assert [(item.row, item.fill) for item in recommend(site, Wish(limit=8), NOW)] == [
        (0, "newest"),
        (1, "newest"),
        (2, "newest"),
    ]
    found = recommend(site, Wish(limit=8), NOW, history=[1])
    assert [(item.row, item.fill) for item in found] == [(0, None), (2, None)]
    assert {reason.name for item in found for reason in item.reasons} == {"News"}
