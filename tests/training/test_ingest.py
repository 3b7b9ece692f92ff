"""The settings' sources: what is new is imported once, what can't be read warns, what a backend put since stays."""

import json
import os
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

import pytest

from recsys.errors import BadInput
from recsys.store import Store
from recsys.store.sqlite import SqliteStore
from recsys.times import parse_time
from tests.training.feed_server import FEED
from training.fetching import Copy, Document
from training.ingest import STATE, Ingested, ingest
from training.progress import silent

NOW = parse_time("2026-01-10")
SOURCES = {"articles": ("feed/articles-*.jsonl",), "events": ("feed/events",)}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "feed/events").mkdir(parents=True)
    return SqliteStore(tmp_path / "store.db")


def put(path: Path, *rows: dict[str, object]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def article(name: str, title: str = "T") -> dict[str, object]:
    return {"id": name, "title": title, "published_at": "2026-01-01"}


def view(name: str, visitor: str) -> dict[str, object]:
    return {"type": "view", "article_id": name, "visitor_id": visitor, "at": "2026-01-02"}


def run(store: Store, root: Path) -> Ingested:
    return ingest(store, root, SOURCES, now=NOW, default_zone=UTC, progress=silent)


def test_a_second_run_reads_only_files_that_are_new_or_have_grown(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "feed/articles-1.jsonl", article("a"))
    put(tmp_path / "feed/events/1.jsonl", view("a", "v"))
    first = run(store, tmp_path)
    assert [(one.articles_added, one.events) for one in first.taken] == [(1, 0), (0, 1)]
    assert first.warnings == ()
    assert run(store, tmp_path) == Ingested()
    put(tmp_path / "feed/articles-2.jsonl", article("b"))
    put(tmp_path / "feed/events/1.jsonl", view("a", "v"), view("b", "v"))
    second = run(store, tmp_path)
    assert [(Path(one.file).name, one.articles_added, one.events) for one in second.taken] == [
        ("articles-2.jsonl", 1, 0),
        ("1.jsonl", 0, 1),
    ]


def test_an_old_export_does_not_undo_what_the_backend_has_put_since(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "feed/articles-1.jsonl", article("a", "as exported"))
    run(store, tmp_path)
    [stored] = store.catalogue.scan()
    import msgspec

    store.catalogue.put([msgspec.structs.replace(stored.article, title="mended")], NOW, restore=True)
    run(store, tmp_path)
    assert [one.article.title for one in store.catalogue.scan()] == ["mended"]


def test_what_can_not_be_read_warns_and_the_rest_is_imported(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "feed/articles-1.jsonl", article("a"), {"id": "bad"})
    (tmp_path / "feed/articles-2.jsonl").write_bytes(b"\x1f\x8bnot gz at all")
    found = run(store, tmp_path)
    assert [one.articles_added for one in found.taken] == [1]
    said = "\n".join(found.warnings)
    assert "articles-2.jsonl" in said
    assert "1 bad row left out, such as " in said
    assert f"source not reached: {tmp_path}/feed/events holds no file" in said
    put(tmp_path / "feed/articles-2.jsonl", article("b"))
    assert [one.articles_added for one in run(store, tmp_path).taken] == [1], "it is tried again"


def test_a_file_that_is_not_there_is_named(store: Store, tmp_path: Path) -> None:
    sources = {"articles": ("feed/none.jsonl",)}
    found = ingest(store, tmp_path, sources, now=NOW, default_zone=UTC, progress=silent)  # type: ignore[arg-type]
    assert found.warnings == (f"left out: {tmp_path}/feed/none.jsonl is not there.",)


def test_a_crash_before_the_state_was_written_adds_nothing_twice(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "feed/articles-1.jsonl", article("a"))
    put(tmp_path / "feed/events/1.jsonl", view("a", "v"), view("a", "v"))
    run(store, tmp_path)
    (tmp_path / STATE).write_text("{")
    again = run(store, tmp_path)
    assert [(one.articles_added, one.articles_updated, one.events) for one in again.taken] == [(0, 0, 0), (0, 0, 0)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_warns(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "feed/articles-1.jsonl", article("a"))
    (tmp_path / "feed/articles-1.jsonl").chmod(0)
    assert "Permission denied" in "\n".join(run(store, tmp_path).warnings)


class Web:
    """Feeds by address, each with its newest copy; what was asked for, and which copy was known."""

    def __init__(self) -> None:
        self.feeds: dict[str, tuple[str, bytes]] = {}
        self.asked: list[tuple[str, str]] = []

    def get(self, url: str, known: Copy) -> Document | None:
        self.asked.append((url, known.etag))
        if url not in self.feeds:
            raise BadInput(f"{url}: answered 503.")
        etag, body = self.feeds[url]
        return None if etag and etag == known.etag else Document(url, body, Copy(etag))

    def run(self, store: Store, root: Path, urls: Sequence[str]) -> Ingested:
        sources = {"articles": (*urls, "*.jsonl")}
        return ingest(store, root, sources, now=NOW, default_zone=UTC, progress=silent, get=self.get)  # type: ignore[arg-type]


def test_a_feed_is_imported_when_its_content_has_changed(store: Store, tmp_path: Path) -> None:
    web, urls = Web(), ["https://one.example/feed", "https://two.example/feed"]
    put(tmp_path / "a.jsonl", article("in-a-file"))
    web.feeds = {urls[0]: ('"1"', FEED), urls[1]: ("", FEED.replace(b">a<", b">b<"))}
    first = web.run(store, tmp_path, urls)
    assert [(one.file, one.articles_added) for one in first.taken][1:] == [(urls[0], 1), (urls[1], 1)]
    assert web.run(store, tmp_path, urls) == Ingested()
    assert web.asked[-2:] == [(urls[0], '"1"'), (urls[1], "")]
    web.feeds[urls[0]] = ('"2"', FEED.replace(b"opens", b"closes"))
    assert [(one.file, one.articles_updated) for one in web.run(store, tmp_path, urls).taken] == [(urls[0], 1)]


def test_a_feed_that_is_not_reached_or_is_none_warns_and_the_rest_is_imported(store: Store, tmp_path: Path) -> None:
    web, urls = Web(), ["https://down.example/feed", "https://page.example/", "https://one.example/feed"]
    web.feeds = {urls[1]: ('"1"', b"<!doctype html><title>No feed</title>"), urls[2]: ('"1"', FEED)}
    put(tmp_path / "a.jsonl", article("in-a-file"))
    found = web.run(store, tmp_path, urls)
    assert [one.articles_added for one in found.taken] == [1, 1]
    assert found.warnings == (
        "left out: https://down.example/feed: answered 503.",
        "left out: https://page.example/ is no RSS, RDF or Atom feed. Fetch it yourself and name the file.",
    )
    web.run(store, tmp_path, urls)
    assert web.asked[-2] == (urls[1], ""), "it is tried again"


def test_an_address_of_the_own_network_is_not_asked(store: Store, tmp_path: Path) -> None:
    found = ingest(
        store,
        tmp_path,
        {"articles": ("http://169.254.169.254/latest/meta-data", "http://localhost/feed")},
        now=NOW,
        default_zone=UTC,
        progress=silent,
    )
    assert [warning.count("is not on the public web") for warning in found.warnings] == [1, 1]
