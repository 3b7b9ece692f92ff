"""A site before its first training is served: what is read and what is new, and every match it can't have is filled."""

from recsys.article import Article
from recsys.event import Event
from recsys.items import Wish
from recsys.page import page
from recsys.ranking import ranking
from recsys.record import Micros
from recsys.store import StoredArticle
from recsys.untrained import untrained_model

NOW = 1_000_000_000


def _stored(row: int) -> StoredArticle:
    return StoredArticle(Article(id=f"article-{row}", title="A title", published_at=Micros(row + 1)), row, 0, 0)


def test_a_site_without_articles_has_empty_lists():
    assert ranking(untrained_model(), "day", Wish(), NOW) == []


def test_articles_are_shown_newest_first_and_marked():
    model = untrained_model()
    for row in range(5):
        model.put(_stored(row))
    found = ranking(model, "day", Wish(limit=3), NOW)
    assert [(item.row, item.fill, item.score) for item in found] == [(row, "newest", 0.0) for row in (4, 3, 2)]


def test_what_is_read_leads_the_ranking():
    model = untrained_model()
    for row in range(5):
        model.put(_stored(row))
    model.add([Event(type="view", article_id="article-1", at=Micros(NOW))])
    first, *rest = ranking(model, "day", Wish(limit=5), NOW)
    assert (first.row, first.fill) == (1, None)
    assert all(item.fill for item in rest)


def test_a_page_repeats_nothing():
    model = untrained_model()
    for row in range(40):
        model.put(_stored(row))
    found = page(model, 0, NOW)
    rows = [item.row for item in (*found.related, *found.ranking, *found.recommendation)]
    assert len(rows) == len(set(rows)) == 26
    assert 0 not in rows
