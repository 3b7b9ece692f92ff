"""Page views by address and day, as analytics tools export them: each counted view becomes an event of that day."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import blake2b
from typing import TypeVar

import msgspec

from recsys.errors import BadRecord
from recsys.record import RecordReader
from recsys.times import DAY, format_time, now_micros, parse_time

MOST = 1_000_000  # views of one page on one day

VIEWS = frozenset({"views", "pageviews", "page_views", "unique_pageviews", "screen_page_views", "hits", "visits"})

SOURCES = {
    "id": "page, day and number of the view",
    "article_id": "the page's address",
    "type": "view, as often as the row counts",
    "at": "spread over the row's day",
}

_GOLDEN = 0.6180339887498949  # multiples of it, modulo 1, lie evenly however many are taken (Weyl 1916)
_THOUSANDS = re.compile(r"(?<=\d)[,.   ](?=\d{3}\b)")

R = TypeVar("R", bound=msgspec.Struct)


def views_of(values: Mapping[str, str], count: str, reader: RecordReader[R]) -> Iterator[R | BadRecord]:
    """The views of one row, or why there are none.

    values  url or article_id, and at: a day
    The n-th view of a page on a day has the same id and, once the day is over, the same time in every export: importing
    a newer export adds only what came since.
    """
    try:
        number = int(_THOUSANDS.sub("", count.strip()) or "0")
        day = date.fromisoformat(values.get("at", "").strip())
    except ValueError:
        yield BadRecord(
            "", f'expected a number of views and a day such as 2026-03-31, got "{count}", "{values.get("at")}"'[:200]
        )
        return
    if not 0 <= number <= MOST:
        yield BadRecord("views", f"expected 0 to {MOST:,}, got {number:,}")
        return
    first = parse_time(day.isoformat(), reader.zone)
    length = min(DAY, now_micros() - first)
    page = blake2b(repr((values.get("url"), values.get("article_id"), day.isoformat())).encode(), digest_size=12)
    named = {name: value for name, value in values.items() if name in ("url", "article_id")}
    for place in range(1, number + 1):
        at = first + int(length * (place * _GOLDEN % 1.0))
        event = named | {"id": f"views-{page.hexdigest()}-{place}", "type": "view", "at": format_time(at)}
        try:
            yield reader.from_mapping(event)
        except BadRecord as bad:
            yield bad
            return
