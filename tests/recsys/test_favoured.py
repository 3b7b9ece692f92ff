"""The favourites are those that a look at the whole site would find, though only what changed is looked at."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys import favoured
from recsys.favoured import Favoured, favour, searched
from recsys.interest import site_clock
from recsys.items import Wish
from recsys.store import StoredArticle
from recsys.times import HOUR, MINUTE
from tests.recsys.sites import NOW, TOPICS, Reading, article, model_of, view


def site():
    return model_of([article(n) for n in range(48)], Reading().events)


HARBOUR = Wish(section="Harbour")
READS = st.lists(st.tuples(st.integers(0, 47), st.integers(0, 90)), max_size=30)


def favourites_while_they_read(reads, find):
    """Of each moment before a read the model, what `find` tells, three by each signal, and the moment."""
    model, memo = site(), Favoured()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(favoured, "LEADERS", 3)
        now = NOW
        for row, seconds in reads:
            now += seconds * 1_000_000
            yield model, find(memo, model, row, now), now
            model.add([view("someone", row, (NOW - now) / HOUR)])


@settings(max_examples=20, deadline=None)
@given(READS)
def test_the_greatest_interest_is_always_among_them(reads):
    for model, found, _ in favourites_while_they_read(reads, lambda memo, model, _, now: memo.at(model, now)):
        interest = model.engagement.interest(1, found.clock)
        assert np.sort(found.strength[1])[-3:] == pytest.approx(np.sort(interest)[-3:])
        assert found.strength[1] == pytest.approx(interest[found.rows])


def test_the_clock_is_that_of_the_whole_site():
    model, memo = site(), Favoured()
    for now in (NOW, NOW + 3 * MINUTE, NOW - HOUR):
        published = model.articles.published
        newest = int(published[published <= now].max())
        assert memo.at(model, now).clock == site_clock(now, model.engagement.last_event, newest)


def test_strengths_of_some_rows_are_those_rows_of_the_standing():
    model = site()
    model = replace(model, mix=replace(model.mix, liked_rows=np.array([2, 7], np.int32), liked_score=np.ones(2) / 2))
    rows, clock = np.array([3, 40, 7]), Favoured().at(model, NOW).clock
    standing = model.ranking.standing(model.articles, model.engagement, 1, NOW)
    assert standing.clock == clock
    parts = model.ranking.parts(model.articles, model.engagement, 1, clock)
    liked, interest, expected = favour(model, rows, clock)
    assert liked.tolist() == [0.0, 0.0, 0.5]
    assert interest == pytest.approx(parts.interest[rows])
    mix = model.ranking.mix[1]
    assert expected * (1 - mix) == pytest.approx(parts.expected[rows])


def test_what_favourites_carry_is_told_anew_once_an_article_changes():
    model, memo = site(), Favoured()
    assert memo.at(model, NOW) is memo.at(model, NOW)
    row = int(memo.at(model, NOW).rows[0])
    model.put(StoredArticle(article=article(row, tags=("never seen",)), row=row, views_at=0, likes_at=0))
    found = memo.at(model, NOW)
    assert "never seen" in map(model.carrying.name, found.names[0].tolist())


@settings(max_examples=20, deadline=None)
@given(READS)
def test_the_greatest_interest_that_a_filter_admits_is_always_among_its_own(reads):
    def find(memo, model, row, now):
        return memo.among(model, msgspec.structs.replace(HARBOUR, exclude=frozenset([row])), now)

    for model, found, now in favourites_while_they_read(reads, find):
        assert model.articles.passes(found.rows, HARBOUR, now).all()
        interest = model.engagement.interest(1, found.clock, np.arange(0, 48, len(TOPICS)))
        assert np.sort(found.strength[1])[-3:] == pytest.approx(np.sort(interest)[-3:])


def test_a_new_article_is_among_those_of_its_section_at_once():
    model, memo = site(), Favoured()
    before = memo.among(model, HARBOUR, NOW)
    new = article(48, published_at=NOW - MINUTE)
    model.put(StoredArticle(new, 48, 0, 0))
    assert set(memo.among(model, HARBOUR, NOW).rows.tolist()) == {*before.rows.tolist(), 48}


def test_all_articles_are_searched_once_a_minute_for_a_filter_and_not_for_each_question(monkeypatch):
    model, memo, asked = site(), Favoured(), []
    monkeypatch.setattr(favoured, "FILTERS", 2)
    monkeypatch.setattr(favoured, "searched", lambda *of: asked.append(of) or searched(*of))
    for _ in range(3):
        for section in ("Harbour", "Orchard"):
            memo.among(model, Wish(section=section), NOW)
    assert len(asked) == 2
    memo.among(model, Wish(section="Glacier"), NOW)
    memo.among(model, Wish(section="Orchard"), NOW)
    assert len(asked) == 3
    memo.among(model, HARBOUR, NOW)  # longest not asked for, and forgotten
    assert len(asked) == 4
    memo.among(model, HARBOUR, NOW + 2 * MINUTE)
    assert len(asked) == 5


def test_who_admits_too_few_is_shown_ever_more():
    model, memo = site(), Favoured()
    read = frozenset(range(0, 30, len(TOPICS)))
    wish = msgspec.structs.replace(HARBOUR, exclude=read)
    of_site, of_section, of_wish = memo.wider(model, wish, NOW)
    assert of_site is memo.at(model, NOW)
    assert of_section.rows.tolist() == [*range(0, 48, len(TOPICS))]
    assert of_wish.rows.tolist() == [row for row in of_section.rows.tolist() if row not in read]
