from datetime import UTC
from pathlib import Path

import pytest

from recsys.article import Article
from recsys.errors import BadInput, BadRecord
from recsys.record import RecordReader
from tests.training.published import site_as_atom, site_as_rss
from training.rows import Row
from training.sources import read


def rows(folder: Path, text: str) -> list[Row[Article]]:
    path = folder / "feed.xml"
    path.write_text(text)
    return list(read(path, RecordReader(Article, UTC)))


@pytest.mark.parametrize("text", [site_as_rss(), site_as_atom()])
def test_language_of_the_feed_is_that_of_its_articles(tmp_path: Path, text: str) -> None:
    assert {row.outcome.language for row in rows(tmp_path, text) if isinstance(row.outcome, Article)} == {"en-GB"}


def test_entry_without_a_date_is_a_bad_row(tmp_path: Path) -> None:
    text = (
        "<rss version='2.0'><channel><item><title>T</title><link>https://pier.example/t</link></item></channel></rss>"
    )
    [row] = rows(tmp_path, text)
    assert isinstance(row.outcome, BadRecord)
    assert row.outcome.field == "published_at"


def test_link_is_the_id_where_there_is_no_other(tmp_path: Path) -> None:
    text = (
        "<rss version='2.0'><channel><item><title>T</title><link>https://pier.example/t</link>"
        "<pubDate>Sun, 01 Feb 2026 08:30:00 +0000</pubDate>"
        "<enclosure url='https://pier.example/t.jpg' type='image/jpeg' length='1'/></item></channel></rss>"
    )
    [row] = rows(tmp_path, text)
    assert isinstance(row.outcome, Article)
    assert (row.outcome.id, row.outcome.image_url) == ("https://pier.example/t", "https://pier.example/t.jpg")


def test_scripts_in_a_feed_are_gone(tmp_path: Path) -> None:
    text = site_as_rss().replace("<p>No boat", "<script>alert(1)</script><p onclick='x()'>No boat")
    body = next(row.outcome.body for row in rows(tmp_path, text) if isinstance(row.outcome, Article))
    assert "script" not in body
    assert "onclick" not in body


def test_damaged_feed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no feed that can be read"):
        rows(tmp_path, "<rss version='2.0'><channel><item")
