"""Of the articles in a store a training decodes what differs from a model of before, and all when it asks for more."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from recsys.article import Article, StoredArticle
from recsys.columns import ArticleColumns
from recsys.record import Micros
from recsys.store.sqlite import SqliteStore
from training.stored_articles import StoredArticles


def article(number: int, title: str = "A title") -> Article:
    return Article(id=f"a{number}", title=title, published_at=Micros(number))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "store.db")
    store.catalogue.put([article(number) for number in range(20)], 1, restore=True)
    yield store
    store.close()


def columns_of(articles: StoredArticles) -> ArticleColumns:
    columns = ArticleColumns()
    for row, stored in enumerate(articles):
        columns.put(row, stored.article, language="en", gone=stored.deleted_at is not None)
    return columns


def test_only_what_differs_is_decoded(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    before = StoredArticles(store.catalogue)
    store.catalogue.put([article(3, "Another"), article(20)], 2, restore=True)
    store.catalogue.delete(["a5"], 3)
    scanned: list[Sequence[int] | None] = []
    plain = store.catalogue.scan

    def scan(rows: Sequence[int] | None = None) -> Iterator[StoredArticle]:
        scanned.append(rows)
        return plain(rows)

    monkeypatch.setattr(store.catalogue, "scan", scan)
    found = StoredArticles(store.catalogue, before.checks)
    assert found.differ.tolist() == [3, 5, 20]
    assert (found[3].article.title, found[5].deleted_at, found[20].row, len(found)) == ("Another", 3, 20, 21)
    assert scanned == [[3, 5, 20]]
    assert found[4].article.id == found[4 - 21].article.id == "a4"
    assert scanned == [[3, 5, 20], [4]]
    assert [stored.row for stored in found] == list(range(21))
    assert [stored.row for stored in found[18:]] == [18, 19, 20]
    assert scanned == [[3, 5, 20], [4], None]


def test_known_articles_are_counted_from_what_a_model_knows_and_what_differs(store: SqliteStore) -> None:
    before = StoredArticles(store.catalogue)
    columns = columns_of(before)
    store.catalogue.delete(["a5", "a19"], 3)
    store.catalogue.put([article(30), article(31)], 3, restore=True)
    found = StoredArticles(store.catalogue, before.checks)
    for as_of in (0, 10, 31, 99):
        assert found.known(as_of, columns) == found.known(as_of) == StoredArticles(store.catalogue).known(as_of)
    assert found.known(99) == 20


def test_ids_lead_to_the_rows_that_the_store_has_now(store: SqliteStore, tmp_path: Path) -> None:
    """A backup that was brought back has given later rows to other articles."""
    before = StoredArticles(store.catalogue)
    older = SqliteStore(tmp_path / "older.db")
    older.catalogue.put([article(number) for number in (*range(18), 30, 31, 32)], 1, restore=True)
    found = StoredArticles(older.catalogue, before.checks)
    assert found.differ.tolist() == [18, 19, 20]
    assert found.rows_by_id(columns_of(before)) == found.rows_by_id() == {one.article.id: one.row for one in found}
    older.close()


def test_what_arrives_meanwhile_is_left_for_the_next_time(store: SqliteStore) -> None:
    found = StoredArticles(store.catalogue)
    store.catalogue.put([article(20)], 2, restore=True)
    assert [stored.row for stored in found] == list(range(20))
    np.testing.assert_array_equal(StoredArticles(store.catalogue, found.checks).differ, [20])
