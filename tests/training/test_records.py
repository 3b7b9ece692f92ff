"""Columns, totals and links that are carried on are those of a full reading."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.article import Article
from recsys.columns import ArticleColumns
from recsys.links import SiteLinks
from recsys.model import component
from recsys.record import Micros, SectionPath
from recsys.settings import Settings
from recsys.store.sqlite import SqliteStore
from training import texts
from training.fit import Arrays, fit
from training.former import Former
from training.stored_articles import StoredArticles
from training.without_events import NO_EVENTS

AS_OF = 1_000
WORDS = ["crane", "harbour", "tide", "pilot", "cargo", "dock", "mooring", "vessel", "budget", "vote", "mayor", "rates"]


def article(number: int, *, links: str = "", **fields: Any) -> Article:
    words = " ".join(np.random.default_rng(number).choice(WORDS, 30))
    values: dict[str, Any] = {
        "id": f"a{number}",
        "title": WORDS[number % len(WORDS)],
        "body": f"<p>{words}</p>{links}",
        "url": f"https://news.example/{number}",
        "section": SectionPath(("News", f"Part {number % 3}")),
        "tags": (WORDS[number % 5],),
        "language": "en",
        "published_at": Micros(number),
        "views": number,
    }
    return Article(**(values | fields))


def fitted(store: SqliteStore, former: Former | None = None, as_of: int = AS_OF) -> tuple[Arrays, Former]:
    articles = StoredArticles(store.catalogue, None if former is None else former.checks)
    arrays, manifest = fit(articles, NO_EVENTS, as_of, Settings(threads=1), former=former)
    assert manifest.fitted["texts"]["renewed"] > 0 or former is None
    assert manifest.articles == articles.known(as_of)
    made = Former.of(manifest, arrays)
    assert made is not None
    return arrays, made


def shown(arrays: Arrays) -> list[tuple[object, ...]]:
    """By row all that columns and links say, whatever numbers names have."""
    columns, links = ArticleColumns(component(arrays, "articles")), SiteLinks.from_arrays(component(arrays, "links"))
    return [
        (
            columns.id(row),
            columns.card(row),
            columns.language(row),
            int(columns.published[row]),
            bool(columns.gone[row]),
            [columns.groups[group].names(row) for group in ("section", "tag", "label", "author")],
            [part.tolist() for part in links.of(row)],
        )
        for row in range(len(columns))
    ]


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    store = SqliteStore(tmp_path / "store.db")
    link = "<a href='/7'>seven</a><a href='https://news.example/61/a-title'>soon</a>"
    store.catalogue.put([article(n, links=link if n == 3 else "") for n in range(60)], 1, restore=True)
    store.catalogue.put([article(60, published_at=Micros(AS_OF + 5))], 1, restore=True)
    return store


def test_after_new_articles_all_arrays_but_those_of_texts_are_those_of_a_full_reading(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "RENEWED", 0.1)
    _, former = fitted(store)
    new = [article(61, links="<a href='/62/below'>next</a>"), article(62, section=SectionPath(("Harbour",)))]
    store.catalogue.put(new, 2, restore=True)
    carried, _ = fitted(store, former)
    anew, _ = fitted(store)
    for name, array in anew.items():
        if name.partition(".")[0] not in ("text", "neighbours", "related", "links"):
            np.testing.assert_array_equal(carried[name], array, err_msg=name)
    assert shown(carried)[61][-1] == [[62], [1.0]]
    assert shown(carried)[7] == shown(anew)[7]


def test_what_changed_went_and_appeared_is_as_in_a_full_reading(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "RENEWED", 0.2)
    monkeypatch.setattr(texts, "COMPUTED", 2.0)
    _, former = fitted(store)
    changed = [
        article(7, url="https://news.example/seven", tags=("new",)),
        article(8, views=99, labels=("paid",)),
        article(61),
    ]
    store.catalogue.put(changed, 2, restore=True)
    store.catalogue.delete(["a9"], 3)
    carried, _ = fitted(store, former, as_of=AS_OF + 10)
    anew, _ = fitted(store, as_of=AS_OF + 10)
    assert [row[:-1] for row in shown(carried)] == [row[:-1] for row in shown(anew)]
    for name in ("engagement.views_total", "engagement.views_at", "texts.digests", "texts.checks", "stories.labels"):
        np.testing.assert_array_equal(carried[name], anew[name], err_msg=name)
    assert carried["engagement.views_total"][8] == 99
    assert carried["texts.digests"][60].any(), "its time has come"


def test_articles_on_a_new_host_have_all_links_read_again(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "RENEWED", 0.1)
    store.catalogue.put([article(5, links="<a href='https://other.example/61'>there</a>")], 1, restore=True)
    _, former = fitted(store)
    store.catalogue.put([article(61, url="https://other.example/61")], 2, restore=True)
    carried, _ = fitted(store, former)
    assert shown(carried)[5][-1] == [[61], [1.0]]


def test_totals_that_a_model_left_aside_are_read(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "RENEWED", 0.1)
    articles = StoredArticles(store.catalogue)
    arrays, manifest = fit(articles, NO_EVENTS, AS_OF, Settings(threads=1), with_totals=False)
    store.catalogue.put([article(61)], 2, restore=True)
    carried, _ = fitted(store, Former.of(manifest, arrays))
    assert carried["engagement.views_total"].tolist() == list(range(62))


def test_a_store_that_gave_rows_to_other_articles_is_read_in_full(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that was restored from a backup and went on in another way."""
    monkeypatch.setattr(texts, "RENEWED", 0.1)
    _, former = fitted(store)
    older = SqliteStore(tmp_path / "older.db")
    older.catalogue.put([article(number) for number in (*range(60), 77)], 1, restore=True)
    arrays, manifest = fit(StoredArticles(older.catalogue, former.checks), NO_EVENTS, AS_OF, Settings(), former=former)
    assert manifest.fitted["texts"]["renewed"] == 0
    assert shown(arrays)[60][0] == "a77"
    older.close()
