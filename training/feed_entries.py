"""What the entries of an RSS, RDF or Atom feed say, as the fields of articles."""

import io
from calendar import timegm
from collections.abc import Mapping
from typing import Any

from recsys.errors import BadInput
from recsys.markup import html_to_text
from recsys.times import SECOND, format_time


def articles_of(data: bytes) -> list[dict[str, Any]]:
    """The fields of an article that each entry has; raises BadInput where there is no feed, or no parser."""
    try:
        import feedparser
    except ModuleNotFoundError:
        raise BadInput("is a feed, which needs feedparser. Install it: pip install 'article-recsys[train]'") from None
    feed = feedparser.parse(io.BytesIO(data))
    if not feed.entries and feed.bozo:
        raise BadInput(f"is no feed that can be read: {feed.bozo_exception}")
    return [_article(entry, feed.feed.get("language")) for entry in feed.entries]


def _article(entry: Mapping[str, Any], language: str | None) -> dict[str, Any]:
    content: Mapping[str, Any] = max(entry.get("content", ()), key=lambda part: len(part.get("value", "")), default={})
    published, updated = (
        _time(entry[name]) if name in entry else None for name in ("published_parsed", "updated_parsed")
    )
    found = {
        "id": entry.get("id") or entry.get("link"),
        "title": html_to_text(entry.get("title", "")),
        "body": content.get("value") or entry.get("summary", ""),
        "url": entry.get("link"),
        "tags": _distinct(tag.get("label") or tag.get("term") for tag in entry.get("tags", ())),
        "authors": _distinct(author.get("name") for author in entry.get("authors", ())),
        "language": (content.get("language") or language or "").replace("_", "-") or None,
        "published_at": published or updated,
        "updated_at": updated,
        "image_url": _image(entry),
    }
    return {name: value for name, value in found.items() if value is not None}


def _image(entry: Mapping[str, Any]) -> str | None:
    for media in (*entry.get("media_content", ()), *entry.get("media_thumbnail", ()), *entry.get("enclosures", ())):
        address = media.get("url") or media.get("href")
        kind = media.get("medium") or media.get("type") or "image"
        if address and kind.startswith("image"):
            return str(address)
    return None


def _time(parsed: Any) -> str | None:
    return format_time(timegm(parsed) * SECOND) if parsed else None


def _distinct(names: Any) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in names if name and name.strip()))
