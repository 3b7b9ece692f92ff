"""A feed from the web is read like one from a file, and what would take the parser hours or gigabytes is refused."""

from datetime import UTC

import pytest

from recsys.article import Article
from recsys.errors import BadInput
from recsys.record import RecordReader
from tests.training.published import site_as_rss
from training import feed_process
from training.feed_entries import articles_of
from training.feed_process import parsed_apart
from training.fetching import Document
from training.sources import read

CHANNEL = b"<rss version='2.0'><channel>%b</channel></rss>"


def test_a_document_gives_the_articles_of_the_same_file() -> None:
    text = site_as_rss().encode()
    found = [row.outcome for row in read(Document("https://a.example/feed", text), RecordReader(Article, UTC))]
    assert found == [RecordReader(Article, UTC).from_mapping(article) for article in articles_of(text)] != []


@pytest.mark.parametrize("entity", ['"own network"', "SYSTEM 'file:///etc/passwd'", "SYSTEM 'http://127.0.0.9/'"])
def test_entities_of_a_document_type_are_not_expanded(entity: str) -> None:
    item = "<item><guid>a</guid><description>[&x;]</description></item>"
    text = f"<!DOCTYPE rss [<!ENTITY x {entity}>]>" + CHANNEL.decode().replace("%b", item)
    [article] = articles_of(text.encode())
    assert article["body"] == "[&amp;x]"


def test_an_entity_in_an_entity_is_no_bomb() -> None:
    entities = "".join(f"<!ENTITY x{n + 1} '{f'&x{n};' * 10}'>" for n in range(9))
    text = f"<!DOCTYPE rss [<!ENTITY x0 'lol'>{entities}]>{CHANNEL.decode()}"
    [article] = parsed_apart(text.replace("%b", "<item><title>&x9;</title></item>").encode(), "a")
    assert len(str(article)) < 1_000


def test_what_takes_too_long_or_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tags that are never closed take the parser the square of their number."""
    with pytest.raises(BadInput, match=r"https://a.example/feed is no feed that can be read"):
        parsed_apart(b"<rss", "https://a.example/feed")
    nested = CHANNEL % (b"<item><title>" + b"<a>" * 300_000)
    monkeypatch.setattr(feed_process, "SECONDS", 0.5)
    with pytest.raises(BadInput, match=r"takes more than 0.5 seconds or 1,024 MB to read"):
        parsed_apart(nested, "https://a.example/feed")
