"""On one page nothing stands twice, never the article itself, and every list is as full as the catalogue allows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.items import Wish
from recsys.page import page
from recsys.ranking import ranking
from recsys.related import related
from tests.recsys.sites import NOW, Reading, article, model_of

ENGLISH = 40


@pytest.fixture(scope="module")
def site():
    articles = [article(n) for n in range(ENGLISH)]
    articles += [article(n, language="fr") for n in range(ENGLISH, 46)]
    articles[7] = article(7, labels=("sensitive",))
    articles[8] = article(8, labels=("sponsored",))
    articles[9] = article(9, published_at=NOW + 1)
    return model_of(articles, Reading().events)


def lists_of(found):
    return [found.related, found.ranking, found.recommendation]


def rows_of(items):
    return [item.row for item in items]


@settings(max_examples=60, deadline=None)
@given(
    row=st.integers(0, 45),
    visitor=st.sampled_from([None, "v0", "v8"]),
    history=st.lists(st.integers(0, 45), max_size=4),
    exclude=st.frozensets(st.integers(0, 45), max_size=3),
)
def test_nothing_twice_never_itself_and_full(site, row, visitor, history, exclude):
    found = page(site, row, NOW, visitor_id=visitor, history=history, exclude=exclude)
    rows = [r for items in lists_of(found) for r in rows_of(items)]
    assert len(rows) == len(set(rows))
    assert not set(rows) & (exclude | {row, 8, 9})
    assert {site.articles.language(r) for r in rows} <= {site.articles.language(row)}
    for items in lists_of(found):
        assert all(sum(why.weight for why in item.reasons) == pytest.approx(item.score, abs=1e-6) for item in items)
        fills = [item.fill is not None for item in items]
        assert fills == sorted(fills)
    if row < ENGLISH and row != 7 and not visitor and not exclude:
        assert [len(items) for items in lists_of(found)] == [10, 8, 8]


def test_matches_of_each_list_come_before_the_fill_of_any(site):
    """A Related list with few matches must not take the top of Ranking as its fill."""
    found = page(site, 0, NOW)
    top = rows_of(ranking(site, "day", Wish(limit=8, language="en", exclude=frozenset({0})), NOW))
    matched = {item.row for item in found.related if item.fill is None}
    assert rows_of(found.ranking)[: len(set(top) - matched)] == [row for row in top if row not in matched]


def test_related_leads_with_what_it_would_show_alone(site):
    found = page(site, 0, NOW)
    alone = related(site, 0, Wish(limit=10, fill="none"), NOW)
    assert found.related[: len(alone)] == alone


def test_an_article_that_two_lists_want_goes_to_the_first_in_order(site):
    ranked_first = page(site, 0, NOW, order=("ranking", "related", "recommendation"))
    alone = ranking(site, "day", Wish(limit=8, language="en", exclude=frozenset({0}), fill="none"), NOW)
    assert ranked_first.ranking[: len(alone)] == alone


def test_a_sensitive_page_has_related_articles_only_and_no_fill(site):
    found = page(site, 7, NOW, visitor_id="v0")
    assert found.ranking == []
    assert found.recommendation == []
    assert found.related
    assert all(item.fill is None for item in found.related)


def test_a_sensitive_article_is_never_fill(site):
    fills = [
        item.row
        for row in range(ENGLISH)
        if row not in (7, 8, 9)
        for items in lists_of(page(site, row, NOW))
        for item in items
        if item.fill
    ]
    assert fills
    assert 7 not in fills


def test_without_fill_lists_are_short_and_hold_matches_only(site):
    found = page(site, 0, NOW, fill_policy="none")
    assert all(item.fill is None for items in lists_of(found) for item in items)


def test_a_list_that_may_repeat_shows_what_it_would_alone_and_takes_nothing_away(site):
    found = page(site, 0, NOW, repeats=("ranking",))
    alone = ranking(site, "day", Wish(limit=8, language="en", exclude=frozenset({0})), NOW)
    assert rows_of(found.ranking) == rows_of(alone)
    two = page(site, 0, NOW, limits={"related": 10, "ranking": 0, "recommendation": 8})
    assert (found.related, found.recommendation) == (two.related, two.recommendation)
    assert not set(rows_of(found.related)) & set(rows_of(found.recommendation))


def test_limits_are_kept(site):
    found = page(site, 0, NOW, limits={"related": 2, "ranking": 3, "recommendation": 1})
    assert [len(items) for items in lists_of(found)] == [2, 3, 1]


def test_the_same_question_has_the_same_answer(site):
    assert page(site, 3, NOW, visitor_id="v0") == page(site, 3, NOW, visitor_id="v0")


def test_a_site_of_one_article_has_an_empty_page():
    found = page(model_of([article(0)]), 0, NOW)
    assert lists_of(found) == [[], [], []]
