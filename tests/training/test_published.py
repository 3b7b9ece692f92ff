"""The same two articles, whatever the publishing system that they come from."""

from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest

from recsys.article import Article
from recsys.record import RecordReader
from tests.training import published
from training.sources import holds_articles, read


def as_file(text: Callable[[], str]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "export.xml"
        path.write_text(text())
        return path

    return write


WRITERS = {
    "wordpress": as_file(published.site_as_wxr),
    "rss": as_file(published.site_as_rss),
    "atom": as_file(published.site_as_atom),
    "hugo": published.write_hugo,
    "jekyll": published.write_jekyll,
}


def articles(path: Path) -> list[Article]:
    rows = list(read(path, RecordReader(Article, UTC)))
    found = [row.outcome for row in rows if isinstance(row.outcome, Article)]
    return sorted(found, key=lambda article: article.published_at)


@pytest.mark.parametrize("system", list(WRITERS))
def test_every_format_gives_equal_articles(system: str, tmp_path: Path) -> None:
    path = WRITERS[system](tmp_path / "site" if system in ("hugo", "jekyll") else tmp_path)
    assert holds_articles(path)
    found = [(a.title, a.body.strip(), a.published_at, a.tags, a.authors, a.labels) for a in articles(path)]
    wanted = RecordReader(Article, UTC)
    assert found == [
        (a.title, a.body, a.published_at, a.tags, a.authors, ())
        for a in (
            wanted.from_mapping(
                {
                    "id": post["key"],
                    "title": post["title"],
                    "body": post["html"],
                    "published_at": post["date"],
                    "tags": post["tags"],
                    "authors": [post["author"]],
                }
            )
            for post in published.POSTS
        )
    ]


@pytest.mark.parametrize("system", list(WRITERS))
def test_every_format_gives_an_address_that_leads_to_the_article(system: str, tmp_path: Path) -> None:
    path = WRITERS[system](tmp_path / "site" if system in ("hugo", "jekyll") else tmp_path)
    assert all(article.url for article in articles(path))
    assert len({article.id for article in articles(path)}) == len(published.POSTS)
