from datetime import UTC

import pytest

from recsys.errors import BadRecord
from recsys.event_reader import EventReader

READER = EventReader(UTC, {"/a": "a", "https://paper.example/b": "b"}.get)
REST = '"type": "view", "at": "2026-03-01"'


def test_address_stands_for_the_id() -> None:
    assert READER.from_json_and_more(f'{{"url": "/a", {REST}}}')[0].article_id == "a"
    assert READER.from_mapping({"url": "https://paper.example/b", "type": "view", "at": "2026-03-01"}).article_id == "b"


def test_id_needs_no_address() -> None:
    assert READER.from_json_and_more(f'{{"article_id": "x", {REST}}}')[0].article_id == "x"


def test_unknown_fields_are_told_beside_an_address() -> None:
    event, unknown = READER.from_json_and_more(f'{{"url": "/a", "colour": "red", {REST}}}')
    assert (event.article_id, unknown) == ("a", {"colour"})


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ('"url": "/c"', "url"),
        ('"url": 7', "url"),
        ('"url": "/a", "article_id": "a"', "url"),
        ('"url": "/a\\ud800"', "url"),
        ('"session_id": "s"', "article_id"),
    ],
)
def test_event_without_an_article_is_refused_by_field(fields: str, field: str) -> None:
    with pytest.raises(BadRecord) as caught:
        READER.from_json_and_more(f"{{{fields}, {REST}}}")
    assert caught.value.field == field


@pytest.mark.parametrize("line", ["", "[]", "7", "{", '"\\ud800"', "[" * 100_000])
def test_what_is_no_event_is_a_bad_record(line: str) -> None:
    with pytest.raises(BadRecord):
        READER.from_json_and_more(line)
