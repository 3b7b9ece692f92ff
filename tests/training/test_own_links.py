"""Nothing of a link to the own site is left, and nothing else goes."""

import pytest

from recsys.article import Article
from training.own_links import own_hosts, without_own_links

HOSTS = frozenset({"paper.example"})


def body_of(body, url="https://paper.example/a"):
    return without_own_links(Article(id="a", title="A", body=body, url=url, published_at=0), HOSTS)


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://paper.example/b">Title of b</a>',
        "<A class=x HREF='http://www.paper.example/b#part'>Title <em>of</em> b</A >",
        '<a href="/b">Title of b</a>',
        '<a href="b">Title of b</a>',
        '<a href="?id=3">Title of b</a>',
        '<a href="//paper.example/b">Title of b</a>',
        '<a href="https://blog.paper.example/b">Title of b</a>',
        '<a href="https&#58;//paper.example/b">Title of b</a>',
        "<a href=https://paper.example/b>Title of b</a>",
    ],
)
def test_target_and_words_of_an_own_link_go(link):
    assert body_of(f"<p>before {link} after</p>").split() == ["<p>before", "after</p>"]


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://elsewhere.example/b">words</a>',
        '<a href="https://notpaper.example/b">words</a>',
        '<a name="here">words</a>',
        '<a href="#note">words</a>',
        '<a href="mailto:x@paper.example">words</a>',
        '<a href="http://[broken">words</a>',
        "<abbr>words</abbr>",
    ],
)
def test_everything_else_stays(link):
    assert body_of(f"<p>before {link} after</p>") == f"<p>before {link} after</p>"


def test_a_relative_link_is_own_also_where_the_article_has_no_address():
    assert body_of('<a href="/b">Title</a>x', url=None).strip() == "x"


def test_an_unclosed_link_ends_at_the_next():
    assert body_of('<a href="/b">own <a href="https://elsewhere.example/">theirs</a>').strip() == (
        '<a href="https://elsewhere.example/">theirs</a>'
    )


def test_hosts_are_those_of_the_articles_addresses():
    urls = ("https://www.Paper.example/1", "https://paper.example:8000/2", "/3", None)
    articles = [Article(id=str(n), title="", url=url, published_at=0) for n, url in enumerate(urls)]
    assert own_hosts(articles) == {"paper.example"}
