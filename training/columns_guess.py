"""Which field of a record a table's column holds, where the table doesn't use our names."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

# The names that publishing systems and analytics tools give such columns; the earlier is the better match.
_ARTICLES: Mapping[str, str] = MappingProxyType(
    {
        "id": "article_id post_id content_id item_id entry_id node_id nid guid uuid uid key",
        "title": "headline post_title article_title page_title node_title heading name subject",
        "body": "content post_content text full_text article_body html body_html content_html article description"
        " summary excerpt",
        "url": "link permalink canonical_url page_url web_url address loc uri path slug_path",
        "section": "category categories channel desk rubric section_name topic",
        "tags": "tag keywords keyword topics post_tags tag_names",
        "authors": "author byline writer author_name post_author creator",
        "language": "lang locale language_code",
        "published_at": "published publish_date published_date publication_date date_published first_published"
        " post_date pub_date pubdate published_on date created_at created timestamp",
        "updated_at": "updated modified last_modified lastmod date_modified modified_at post_modified changed",
        "expires_at": "expires expiry_date expiration unpublish_at",
        "image_url": "image thumbnail featured_image main_image og_image picture lead_image",
        "views": "pageviews page_views view_count hits",
        "likes": "like_count reactions",
    }
)
_EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "id": "event_id",
        "type": "event event_type action event_name",
        "article_id": "post_id content_id item_id articleid itemid article item post entry_id node_id",
        "url": "page_url page_location page page_path page_path_and_screen_class landing_page pages link permalink"
        " address uri path",
        "visitor_id": "visitor user_id userid user client_id reader_id customer_id",
        "session_id": "session visit_id",
        "at": "timestamp time ts datetime date created_at event_time occurred_at",
        "value": "rating score seconds duration",
    }
)
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def guessed_fields(header: Sequence[str], fields: frozenset[str]) -> dict[int, str]:
    """The field of each column that one can be told for, by position; exact names first, and a field once.

    fields  names of the record's fields, which tell articles from events
    """
    events = "article_id" in fields
    wanted = _EVENTS if events else _ARTICLES
    plain = [_plain(name) for name in header]
    found: dict[int, str] = {}
    for field in sorted(fields):
        if field in header:
            found[header.index(field)] = field
    for field, others in wanted.items():
        if field in found.values():
            continue
        for name in (field, *others.split()):
            places = [place for place, known in enumerate(plain) if known == name and place not in found]
            if places:
                found[places[0]] = field
                break
    if events and "article_id" in found.values():  # an address beside the id would only name the article again
        found = {place: field for place, field in found.items() if field != "url"}
    return found


def nearer_to_articles(header: Sequence[str]) -> bool:
    """Whether the columns tell more of what articles have than of what events have."""
    plain = {_plain(name) for name in header}
    articles, events = (
        sum(not plain.isdisjoint((field, *others.split())) for field, others in wanted.items())
        for wanted in (_ARTICLES, _EVENTS)
    )
    return articles > events


def column_of(header: Sequence[str], names: frozenset[str]) -> int | None:
    """The place of the first column that has one of `names`, however it is written."""
    return next((place for place, name in enumerate(header) if _plain(name) in names), None)


def _plain(name: str) -> str:
    return "_".join(part for part in _WORD_BREAK.split(name.strip()) if part).lower()
