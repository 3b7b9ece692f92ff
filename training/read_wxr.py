"""A WordPress export (WXR, versions 1.0 to 1.2), streamed: one item in memory at a time, whatever the file's size.

Format: the exporter's own schema, RSS 2.0 with elements of three more namespaces. Posts are articles. Drafts, pending,
private and password-protected posts and pages come in as `unlisted`; attachments give posts their image; revisions,
menus, templates and the rest of what a site stores as posts is left out.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

import msgspec

from recsys.article import UNLISTED
from recsys.errors import BadInput, BadRecord
from recsys.markup import html_to_text
from recsys.record import RecordReader
from training.rows import LeftOut, OpenFile, Row
from training.wordpress_text import paragraphs

# Attached to the head of every export, before any post.
MARK = b"wordpress.org/export/"

# Where each field of an article comes from, as a dry run tells.
SOURCES = {
    "id": "wp:post_id",
    "title": "title",
    "body": "content:encoded, else excerpt:encoded",
    "url": "link",
    "section": "category, with its parents",
    "tags": "category domain=post_tag",
    "authors": "dc:creator, by display name",
    "language": "language of the site",
    "published_at": "wp:post_date_gmt, else wp:post_date, pubDate",
    "updated_at": "wp:post_modified_gmt",
    "labels": "wp:status, wp:post_password, wp:post_type",
    "image_url": "the featured image",
}

_CHUNK = 1 << 18
_NOT_XML = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
)  # some editors leave them in posts; no parser takes them
_NAMESPACE = re.compile(r"\{http://wordpress\.org/export/[^}]*\}")
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_EXCERPT = re.compile(r"\{http://wordpress\.org/export/[^}]*/excerpt/\}encoded")
_NO_DATE = "0000-00-00 00:00:00"
_LISTED = frozenset({"publish", "future"})
_KEPT = frozenset({*_LISTED, "draft", "pending", "private"})
_TYPES = frozenset({"post", "page"})
_ALL_KNOWN: frozenset[str] = frozenset()

R = TypeVar("R", bound=msgspec.Struct)


@dataclass(slots=True)
class _Site:
    """What the head of an export and its attachments say."""

    language: str | None = None
    authors: dict[str, str] = field(default_factory=dict)  # display name by login
    categories: dict[str, tuple[str, str]] = field(default_factory=dict)  # name and parent by slug
    images: dict[str, str] = field(default_factory=dict)  # URL by the attachment's id

    def path(self, slug: str, name: str) -> tuple[str, ...]:
        """The category's name behind those of its parents."""
        names, seen = [name], {slug}
        parent = self.categories.get(slug, ("", ""))[1]
        while parent and parent not in seen and parent in self.categories:
            seen.add(parent)
            names.append(self.categories[parent][0])
            parent = self.categories[parent][1]
        return tuple(reversed(names))


def read_wxr(file: OpenFile, reader: RecordReader[R]) -> Iterator[Row[R]]:
    """A row per item, numbered from 1 by its place in the file; raises BadInput where the file is no XML.

    The file is read twice: attachments, which hold the images, may follow the posts that show them.
    """
    if "title" not in reader.fields:
        raise BadInput(f"{file.name} is a WordPress export, which holds articles: import it with --articles.")
    site = _Site()
    for item in _items(file, site):
        if _text(item, "wp:post_type") == "attachment":
            site.images[_text(item, "wp:post_id")] = _text(item, "wp:attachment_url") or _text(item, "guid")
    file.data.seek(0)
    file.sources.update(SOURCES)
    for number, item in enumerate(_items(file, site), start=1):
        kind, status = _text(item, "wp:post_type"), _text(item, "wp:status")
        outcome: Any
        if kind not in _TYPES or status not in _KEPT:
            outcome = LeftOut(f"{kind} in the trash" if kind in _TYPES and status == "trash" else kind or "item")
        else:
            try:
                outcome = reader.from_mapping(_article(item, site))
            except BadRecord as bad:
                outcome = bad
        yield Row(number, outcome, _ALL_KNOWN, file.done())


