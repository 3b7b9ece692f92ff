"""Articles by words of their title, their address or their id: what people have at hand, where ids are not."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
from numpy.typing import NDArray

from recsys.cards import title_of
from recsys.items import best
from recsys.text import folded
from serving.inspection.explorer import card
from serving.service import Service
from serving.site import ServiceSource

FOUND = 8
NEWEST = 2_000  # articles whose titles are read: the search takes some milliseconds however many there are
_TOGETHER = 500  # titles that are folded at once
ASKED_CHARACTERS = 300

Found = dict[str, Any]


def articles_found(service: Service, asked: str) -> list[Found]:
    """The articles that somebody may mean, each as `named_article` tells of it; at most FOUND.

    An id or an address names one. Else come, newest first, those of the NEWEST whose titles hold all that was typed,
    then those whose texts are nearest to it.
    """
    text = asked.strip()[:ASKED_CHARACTERS]
    if not text:
        return []
    named = _named(service, text)
    ids = [named] if named is not None else [*_titled(service, text)]
    if named is None and len(ids) < FOUND:
        near = (article.id for article in ServiceSource(service).search(text, FOUND))
        ids = [*dict.fromkeys([*ids, *near])][:FOUND]
    return [named_article(service, article_id) for article_id in ids]


def named_article(service: Service, article_id: str) -> Found:
    """Its `id`, its `title` and day of publication, None where it never was, and whether it is `shown` now."""
    articles = service.live.model.articles
    row, found = articles.row(article_id), card(service.live.model, article_id)
    shown = row is not None and bool(articles.shown(np.array([row]), service.clock(), pinned=True)[0])
    told = (found["title"], found["published_at"][:10]) if found is not None else (None, None)
    return {"id": article_id, "title": told[0], "day": told[1], "shown": shown}


def _named(service: Service, text: str) -> str | None:
    """The id of the article that a text names: by its id, its address, or the end of its address."""
    articles = service.live.model.articles
    if articles.row(text) is not None:
        return text
    if "/" not in text or not text.isprintable():
        return None
    found = service.live.store.catalogue.at_addresses([text]).get(text)
    if found is None or articles.row(found) is None:
        found = _last_segment(text)
    return found if articles.row(found) is not None else None


def _last_segment(address: str) -> str:
    """The id in the address of an article on our own pages."""
    try:
        return unquote(urlsplit(address).path.rpartition("/")[2])
    except ValueError:
        return ""


def _titled(service: Service, text: str) -> Iterator[str]:
    """Ids of at most FOUND articles whose titles hold all that was typed, if only as parts of words."""
    articles = service.live.model.articles
    words, found = folded(text, "").split(), 0
    rows = _newest(articles.published, articles.gone)
    for first in range(0, rows.size, _TOGETHER):
        some = rows[first : first + _TOGETHER].tolist()
        titles = "\n".join(" ".join(title_of(articles.card(row)).split()) for row in some)
        for row, title in zip(some, folded(titles, "").split("\n"), strict=True):
            if all(word in title for word in words):
                yield articles.id(row)
                found += 1
                if found == FOUND:
                    return


def _newest(published: NDArray[np.int64], gone: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The rows of the newest articles that are not deleted, at most NEWEST."""
    rows = np.flatnonzero(~gone)
    return rows[best(published[rows].astype(np.float64), rows, NEWEST)]
