"""An RSS, RDF or Atom feed as a file of articles."""

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from recsys.errors import BadInput, BadRecord
from recsys.record import RecordReader
from training.feed_entries import articles_of
from training.feed_process import parsed_apart
from training.rows import OpenFile, Row

FEED_BYTES = 32 << 20  # a feed is read whole

SOURCES = {
    "id": "guid or id, else the link",
    "title": "title",
    "body": "content, else summary or description",
    "url": "link",
    "tags": "category",
    "authors": "author, dc:creator",
    "language": "language of the entry, else of the feed",
    "published_at": "published or pubDate, else updated",
    "updated_at": "updated",
    "image_url": "media:content, media:thumbnail or an enclosed image",
}

_ALL_KNOWN: frozenset[str] = frozenset()

R = TypeVar("R", bound=msgspec.Struct)


def read_feed(file: OpenFile, reader: RecordReader[R]) -> Iterator[Row[R]]:
    """A row per entry, numbered from 1; raises BadInput where the file holds no feed or feedparser is not installed."""
    if "title" not in reader.fields:
        raise BadInput(f"{file.name} is a feed, which holds articles: import it with --articles.")
    data = file.data.read(FEED_BYTES + 1)
    if len(data) > FEED_BYTES:
        raise BadInput(f"{file.name}: a feed of more than {FEED_BYTES >> 20} MB. Export the site's articles instead.")
    if file.fetched:
        articles = parsed_apart(data, file.name)
    else:
        try:
            articles = articles_of(data)
        except BadInput as bad:
            raise BadInput(f"{file.name} {bad}") from None
    file.sources.update(SOURCES)
    for number, article in enumerate(articles, start=1):
        outcome: R | BadRecord
        try:
            outcome = reader.from_mapping(article)
        except BadRecord as bad:
            outcome = bad
        yield Row(number, outcome, _ALL_KNOWN, file.size * number // len(articles))