def _items(file: OpenFile, site: _Site) -> Iterator[Element]:
    """Each <item>, with plain names; it is emptied when the next one is asked for. Fills `site` from the head."""
    parser: XMLPullParser[Any] = XMLPullParser(("start", "end"))
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    channel: Element | None = None
    try:
        while data := file.data.read(_CHUNK):
            text = _NOT_XML.sub("", decoder.decode(data))
            if "<!ENTITY" in text:
                raise BadInput(f"{file.name} defines XML entities, which no WordPress export does. Nothing was taken.")
            parser.feed(text)
            for event, element in cast(Iterator[tuple[str, Element]], parser.read_events()):
                if event == "start":
                    channel = element if channel is None and element.tag == "channel" else channel
                    continue
                element.tag = _NAMESPACE.sub("wp:", _EXCERPT.sub("excerpt", element.tag))
                if element.tag == "item":
                    yield element
                elif element.tag in ("wp:author", "wp:category", "language"):
                    _learn(site, element)
                else:
                    continue
                if channel is not None:
                    channel.clear()
        parser.close()
    except ParseError as error:
        line, column = error.position
        raise BadInput(
            f"{file.name}:{line}: the XML is damaged or cut short at column {column}. Export it again;"
            " nothing was taken."
        ) from None


def _learn(site: _Site, element: Element) -> None:
    if element.tag == "language":
        site.language = element.text or None
    elif element.tag == "wp:author":
        site.authors[_text(element, "wp:author_login")] = _text(element, "wp:author_display_name")
    else:
        slug = _text(element, "wp:category_nicename")
        site.categories[slug] = html_to_text(_text(element, "wp:cat_name")), _text(element, "wp:category_parent")


def _article(item: Element, site: _Site) -> dict[str, Any]:
    login = _text(item, _CREATOR)
    names: dict[str, Counter[str]] = {"category": Counter(), "post_tag": Counter()}
    sections: list[str] = []
    for category in item.iter("category"):
        domain, name = category.get("domain", "category"), html_to_text(category.text or "")
        if domain == "category" and name:
            sections += site.path(category.get("nicename", ""), name)
        elif domain in names and name:
            names[domain][name] += 1
    meta = {_text(entry, "wp:meta_key"): _text(entry, "wp:meta_value") for entry in item.iter("wp:postmeta")}
    body = _text(item, _CONTENT) or _text(item, "excerpt")
    hidden = _text(item, "wp:status") not in _LISTED or bool(_text(item, "wp:post_password"))
    language = (site.language or "").replace("_", "-")
    changed = _time(item, "wp:post_modified_gmt")
    found = {
        "id": _text(item, "wp:post_id"),
        "title": html_to_text(_text(item, "title")),
        "body": paragraphs(body),
        "url": _text(item, "link") or None,
        "section": list(dict.fromkeys(sections)) or None,
        "tags": list(names["post_tag"]),
        "authors": [site.authors.get(login) or login] if login else [],
        "language": language or None,
        "published_at": _time(item, "wp:post_date_gmt") or _time(item, "wp:post_date") or changed or _mail_time(item),
        "updated_at": changed,
        "labels": [UNLISTED] if hidden or _text(item, "wp:post_type") == "page" else [],
        "image_url": site.images.get(meta.get("_thumbnail_id", "")),
    }
    return {name: value for name, value in found.items() if value is not None}


def _time(item: Element, name: str) -> str | None:
    """A time as WordPress writes it; times in GMT say so. Drafts have none."""
    text = _text(item, name)
    if not text or text == _NO_DATE:
        return None
    return text.replace(" ", "T") + ("Z" if name.endswith("_gmt") else "")


def _mail_time(item: Element) -> str | None:
    """The publication date as RSS has it, which exports of WXR 1.0 and 1.1 rely on; None for that of a draft."""
    try:
        return parsedate_to_datetime(_text(item, "pubDate")).isoformat()
    except ValueError:
        return None


def _text(element: Element, name: str) -> str:
    return (element.findtext(name) or "").strip()
