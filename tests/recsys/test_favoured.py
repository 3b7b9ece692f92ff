"""The favourites are those that a look at the whole site would find, though only what changed is looked at."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys import favoured
from recsys.favoured import Favoured, favour
from recsys.interest import site_clock
from recsys.store import StoredArticle
from recsys.times import HOUR, MINUTE
from tests.recsys.sites import NOW, Reading, article, model_of, view


def site():
    return model_of([article(n) for n in range(48)], Reading().events)


@settings(max_examples=20, deadline=None)
@given(reads=st.lists(st.tuples(st.integers(0, 47), st.integers(0, 90)), max_size=30))
def test_the_greatest_interest_is_always_among_them(reads):
    model, memo = site(), Favoured()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(favoured, "LEADERS", 3)
        now = NOW
        for row, seconds in reads:
            now += seconds * 1_000_000
            found = memo.at(model, now)
            interest = model.engagement.interest(1, found.clock)
            assert np.sort(found.strength[1])[-3:] == pytest.approx(np.sort(interest)[-3:])
            assert found.strength[1] == pytest.approx(interest[found.rows])
            model.add([view("someone", row, (NOW - now) / HOUR)])


def test_the_clock_is_that_of_the_whole_site():
    model, memo = site(), Favoured()
    for now in (NOW, NOW + 3 * MINUTE, NOW - HOUR):
        published = model.articles.published
        newest = int(published[published <= now].max())
        assert memo.at(model, now).clock == site_clock(now, model.engagement.last_event, newest)


def test_strengths_of_some_rows_are_those_rows_of_the_standing():
    model = site()
    rows, clock = np.array([3, 40, 7]), Favoured().at(model, NOW).clock
    standing = model.ranking.standing(model.articles, model.engagement, 1, NOW)
    assert standing.clock == clock
    parts = model.ranking.parts(model.articles, model.engagement, 1, clock)
    liked, interest, expected = favour(model, rows, clock)
    assert liked == pytest.approx(model.mix.liked(rows))
    assert interest == pytest.approx(parts.interest[rows])
    mix = model.ranking.mix[1]
    assert expected * (1 - mix) == pytest.approx(parts.expected[rows])


def test_what_favourites_carry_is_told_anew_once_an_article_changes():
    model, memo = site(), Favoured()
    assert memo.at(model, NOW) is memo.at(model, NOW)
    row = int(memo.at(model, NOW).rows[0])
    model.put(StoredArticle(article=article(row, tags=("never seen",)), row=row, views_at=0, likes_at=0))
    found = memo.at(model, NOW)
    assert "never seen" in map(model.carrying.name, found.names.code.tolist())
