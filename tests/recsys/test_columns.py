"""Columns of articles: nothing is shown that must not be."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.article import Article
from recsys.columns import ArticleColumns
from recsys.items import Wish
from recsys.record import Micros, SectionPath
from recsys.times import NEVER
from tests.recsys.test_article_ids import IDS


def article(article_id="a", **fields):
    return Article(id=article_id, title=f"Title of {article_id}", published_at=Micros(fields.pop("at", 100)), **fields)


def columns(*articles, rebuilt=False, language="en"):
    built = ArticleColumns()
    for row, one in enumerate(articles):
        built.put(row, one, language=one.language or language)
    return ArticleColumns(built.arrays()) if rebuilt else built


NAMED = st.lists(st.sampled_from(["a", "B", "ä", "news", "😀", "sensitive", "unlisted"]), max_size=4).map(tuple)
ARTICLES = st.builds(
    Article,
    id=IDS,
    title=st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
    url=st.sampled_from([None, "/a", 'https://example.org/ä?q="1"']),
    image_url=st.sampled_from([None, "/i.png"]),
    section=NAMED.map(SectionPath),
    tags=NAMED,
    authors=NAMED,
    labels=NAMED,
    published_at=st.integers(-(10**15), 4 * 10**15).map(Micros)
    | st.integers(-(10**6), 10**6).map(lambda s: Micros(s * 10**6)),
    expires_at=st.none() | st.integers(0, 10**15).map(Micros),
    evergreen=st.booleans(),
)


@given(st.lists(ARTICLES, max_size=8, unique_by=lambda one: one.id), st.data())
def test_columns_of_many_at_once_are_those_of_one_after_another(articles, data):
    languages = data.draw(st.lists(st.sampled_from(["de", "en", "fr"]), min_size=8, max_size=8))[: len(articles)]
    gone = [len(one.id) > 4 for one in articles]
    single = ArticleColumns()
    for row, (one, language, is_gone) in enumerate(zip(articles, languages, gone, strict=True)):
        single.put(row, one, language=language, gone=is_gone)
    wanted, found = single.arrays(), ArticleColumns.of(articles, languages, gone).arrays()
    assert found.keys() == wanted.keys()
    for name, array in wanted.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name, strict=True)


@pytest.mark.parametrize("rebuilt", [False, True])
def test_only_what_may_stand_in_a_list_is_shown(rebuilt):
    built = columns(
        article("plain"),
        article("embargoed", at=500),
        article("expired", expires_at=Micros(300)),
        article("draft", labels=("unlisted",)),
        article("advert", labels=("sponsored",)),
        article("deleted"),
        article("tragedy", labels=("sensitive",)),
        rebuilt=rebuilt,
    )
    built.remove(5)
    rows = np.arange(len(built))
    assert [built.id(row) for row in rows[built.shown(rows, now=300)]] == ["plain", "tragedy"]
    assert [built.id(row) for row in rows[built.admits(rows, Wish(), now=300, as_fill=True)]] == ["plain"]
    assert [built.id(row) for row in rows if built.exists(int(row), 300)] == ["plain", "draft", "advert", "tragedy"]
    assert built.shown(rows, now=500)[1], "an embargo ends by itself"


def test_what_is_shown_changes_with_the_articles_with_rules_and_with_time_either_way():
    built = columns(article("a"), article("b", at=500), article("c"), rebuilt=True)

    def shown(now):
        return [built.id(row) for row in np.flatnonzero(built.shown(np.arange(len(built)), now)).tolist()]

    assert [shown(now) for now in (300, 500, 499, 99)] == [["a", "c"], ["a", "b", "c"], ["a", "c"], []]
    built.put(2, article("c", expires_at=Micros(400)), language="en")
    built.put(3, article("d"), language="en")
    assert [shown(300), shown(400)] == [["a", "c", "d"], ["a", "d"]]
    built.remove(0)
    assert shown(400) == ["d"]
    built.set_ruled_labels(np.array([3]), {"unlisted": np.array([True])})
    assert shown(400) == []
    assert built.beside().shown(np.array([3]), 400).all()
    assert shown(400) == []


def test_filters_act_on_every_level_of_the_section():
    built = columns(
        article("a", section=SectionPath(("News", "Council")), tags=("tax",), at=50),
        article("b", section=SectionPath(("News",)), labels=("paid",), language="de"),
        article("c", section=SectionPath(("Sport", "News")), tags=("tax",)),
    )
    rows = np.array([2, 1, 0])

    def kept(**wish):
        return [built.id(int(row)) for row in rows[built.admits(rows, Wish(**wish), now=1000)]]

    assert kept(section="News") == ["c", "b", "a"]
    assert kept(section="Council") == ["a"]
    assert kept(tag="tax", exclude=frozenset({0})) == ["c"]
    assert kept(tag="tax", exclude=frozenset({0, *range(3, 100)})) == ["c"]
    assert kept(label="paid") == kept(language="de") == ["b"]
    assert kept(language="xx") == kept(section="none") == []
    assert kept(max_age=900) == ["c", "b"]


def test_a_replaced_article_keeps_its_row_and_shows_its_new_card():
    built = columns(article("a"), article("b"), rebuilt=True)
    built.remove(0)
    built.put(0, article("a", url="https://x.example/ä", labels=("paid",)), language="fr")
    assert built.row("a") == 0
    assert built.exists(0, 100)
    assert built.language(0) == "fr"
    assert json.loads(built.card(0)) == {
        "id": "a",
        "title": "Title of a",
        "url": "https://x.example/ä",
        "section": [],
        "published_at": "1970-01-01T00:00:00.000100Z",
        "labels": ["paid"],
    }


def test_a_gap_between_rows_is_an_error():
    with pytest.raises(ValueError, match="gap"):
        columns(article("a")).put(2, article("b"), language="en")


def test_the_next_turn_is_when_an_article_appears_or_expires():
    built = columns(article("a"), article("b", at=500), article("c", expires_at=Micros(300)))
    assert [built.next_turn(now) for now in (50, 100, 300, 499)] == [100, 300, 500, 500]
    assert built.next_turn(500) == NEVER
