"""Records in files: an integer stands for the id that is written so. The API takes text alone."""

import json
from datetime import UTC

import pytest

from recsys.article import Article
from recsys.errors import BadRecord
from recsys.event import Event
from recsys.record import RecordReader
from training.file_readers import ArticleFileReader, EventFileReader

ARTICLES = ArticleFileReader(UTC)
EVENTS = EventFileReader(UTC, {"/a": "7"}.get)
ARTICLE = {"id": 42, "title": "Bridge closed", "published_at": "2026-03-01", "translation_of": -3}
EVENT = {"id": 5, "type": "view", "article_id": 42, "visitor_id": 9, "session_id": 0, "at": "2026-03-01"}


def test_integers_are_read_as_the_ids_they_are_written_as():
    article, _ = ARTICLES.from_json_and_more(json.dumps(ARTICLE))
    event, _ = EVENTS.from_json_and_more(json.dumps(EVENT))
    assert (article.id, article.translation_of) == ("42", "-3")
    assert (event.id, event.article_id, event.visitor_id, event.session_id) == ("5", "42", "9", "0")
    assert ARTICLES.from_mapping(ARTICLE) == article
    assert EVENTS.from_mapping(EVENT) == event


def test_integers_stand_beside_addresses_and_unknown_fields():
    line = {"url": "/a", "type": "view", "visitor_id": 9, "at": "2026-03-01", "colour": "red"}
    event, unknown = EVENTS.from_json_and_more(json.dumps(line))
    assert (event.article_id, event.visitor_id, unknown) == ("7", "9", {"colour"})


@pytest.mark.parametrize("value", [4.0, True, None, [4], {"rendered": 4}])
@pytest.mark.parametrize(("reader", "record", "field"), [(ARTICLES, ARTICLE, "id"), (EVENTS, EVENT, "article_id")])
def test_nothing_else_is_an_id(reader, record, field, value):
    with pytest.raises(BadRecord) as bad:
        reader.from_json_and_more(json.dumps(record | {field: value}))
    assert bad.value.field == field


def test_other_fields_stay_text():
    with pytest.raises(BadRecord) as bad:
        ARTICLES.from_json_and_more(json.dumps(ARTICLE | {"title": 2026}))
    assert (bad.value.field, bad.value.reason) == ("title", "expected str, got int")


@pytest.mark.parametrize(("kind", "record"), [(Article, ARTICLE), (Event, EVENT)])
def test_the_api_takes_no_numbers(kind, record):
    with pytest.raises(BadRecord) as bad:
        RecordReader(kind, UTC).from_mapping(record)
    assert bad.value.field == "id"
    assert bad.value.reason.endswith(", got int")
