"""Takes links to the own site out of bodies: a link's target and words give away the article it leads to."""

import html
import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from recsys.article import Article

_LINK = re.compile(r"<a\b(?P<attributes>[^<>]*)>(?:(?!</?a\b).)*(?:</a\s*>)?", re.IGNORECASE | re.DOTALL)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


def own_hosts(articles: Iterable[Article]) -> frozenset[str]:
    """The hosts of the articles' own addresses, without www."""
    return frozenset(host for article in articles if article.url and (host := _host(article.url)))


def without_own_links(article: Article, hosts: frozenset[str]) -> str:
    """The body without links, and their words, that lead to `hosts`, their subdomains, or a place on the own site.

    Links to elsewhere stay, and so do anchors without href, addresses of mail and the like, and links within the page.
    """
    return _LINK.sub(lambda link: " " if _is_own(link["attributes"], article.url, hosts) else link[0], article.body)


def _is_own(attributes: str, page: str | None, hosts: frozenset[str]) -> bool:
    found = _HREF.search(attributes)
    if found is None:
        return False
    href = html.unescape(next(value for value in found.groups() if value is not None)).strip()
    if not href or href.startswith("#"):
        return False
    try:
        target = urlsplit(urljoin(page or "", href))
    except ValueError:
        return False
    if target.scheme not in ("", "http", "https"):
        return False
    if not target.netloc:
        return True
    host = _host(target.geturl())
    return host in hosts or any(host.endswith(f".{own}") for own in hosts)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
