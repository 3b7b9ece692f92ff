"""Takes links to the own site out of bodies: a link's target and words give away the article it leads to."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from recsys.article import Article
from recsys.links import href

_LINK = re.compile(r"<a\b(?P<attributes>[^<>]*)>(?:(?!</?a\b).)*(?:</a\s*>)?", re.IGNORECASE | re.DOTALL)


def own_hosts(articles: Iterable[Article]) -> frozenset[str]:
    """The hosts of the articles' own addresses, without www."""
    return frozenset(host for article in articles if article.url and (host := _host(article.url)))


def without_own_links(article: Article, hosts: frozenset[str]) -> str:
    """The body without links, and their words, that lead to `hosts`, their subdomains, or a place on the own site.

    Links to elsewhere stay, and so do anchors without href, addresses of mail and the like, and links within the page.
    """
    return _LINK.sub(lambda link: " " if _is_own(link["attributes"], article.url, hosts) else link[0], article.body)


def _is_own(attributes: str, page: str | None, hosts: frozenset[str]) -> bool:
    target = href(attributes, page)
    if target is None:
        return False
    if not target.netloc:
        return True
    host = _host(target.geturl())
    return host in hosts or any(host.endswith(f".{own}") for own in hosts)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
